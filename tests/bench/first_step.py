"""The command ``fw``, ended where its first training step begins."""

import os

from torch.nn.modules.module import register_module_forward_pre_hook

from fw.cli import main
from fw.engine.steps.step import Step


def end(module, inputs) -> None:
    """End the process, without its usual farewells, where the step is about to be computed."""
    if isinstance(module, Step):
        os._exit(0)


register_module_forward_pre_hook(end)
main()
