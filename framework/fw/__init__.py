"""fw: sequential recommendation with contrastive learning, every part a plugin.

The names below are loaded when they are first used, so that ``import fw`` and ``fw --help`` do not
wait for torch.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from fw.hookspecs import hookimpl

__version__ = "0.1.0"

# Large tensors lie in huge pages where the system lets a program ask for them: a step writes fresh
# memory in nearly every operation. Torch reads this when it first allocates, so it stands here.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")

_HOME = {
    "Batch": "fw.interfaces",
    "Info": "fw.interfaces",
    "Interactions": "fw.data.interactions",
    "LossTerm": "fw.interfaces",
    "Metrics": "fw.interfaces",
    "Negatives": "fw.interfaces",
    "Sequences": "fw.interfaces",
    "StepOutput": "fw.interfaces",
    "keep_items": "fw.augmentation",
    "load": "fw.engine.finished.loaded",
    "run": "fw.engine.run",
    "validators": "fw.config",
}

__all__ = ["__version__", "hookimpl", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    """Load a public name from its home module (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'fw' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted({*globals(), *_HOME})
