"""A schedule before whose step a run holds still, so that what ends it always meets it there.

The process, or one it starts, holds where its environment says so (:func:`hold`), until it is asked
to stop or is killed; without that the schedule is ``constant``. So no test hopes that a run is not
over before its signal arrives, and the same recipe also makes the run that nothing disturbs.
"""

import os
import sys
import time
from pathlib import Path

import attrs

from fw import hookimpl
from fw.stopping import Stopped, listening

PLUGIN = "holding"
TABLE = '[schedule]\nname = "holding"\n'
BUILD = -1  # in place of a step: where the schedule is built, before training


def hold(folder, step, time=1, path=()):
    """Return the environment of a process that holds at a step, the ``time``-th time it is there.

    Each process that holds leaves a file in ``folder``. ``path`` has further folders of plugins.
    """
    folder.mkdir()
    return free(path) | {
        "FW_HOLD_IN": str(folder.absolute()),
        "FW_HOLD_AT": str(step),
        "FW_HOLD_TIME": str(time),
    }


def free(path=()):
    """Return the environment of a process that knows the plugin and does not hold."""
    return {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *map(str, path), *sys.path])}


def held(folder, processes=1):
    """Return the condition that so many processes hold."""
    return lambda: len(list(folder.iterdir())) == processes


@attrs.frozen(kw_only=True)
class Holding:
    """Keep the learning rate."""

    def build(self, info):
        """Hold before training, if that is the place."""
        _arrive(BUILD)
        return _constant


def _constant(step, steps):
    _arrive(step)
    return 1.0


_times = {}


def _arrive(step):
    _times[step] = _times.get(step, 0) + 1
    if os.environ.get("FW_HOLD_AT") == str(step) and os.environ["FW_HOLD_TIME"] == str(
        _times[step]
    ):
        (Path(os.environ["FW_HOLD_IN"]) / str(os.getpid())).touch()
        with listening() as stop:
            _wait_for(stop)


def _wait_for(stop):
    while True:
        try:
            stop.check()
        except Stopped:
            return
        time.sleep(0.01)


@hookimpl
def register_schedules(register):
    register("holding", Holding)
