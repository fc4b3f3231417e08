"""A run with a plugin that breaks a rule ends before it trains, and nothing reaches the device."""

import pytest

import tiny_runs
from fw.engine.steps.step import Step
from fw.errors import PluginError

PLUGIN = '''
import attrs, torch
from fw import Batch, Negatives, hookimpl
from fw_plugins.splitters.leave_one_out import LeaveOneOut
from fw_plugins.tasks.next_item import NextItem

@attrs.frozen
class Targets:
    """Draws the targets themselves."""
    def __call__(self, batch, rng):
        items = batch.targets.items[:, :, None].clamp(min=1)
        return Negatives(items, torch.zeros(items.shape), torch.zeros_like(items, dtype=torch.bool))

@attrs.frozen
class Leaky:
    """Trains on the item that validates."""
    def __call__(self, store):
        split = LeaveOneOut()(store)
        return attrs.evolve(split, train_lengths=split.train_lengths + 1)

@attrs.frozen
class Numbering:
    """Gives the newest item of the last user another number."""
    number: float = 99.0
    def __call__(self, store):
        items = store.items.astype(int if self.number.is_integer() else float)
        items[-1] = self.number
        return LeaveOneOut()(attrs.evolve(store, items=items))

@attrs.frozen
class Halves(NextItem):
    """Gives numbers of items as floats."""
    def __call__(self, history, rng):
        batch = super().__call__(history, rng)
        return batch._replace(inputs=batch.inputs._replace(items=batch.inputs.items / 2))

@attrs.frozen
class Beyond(NextItem):
    """Predicts items that there are not."""
    def __call__(self, history, rng):
        batch = super().__call__(history, rng)
        targets = batch.targets._replace(items=batch.targets.items * 99)
        return batch._replace(targets=targets)

@attrs.frozen
class Outside:
    """Makes items that there are not."""
    def __call__(self, sequences, rng):
        return sequences._replace(items=sequences.items - 1)

@hookimpl
def register_samplers(register):
    register("targets", Targets)

@hookimpl
def register_splitters(register):
    register("leaky", Leaky)
    register("numbering", Numbering)

@hookimpl
def register_tasks(register):
    register("beyond", Beyond)
    register("halves", Halves)

@hookimpl
def register_augmenters(register):
    register("outside", Outside)
'''
CONTRAST = (
    'losses=[{name="nt_xent"}]',
    'pooling={name="mean"}',
    'augmenters=[{name="outside"}]',
)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ['sampler={name="targets"}'],
            "sampler 'targets' failed when it was tried on a few rows before training: ValueError: "
            "a target of user '007', item ",
        ),
        (
            ['splitter={name="leaky"}'],
            "splitter 'leaky' failed while it split the data: ValueError: the validation target of "
            "user '007', item ",
        ),
        (
            ['task={name="beyond"}'],
            "task 'beyond' failed when it was tried on a few rows before training: ValueError: "
            "item ",
        ),
        (CONTRAST, "an augmenter of loss 'nt_xent': item -1 in the view of user 'u3' is out of "),
    ],
)
def test_a_run_with_a_plugin_that_breaks_a_rule_ends_before_it_trains(
    rule_breakers, overrides, message
):
    assert said_of(rule_breakers, overrides).startswith(message)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ['splitter={name="numbering"}'],
            "splitter 'numbering' failed while it split the data: ValueError: item 99 of user "
            "'u30' is no number of an item: 1 to 24",
        ),
        (
            ['splitter={name="numbering", number=-1}'],
            "splitter 'numbering' failed while it split the data: ValueError: item -1 of user "
            "'u30' is no number of an item: 1 to 24",
        ),
        (
            ['splitter={name="numbering", number=1.5}'],
            "splitter 'numbering' failed while it split the data: ValueError: items must be whole "
            "numbers (int32), found float64",
        ),
        (
            ['task={name="halves"}'],
            "task 'halves' failed when it was tried on a few rows before training: ValueError: "
            "items in the inputs must be int64, found float32",
        ),
    ],
)
def test_case_B61_no_wrong_number_reaches_a_device_and_the_process_goes_on(
    rule_breakers, monkeypatch, overrides, message
):
    with monkeypatch.context() as patch:
        patch.setattr(Step, "to", lambda *_: pytest.fail("moved"))
        assert said_of(rule_breakers, overrides).startswith(message)
    assert (tiny_runs.train_tiny(rule_breakers) / "result.json").exists()


@pytest.fixture
def rule_breakers(tmp_path, monkeypatch):
    """A tiny recipe, whose plugins may be those above."""
    (tmp_path / "rule_breakers.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    return tiny_runs.write_recipe(tmp_path)


def said_of(recipe, overrides):
    runs = recipe.parent / "runs"
    with pytest.raises(PluginError) as caught:
        tiny_runs.train_tiny(recipe, *overrides, runs=runs, plugins=["rule_breakers"])
    assert not list(runs.iterdir())
    return str(caught.value)
