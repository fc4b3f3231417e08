"""Plugins that fail in a run: each is named, with epoch and step, and what was good is kept."""

import pytest
import torch
from safetensors.torch import load_file

from fw.engine import run as engine
from fw.errors import LossNotFinite, PluginError
from tiny_runs import RECIPE, Silent, write_recipe

PLUGIN = """
import attrs, torch
from typing import ClassVar
from fw import LossTerm, hookimpl
from fw.nn.items import ItemTable

CALLS = []

def late():
    '''From the seventh step on: the third of the second epoch.'''
    CALLS.append(1)
    return len(CALLS) > 6


@attrs.frozen
class OddLoss:
    '''A loss that goes wrong as it is told to.'''
    requires: ClassVar = frozenset({{"hidden"}})

    def __call__(self, output):
        total, count = output.hidden.square().sum(), torch.tensor(output.hidden.shape[0])
        {loss}
        return LossTerm(total, count)


class Running(torch.nn.Module):
    causal, hidden_size = True, 8

    def __init__(self, info):
        super().__init__()
        self.items = ItemTable(info.num_items, 8, torch.nn.init.normal_)

    def forward(self, sequences, rng=None):
        hidden = self.items.rows(sequences.items).cumsum(1) * sequences.is_real()[..., None]
        {encoder}
        return hidden


@attrs.frozen
class OddEncoder:
    '''An encoder that goes wrong as it is told to.'''

    def build(self, info):
        {build}
        return Running(info)


@attrs.frozen
class OddPooling:
    '''A pooling that goes wrong as it is told to.'''

    def width(self, hidden_size, max_len):
        return hidden_size

    def __call__(self, hidden, lengths):
        pooled = hidden.sum(1)
        {pooling}
        return pooled


@attrs.frozen
class OddAugmenter:
    '''An augmenter that goes wrong as it is told to.'''

    def __call__(self, sequences, rng):
        {augmenter}
        return sequences


@attrs.frozen
class OddSampler:
    '''A sampler that goes wrong as it is told to.'''

    def __call__(self, batch, rng):
        from fw import Negatives
        items = torch.ones(*batch.targets.items.shape, 1, dtype=torch.int64)
        log_probability = torch.zeros(items.shape)
        collides = items == batch.targets.items[..., None]
        {sampler}
        return Negatives(items, log_probability, collides)


@hookimpl
def register_losses(register):
    register("odd", OddLoss)

@hookimpl
def register_encoders(register):
    register("odd", OddEncoder)

@hookimpl
def register_poolings(register):
    register("odd", OddPooling)

@hookimpl
def register_augmenters(register):
    register("odd", OddAugmenter)

@hookimpl
def register_samplers(register):
    register("odd", OddSampler)
"""
PARTS = ("loss", "encoder", "build", "pooling", "augmenter", "sampler")
CONTRAST = 'losses=[{name="bce"}, {name="nt_xent"}]'
USES = {
    "loss": ['losses=[{name="odd"}]'],
    "encoder": ['encoder={name="odd"}'],
    "build": ['encoder={name="odd"}'],
    "pooling": [CONTRAST, 'augmenters=[{name="crop"}]', 'pooling={name="odd"}'],
    "augmenter": [CONTRAST, 'augmenters=[{name="odd"}]', 'pooling={name="mean"}'],
    "sampler": ['sampler={name="odd"}'],
}
OWNER = "    it comes from plugin odd, distribution fw-odd 0.7"


@pytest.fixture
def recipe(tmp_path):
    return write_recipe(tmp_path, RECIPE.replace("batch_size = 16", "batch_size = 8"))


@pytest.fixture
def run_with(recipe, install):
    """A function that runs the recipe with one of the odd components, gone wrong by a line.

    30 users in batches of 8 make four steps an epoch.
    """

    def run_with(part, line, *overrides):
        text = PLUGIN.format(**{name: line if name == part else "pass" for name in PARTS})
        install("fw-odd", "0.7", {"fw_odd": text}, {"odd": "fw_odd"})
        changes = [*USES[part], *overrides]
        return engine.run(
            recipe, overrides=changes, runs=recipe.parent / "runs", device="cpu", reporter=Silent()
        )

    return run_with


def failure(run_with, part, line, *overrides, error=PluginError):
    with pytest.raises(error) as caught:
        run_with(part, line, *overrides)
    return caught.value


def test_a_plugin_that_is_right_runs(run_with):
    assert run_with("encoder", "pass").content["epochs"] == 2


RAISING = "\n        if late(): raise RuntimeError('no blah')"


def test_a_plugin_that_raises_in_build_is_named(run_with, recipe):
    error = failure(run_with, "build", "raise RuntimeError('no blah')")
    assert str(error) == f"encoder 'odd' failed while it was built: RuntimeError: no blah\n{OWNER}"
    assert str(error.__cause__) == "no blah"
    assert list((recipe.parent / "runs").iterdir()) == []


def test_a_plugin_that_raises_in_a_step_is_named_with_epoch_and_step(run_with, recipe):
    error = failure(run_with, "loss", RAISING, "training.epochs=9")
    assert str(error) == (
        f"loss 'odd' failed in a run (epoch 2, step 3): RuntimeError: no blah\n{OWNER}"
    )
    assert str(error.__cause__) == "no blah"
    (folder,) = (recipe.parent / "runs").iterdir()
    assert_good(folder, epoch=1)


