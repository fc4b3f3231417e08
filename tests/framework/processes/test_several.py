"""What one of several processes makes of what all of them say."""

import platform

import pytest
import torch
import torch.distributed as dist

from fw.engine.machine import Usage
from fw.processes.peers import ALONE
from fw.processes.several import Several


@pytest.fixture
def everyones(monkeypatch):
    """What the processes say when they are asked: here, two of this machine and one of another."""
    said = [("elsewhere", 7.0), (platform.node(), 2.0), (platform.node(), 3.0)]

    def all_gather_object(found, own):
        assert own in said
        found[:] = said

    monkeypatch.setattr(dist, "all_gather_object", all_gather_object)
    return said


def test_work_on_a_machine_is_that_of_all_processes_that_are_on_it(everyones):
    one = Several(rank=1, number=len(everyones), device=torch.device("cpu"))
    assert one.on_machine(2.0) == 2.0 + 3.0
    assert ALONE.on_machine(2.0) == 2.0


def test_processes_of_a_run_are_not_other_work_to_one_another(monkeypatch):
    before = Usage(at=10.0, machine=100.0, own=5.0)
    now = Usage(at=20.0, machine=117.0, own=13.0)
    monkeypatch.setattr(Usage, "now", classmethod(lambda cls: now))
    alone, together = before.until_now(ALONE.on_machine), before.until_now(lambda own: own + 8.5)
    assert before.other_cores(alone) == pytest.approx(0.9)  # 17 s in 10, 8 of them its own
    assert before.other_cores(together) == pytest.approx(0.05)
