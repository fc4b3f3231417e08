"""The prefetching loader: the same batches as without it, from a thread that always ends."""

import threading

import numpy as np
import pytest
import torch

from fw.data.training import TrainingRows
from fw.engine.steps.batches import epoch_plans
from fw_plugins.loaders.prefetch import Prefetch
from same_runs import assert_same_run
from tiny_runs import RECIPE, train_tiny, write_recipe


@pytest.fixture
def info(make_info):
    return make_info([list(range(1, 3 + row)) for row in range(12)], 20)


def plans(info):
    lengths = info.training.host_lengths
    rows = np.flatnonzero(lengths)
    return list(epoch_plans(rows, lengths, batch_size=2, seed=1, epoch=1))


def threads():
    return threading.active_count()


def test_an_epoch_that_is_stopped_early_leaves_no_thread_and_the_next_begins_anew(info):
    loader, before = Prefetch(ahead=1).build(info), threads()
    histories = loader(plans(info))
    first = next(histories)
    histories.close()
    assert threads() == before
    again = list(loader(plans(info)))
    assert torch.equal(again[0].items, first.items)
    assert len(again) == len(plans(info))
    assert threads() == before


def test_what_goes_wrong_in_the_thread_is_raised_in_its_place(info, monkeypatch):
    loader, wanted = Prefetch(ahead=1).build(info), plans(info)
    gather = TrainingRows.history

    def broken(self, plan):
        if plan is wanted[2]:
            raise ZeroDivisionError("nothing to gather")
        return gather(self, plan)

    monkeypatch.setattr(TrainingRows, "history", broken)
    histories = loader(wanted)
    assert [len(next(histories).rows), len(next(histories).rows)] == [2, 2]
    with pytest.raises(ZeroDivisionError):
        next(histories)


class FakeDevice:
    type = "cuda"


@pytest.mark.parametrize(("free", "stays"), [(10**9, False), (100, True)])
def test_rows_go_to_a_device_only_if_there_is_room_for_them(info, monkeypatch, free, stays):
    moved = []
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, free))
    monkeypatch.setattr(torch.nn.Module, "to", lambda self, device: moved.append(device) or self)
    Prefetch().build(info).to(FakeDevice())
    assert bool(moved) != stays


def test_a_run_is_the_same_to_the_bit(tmp_path):
    recipe = write_recipe(tmp_path, RECIPE)
    assert_same_run(train_tiny(recipe), train_tiny(recipe, 'loader={name="prefetch"}'))
