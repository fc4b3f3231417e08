"""The command ``fw`` as a process of its own, to be interrupted, starved or killed."""

import os
import signal
import subprocess
import sys
import time

SECONDS = 120  # for anything that is waited for; on a busy machine all takes long


def start(*words, cwd, before=lambda: None, python=("-m", "fw"), **more):
    """Start ``fw``; ``before`` is called in the new process, before it becomes fw.

    ``python`` are the words after Python's own, where it is not to be started as a module.
    """

    def prepare():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)  # a test may itself run in the background
        before()

    environment = {**os.environ, "OMP_NUM_THREADS": "1", **more.pop("environment", {})}
    return subprocess.Popen(
        [sys.executable, *map(str, (*python, *words))],
        cwd=cwd,
        env=environment,
        preexec_fn=prepare,
        text=True,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more},
    )


def end(process, seconds=SECONDS):
    """Wait for a process; return its exit code and what it said on stderr."""
    try:
        _, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return process.returncode, said


def fw(*words, cwd, seconds=SECONDS, **more):
    """Run ``fw`` to its end; return its exit code and what it said on stderr."""
    return end(start(*words, cwd=cwd, **more), seconds)


def wait_until(condition, process):
    """Wait until ``condition`` gives something true, and return that; the process is to live."""
    deadline = time.monotonic() + SECONDS
    while not (found := condition()):
        over = time.monotonic() > deadline
        if over or process.poll() is not None:
            process.kill()
            raise AssertionError(f"waited in vain: {process.communicate()}")
        time.sleep(0.02)
    return found


def children_of(pid):
    """Return the processes that a process has started and that live (Linux)."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/stat") as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if int(parent) == pid and state != "Z":
            found.append(int(entry))
    return found


def kill(process):
    """Kill a process, and do not wait for those that it has started."""
    process.kill()
    process.wait()
    process.stdout.close()
    process.stderr.close()


def left_of(pids, seconds=20):
    """Return which processes do not end by themselves in so many seconds."""
    deadline = time.monotonic() + seconds
    while (left := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def is_alive(pid):
    """Whether a process lives (Linux); one that has ended and waits to be noticed does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
