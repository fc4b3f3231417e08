"""Timing in pairs: the candidates take turns, so that a machine's moods touch all alike."""

import statistics
import time

from tests.bench.report import spread


def timed(candidates, *, rounds=7):
    """Return each candidate's seconds, one a round; a further round before them warms up."""
    times = {name: [] for name in candidates}
    for number in range(rounds + 1):
        for name, call in candidates.items():
            started = time.perf_counter()
            call()
            if number:
                times[name].append(time.perf_counter() - started)
    return times


def take_turns(candidates, *, rounds=7):
    """Yield each candidate's name and its median seconds."""
    for name, measured in timed(candidates, rounds=rounds).items():
        yield name, statistics.median(measured)


def spread_rows(times):
    """Return a row for each candidate of :func:`timed`."""
    return [{"what": name, **spread(seconds)} for name, seconds in times.items()]