def assert_good(folder, epoch):
    """Best weights and checkpoint are those of an epoch, and numbers throughout."""
    state = torch.load(folder / "state" / "checkpoint.pt", weights_only=True)
    assert (state["selection"]["epoch"], state["within"]) == (epoch, None)
    for weights in (state["weights"], load_file(folder / "best.safetensors")):
        assert all(tensor.isfinite().all() for tensor in weights.values())


WRONG = {
    "hidden states cut": (
        "encoder",
        "hidden = hidden[..., :5]",
        "hidden states of shape [8, 3, 5], it should be [8, 3, 8]",
    ),
    "hidden states of one position": (
        "encoder",
        "hidden = hidden.sum(1, keepdim=True)",
        "hidden states of shape [8, 1, 8], it should be [8, 3, 8]",
    ),
    "hidden states elsewhere": (
        "encoder",
        "hidden = hidden.to('meta')",
        "hidden states on meta, where the step is on cpu",
    ),
    "a total for each row": (
        "loss",
        "total = output.hidden.sum((1, 2))",
        "totals of shape [8], it should be []",
    ),
    "a count for each row": (
        "loss",
        "count = output.batch.inputs.lengths",
        "counts of shape [8], it should be []",
    ),
    "one vector for all": (
        "pooling",
        "pooled = pooled.mean(0, keepdim=True)",
        "pooled vectors of shape [1, 8], it should be [8, 8]",
    ),
    "vectors in a column": (
        "pooling",
        "pooled = pooled[..., None]",
        "pooled vectors of shape [8, 8, 1], it should be [8, 1]",
    ),
}


@pytest.mark.parametrize(("part", "line", "found"), WRONG.values(), ids=WRONG)
def test_a_plugin_that_returns_the_wrong_shape_or_device_is_named(run_with, part, line, found):
    # One width, so that the message does not depend on who comes first.
    message = str(failure(run_with, part, line, "max_len=3"))
    assert (
        message == f"{part} 'odd' failed in a run (epoch 1, step 1): it returned {found}\n{OWNER}"
    )


FEWER = "sequences = sequences._replace(items=sequences.items[:1])"


@pytest.mark.parametrize(
    ("part", "line"),
    [("augmenter", FEWER), ("sampler", "log_probability = log_probability[:1]")],
)
def test_what_is_wrong_with_the_first_rows_is_found_before_training(run_with, recipe, part, line):
    message = str(failure(run_with, part, line))
    assert message.startswith(f"{part} 'odd' failed ")
    assert message.endswith(OWNER)


def test_a_wrong_shape_from_a_later_step_on_is_named_with_that_step(run_with):
    line = "\n        if late(): total = total[None]"
    message = str(failure(run_with, "loss", line, "training.epochs=9"))
    assert message.startswith("loss 'odd' failed in a run (epoch 2, step 3): it returned totals")


def test_case_B24_a_component_that_gives_nan_for_some_rows_is_named(run_with, recipe):
    chosen, nan = "(sequences.rows == 5)[:, None, None]", "torch.tensor(float('nan'))"
    line = f"hidden = torch.where({chosen}, {nan}, hidden)"  # under a loss that comes with fw
    message = str(failure(run_with, "encoder", line))
    assert message.startswith("encoder 'odd' failed in a run (epoch 1, step ")
    assert message.endswith(f"): it returned hidden states that are not finite\n{OWNER}")


def test_case_B24_a_loss_that_is_no_number_is_named_and_the_good_weights_stay(run_with, recipe):
    line = "\n        if late(): total = total * float('nan')"
    error = failure(run_with, "loss", line, "training.epochs=9", error=PluginError)
    assert str(error) == (
        "loss 'odd' failed in a run (epoch 2, step 3): it returned totals that are not finite\n"
        f"{OWNER}"
    )
    (folder,) = (recipe.parent / "runs").iterdir()
    assert_good(folder, epoch=1)


def test_case_B24_where_training_diverges_nobody_is_to_blame(recipe):
    with pytest.raises(LossNotFinite) as caught:
        engine.run(
            recipe,
            overrides=["optimizer.learning_rate=1e30", "training.epochs=9"],
            runs=recipe.parent / "runs",
            device="cpu",
            reporter=Silent(),
        )
    assert str(caught.value) == (
        "epoch 1, step 2: the loss bce is not finite\n    the best weights and the last checkpoint "
        "are untouched; a lower learning rate or another temperature may help"
    )


def test_case_B24_a_strangers_loss_that_is_a_number_again_is_still_named(run_with):
    line = "\n        if late() and len(CALLS) == 7: total = total * float('nan')"
    error = failure(run_with, "loss", line, "training.epochs=9", error=LossNotFinite)
    assert str(error) == (
        "epoch 2, step 3: the loss odd is not finite\n    the best weights and the last checkpoint "
        "are untouched; a lower learning rate or another temperature may help\n"
        "    odd comes from plugin odd, distribution fw-odd 0.7"
    )
