"""Several processes compute what one does: losses, gradients, dropout, views and negatives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tiny_runs import RECIPE, write_log

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent / "steps_of_processes.py"
# 30 users in batches of 14: the last batch has fewer rows than there are four processes.
SMALL_STEPS = RECIPE.replace("batch_size = 16", "batch_size = 14").replace(
    'name = "adam"', 'name = "adam"\nlearning_rate = 1e-12'
)
CONTRAST = """
[[augmenters]]
name = "crop"
[[augmenters]]
name = "mask"
[pooling]
name = "mean"
[[losses]]
name = "nt_xent"
weight = 0.5
"""
RECIPES = {
    "positions": SMALL_STEPS.replace("num_blocks = 1", "num_blocks = 2\ndropout = 0.4"),
    "contrast": SMALL_STEPS.replace("num_blocks = 1", "num_blocks = 1\ndropout = 0.4") + CONTRAST,
    "heads": SMALL_STEPS
    + CONTRAST
    + 'projection = 4\nfalse_negatives = "mask"\n[[losses]]\nname = "nt_xent"\n'
    + 'similarity = "dot"\nfalse_negatives = "positive"\n',
    "shared": SMALL_STEPS.replace(
        '"uniform"', '"mixed"\nnum_in_batch = 5\nnum_uniform = 5'
    ).replace('"bce"', '"sampled_softmax"'),
    "masked": SMALL_STEPS.replace('"next_item"', '"masked_item"')
    .replace('"sasrec_paper"', '"bert4rec"')
    .replace('"bce"', '"cross_entropy"'),
    "recurrent": SMALL_STEPS.replace('"sasrec_paper"', '"gru4rec"').replace("num_blocks = 1\n", ""),
    "last": SMALL_STEPS.replace('"next_item"', '"last_item"').replace('"uniform"', '"hard"'),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("steps")
    write_log(folder)
    for name, text in RECIPES.items():
        (folder / f"{name}.toml").write_text(text)
    return folder


def start(folder, number):
    """Return what so many processes found; None stands for one that is not launched by torchrun."""
    out = folder / f"{number}.pt"
    launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={number}"]
    words = [sys.executable, *(launcher if number else []), SCRIPT, folder, out]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [str(word) for word in words], env=environment, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr
    return torch.load(out)


@pytest.fixture(scope="module")
def alone(folder):
    return start(folder, None)


@pytest.mark.parametrize("number", [1, 2, 4])
def test_losses_and_gradients_of_every_step_are_those_of_one_process(folder, alone, number):
    together = start(folder, number)
    assert together.keys() == RECIPES.keys()
    for name, found in together.items():
        one = alone[name]
        torch.testing.assert_close(found["terms"], one["terms"], rtol=1e-5, atol=1e-6, msg=name)
        assert len(found["gradients"]) == len(one["gradients"]) == 3
        for mine, wanted in zip(found["gradients"], one["gradients"], strict=True):
            assert mine.keys() == wanted.keys()
            # Some gradients, such as that of a key's bias, are nothing but rounding.
            tolerance = 1e-5 * max(float(gradient.abs().max()) for gradient in wanted.values())
            for parameter, gradient in mine.items():
                torch.testing.assert_close(
                    gradient,
                    wanted[parameter],
                    rtol=1e-5,
                    atol=tolerance,
                    msg=lambda text, name=name, parameter=parameter: f"{name}, {parameter}: {text}",
                )


def test_gradients_are_not_nothing_and_dropout_is_at_work(alone):
    for name, found in alone.items():
        for step in found["gradients"]:
            assert any(gradient.abs().max() > 1e-4 for gradient in step.values()), name
