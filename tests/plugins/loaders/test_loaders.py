"""Runs are the same to the bit whatever the loader, and leave no process behind."""

import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from fw.data.training import TrainingRows
from fw.engine.steps.batches import epoch_plans
from fw.errors import TrainingError
from fw_plugins.loaders.dataloader import TorchDataLoader
from fw_plugins.loaders.warp import Warp
from same_runs import assert_same_run, lines
from tiny_runs import RECIPE, train_tiny, write_recipe

STRANGERS = Path(__file__).parents[2] / "third_party" / "fw-item-dropout"
CONTRAST = """
[[augmenters]]
name = "item_dropout"
[pooling]
name = "mean"
[[losses]]
name = "nt_xent"
weight = 0.1
"""
LOADERS = ("warp", "dataloader")
# Torch warns where there are fewer cores than workers.
few_cores = pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")


def loader(name):
    return f'loader={{name="{name}", num_workers=2}}'


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """A recipe with a stranger's augmenter."""
    monkeypatch.syspath_prepend(STRANGERS)
    return write_recipe(tmp_path, RECIPE + CONTRAST)


def run(recipe, *overrides):
    return train_tiny(recipe, *overrides, plugins=("fw_item_dropout",))


@few_cores
@pytest.mark.parametrize("name", LOADERS)
def test_case_B65_two_epochs_with_spawned_workers_are_those_without_to_the_bit(recipe, name):
    without, with_workers = run(recipe), run(recipe, loader(name))
    assert_same_run(without, with_workers)
    assert len(lines(without)) == 2
    assert multiprocessing.active_children() == []


def test_the_resolved_recipe_names_the_loader(recipe):
    kept = (run(recipe) / "recipe.toml").read_text()
    assert '[loader]\nname = "resident"\n' in kept


# Workers that fail ---------------------------------------------------------------------------


class Broken(TrainingRows):
    """Training rows that cannot be gathered in a worker process."""

    def history(self, plan):
        if multiprocessing.parent_process() is not None:
            raise ZeroDivisionError("nothing to gather")
        return super().history(plan)


def plans(info, epoch=1):
    lengths = info.training.host_lengths
    rows = np.arange(len(lengths))
    return list(epoch_plans(rows, lengths, batch_size=1, seed=1, epoch=epoch))


@pytest.fixture
def info(make_info):
    return make_info([[1, 2, 3], [4, 5], [6, 7, 8, 9], [1, 9]], 9)


@pytest.fixture
def broken(info):
    twin = info.training.staying()
    twin.__class__ = Broken
    object.__setattr__(info, "training", twin)
    return info


def test_an_error_in_a_warp_worker_names_itself_and_ends_all_workers(broken):
    with pytest.raises(TrainingError) as raised:
        list(Warp().build(broken)(plans(broken)))
    assert str(raised.value) == (
        "loader 'warp': worker 1 of 2 failed: ZeroDivisionError: nothing to gather"
    )
    assert "in history" in str(raised.value.__cause__)
    assert multiprocessing.active_children() == []


@few_cores
def test_an_error_in_a_dataloader_worker_names_itself(broken):
    built = TorchDataLoader().build(broken)
    with pytest.raises(TrainingError) as raised:
        list(built(plans(broken)))
    built.close()
    assert str(raised.value).startswith(
        "loader 'dataloader': Caught ZeroDivisionError in DataLoader worker process 0."
    )
    assert multiprocessing.active_children() == []


def test_a_warp_worker_that_is_killed_is_told_and_the_next_epoch_has_new_ones(info):
    built = Warp(num_workers=1).build(info)
    histories = built(plans(info))
    next(histories)
    (worker,) = multiprocessing.active_children()
    os.kill(worker.pid, signal.SIGKILL)
    further = itertools.chain(histories, built(plans(info)))  # what was on its way may still come
    with pytest.raises(TrainingError) as raised:
        list(further)
    assert str(raised.value) == (
        "loader 'warp': worker 1 of 1 ended unexpectedly, with exit code -9\n"
        '    a script that calls fw needs `if __name__ == "__main__":` in front of what it does; '
        "a worker that was killed (-9) may have been short of memory"
    )
    assert len(list(built(plans(info)))) == 4
    built.close()
    assert multiprocessing.active_children() == []


def test_nothing_happens_when_a_worker_imports_the_loaders():
    program = "import fw_plugins.loaders.warp, fw_plugins.loaders.dataloader, fw.data.training"
    check = "import multiprocessing, threading; print(multiprocessing.active_children(), "
    check += "threading.active_count())"
    command = [sys.executable, "-c", f"{program}\n{check}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[] 1\n", "")


def test_batches_of_a_non_resident_loader_come_from_the_host(info):
    built = TorchDataLoader(num_workers=0).build(info)
    info.training.to("meta")
    found = next(iter(built(plans(info))))
    assert found.items.device == torch.device("cpu")
