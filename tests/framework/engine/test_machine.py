"""What is said of the machine: by hand for made-up counters, and within reason for the real one."""

import subprocess
import sys
import time

import psutil
import pytest
import torch

from fw.engine import peak
from fw.engine.machine import Usage, describe_load, matrix_rate, peak_memory

CPU = torch.device("cpu")


def usage(at, machine, own):
    return Usage(at=at, machine=machine, own=own)


def test_other_work_is_what_the_machine_did_beyond_this_process():
    before, after = usage(10.0, 100.0, 5.0), usage(20.0, 118.0, 13.0)
    assert before.other_cores(after) == pytest.approx(1.0)  # 18 s, 8 of them its own, in 10 s


def test_rounding_of_the_counters_never_makes_other_work_negative():
    assert usage(0.0, 100.0, 5.0).other_cores(usage(1.0, 100.9, 6.0)) == 0.0


def test_other_work_is_noted_where_it_takes_more_than_a_tenth_of_the_cores(monkeypatch):
    monkeypatch.setattr(psutil, "cpu_count", lambda: 4)
    quiet = describe_load(usage(0.0, 0.0, 0.0), usage(10.0, 23.0, 20.0))
    assert (quiet["cores"], quiet["other_work_cores"], quiet["note"]) == (4, 0.3, "")
    shared = describe_load(usage(0.0, 0.0, 0.0), usage(10.0, 35.0, 20.0))
    assert shared["note"] == "other work took 1.5 of 4 cores meanwhile"
    assert shared["threads"] == torch.get_num_threads()


def test_the_process_counts_its_own_work():
    before = Usage.now()
    while (after := Usage.now()).own - before.own < 0.05:
        sum(range(10_000))
    assert after.own - before.own <= after.machine - before.machine + 0.1  # ticks of 10 ms


def test_the_peak_of_the_memory_counts_what_was_had_and_given_back():
    megabytes = 128
    before = psutil.Process().memory_info().rss
    held = torch.ones(megabytes, 2**20, dtype=torch.uint8)
    del held
    peak = peak_memory(CPU)
    assert peak["process"] >= before + 0.9 * megabytes * 2**20
    assert peak["process"] < psutil.virtual_memory().total
    assert peak["device"] is None


PEAKS = """
import resource
from fw.engine.peak import peak_of_process
print(peak_of_process(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no peak is handed on")
def test_a_process_does_not_inherit_the_peak_of_the_larger_one_that_started_it():
    held = torch.ones(256, 2**20, dtype=torch.uint8)
    said = subprocess.check_output([sys.executable, "-c", PEAKS], text=True)
    own, with_inherited = map(int, said.split())
    assert own < 128 * 2**20 < held.nbytes < with_inherited


@pytest.mark.parametrize("status", ["Name:\tpython\n", None], ids=["no mark", "no file"])
def test_where_linux_keeps_no_mark_the_peak_is_that_of_the_usage(status, tmp_path, monkeypatch):
    file = tmp_path / "status"
    if status:
        file.write_text(status)
    monkeypatch.setattr(peak, "_STATUS", file)
    assert peak.peak_of_process() >= psutil.Process().memory_info().rss * 0.9


def test_the_matrix_rate_is_that_of_a_product_of_matrices():
    size = 512
    one = torch.ones(size, size)
    started = time.perf_counter()
    one @ one
    slow = 2 * size**3 / (time.perf_counter() - started)
    assert slow / 20 < matrix_rate(CPU) < 1e15
