"""Timing in pairs: the candidates take turns, so that a machine's moods touch all alike."""

import statistics
import time


def take_turns(candidates, *, rounds=7):
    """Yield each candidate's name and its median seconds; the first round warms up."""
    times = {name: [] for name in candidates}
    for number in range(rounds + 1):
        for name, call in candidates.items():
            started = time.perf_counter()
            call()
            if number:
                times[name].append(time.perf_counter() - started)
    for name, measured in times.items():
        yield name, statistics.median(measured)
