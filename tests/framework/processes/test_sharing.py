"""Rows are dealt out in turn, and all come back in their order."""

import numpy as np
import pytest
import torch
import torch.distributed as dist
from hypothesis import given
from hypothesis import strategies as st

from fw.engine.steps.batches import plan_batch
from fw.errors import DeviceError, LossNotFinite, ProcessLost, UserError
from fw.interfaces import Negatives
from fw.processes.failures import Failures, is_lost
from fw.processes.joining import joined, own_device, refuse_several
from fw.processes.peers import ALONE
from fw.processes.sharing import cut_shared, interleaved, own_plan, own_rows
from fw.stopping import Stop, Stopped


def plans_of(lengths, number, grouped):
    lengths = np.array(lengths)
    whole = plan_batch(np.arange(len(lengths)), lengths, grouped=grouped, most=max(lengths))
    own = [own_plan(whole, lengths, rank, number, grouped=grouped) for rank in range(number)]
    return whole, own, lengths


@given(st.lists(st.integers(1, 200), min_size=1, max_size=90), st.integers(1, 5), st.booleans())
def test_every_row_is_one_process_s_at_its_own_width(lengths, number, grouped):
    whole, own, lengths = plans_of(lengths, number, grouped)
    real = [plan.rows for rank, plan in enumerate(own) if rank < len(lengths)]
    assert interleaved(real) == whole.rows.tolist()
    for plan in own:
        assert plan.width == whole.width
        assert [group.start for group in plan.groups] == [
            0,
            *(group.stop for group in plan.groups[:-1]),
        ]
        assert plan.groups[-1].stop == len(plan.rows)
        assert plan.num_real == lengths[plan.rows].sum()
        for group in plan.groups:
            assert (lengths[plan.rows[group.start : group.stop]] <= group.width).all()


def test_a_process_without_a_row_stands_in_with_the_first():
    _, own, _ = plans_of([7, 5], 4, True)
    assert [plan.rows.tolist() for plan in own] == [[0], [1], [0], [0]]
    assert own_rows(2, 3, 4) == slice(0, 1)


def test_a_shared_set_stays_whole_and_its_collisions_are_cut():
    negatives = Negatives(torch.arange(3), torch.zeros(3), torch.arange(24).view(4, 2, 3) > 11)
    found = cut_shared(negatives, slice(1, 4, 2))
    assert found.items is negatives.items
    assert found.collides.equal(negatives.collides[[1, 3]])
    assert found.target_log_probability is None


def test_one_process_that_was_not_launched_is_alone(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    refuse_several("fw sweep")
    with joined("cpu", Stop()) as (peers, device):
        assert peers is ALONE
        assert device == torch.device("cpu")
    values = torch.rand(3)
    assert peers.whole(values) is values
    assert peers.settled(values) is values
    assert peers.from_first(lambda: 7) == 7


def test_a_command_that_starts_processes_is_not_for_torchrun(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.setenv(name, "1")
    with pytest.raises(UserError, match="fw sweep is not for torchrun"):
        refuse_several("fw sweep")


def test_one_device_is_not_named_for_several_processes(monkeypatch):
    monkeypatch.setattr("fw.processes.joining.choose_device", torch.device)
    with pytest.raises(DeviceError, match="found device 'cuda:1'"):
        own_device("cuda:1")
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(DeviceError, match="3 processes need a GPU each, but this machine has 2"):
        own_device("cuda")


@pytest.fixture
def words():
    """Three processes that leave word in one place."""
    store = dist.HashStore()
    return [Failures(store=store, rank=rank, number=3) for rank in range(3)]


LOST = RuntimeError("[gloo/transport/tcp/pair.cc:538] Connection closed by peer [127.0.0.1]:1")


def test_the_others_end_with_the_message_of_the_first_that_failed(words):
    own = ValueError("no such thing")
    assert words[1].explained(own, Stop()) is own
    lost = words[2].explained(LOST, Stop())
    assert isinstance(lost, ProcessLost)
    assert str(lost) == "process 3 of 3 stops: process 2 failed: ValueError: no such thing"
    assert lost.__cause__ is LOST


def test_what_all_have_to_say_is_said_once(words):
    errors = [LossNotFinite("not finite", epoch=1, step=1, terms=[]) for _ in words]
    assert words[2].explained(errors[2], Stop()) is errors[2]
    assert isinstance(words[0].explained(errors[0], Stop()), SystemExit)
    other = UserError("another")
    assert words[1].explained(other, Stop()) is other


def test_a_process_that_is_gone_without_a_word_is_said_to_be(words, monkeypatch):
    monkeypatch.setattr("fw.processes.failures._PATIENCE", 0.0)
    assert "ended without a word" in str(words[0].explained(LOST, Stop()))


def test_all_stop_where_one_was_stopped(words):
    stopped = Stopped(15)
    assert words[0].explained(stopped, Stop()) is stopped
    found = words[1].explained(LOST, Stop())
    assert isinstance(found, Stopped)
    assert found.exit_code == 143


def test_only_what_a_backend_says_is_the_loss_of_a_process():
    assert is_lost(LOST)
    assert not is_lost(RuntimeError("shapes do not fit"))
    assert not is_lost(ValueError("gloo"))
