"""A clock that is set back while a run goes on: no time is negative, no folder is taken twice."""

import json
import re
import time
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

import fw
from fw.engine import run as engine
from fw.engine.folders import folder as folders
from tiny_runs import Silent, write_recipe

SOURCES = sorted(Path(fw.__file__).parent.rglob("*.py"))


@pytest.fixture
def backwards(monkeypatch):
    """Let every look at the wall clock be an hour before the one that went before."""
    looks = count()

    def earlier():
        return datetime(2030, 1, 1) - timedelta(hours=next(looks))

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return earlier()

    monkeypatch.setattr(time, "time", lambda: earlier().timestamp())
    monkeypatch.setattr(folders, "datetime", Clock)


def numbers(value):
    """Yield all numbers within dictionaries."""
    for one in value.values():
        if isinstance(one, dict):
            yield from numbers(one)
        elif isinstance(one, int | float):
            yield one


def test_times_are_never_negative(backwards, tmp_path):
    result = engine.run(
        write_recipe(tmp_path),
        overrides=["training.checkpoint_minutes=1e-9"],
        runs=tmp_path / "runs",
        device="cpu",
        reporter=Silent(),
    )
    timing = result.content["timing"]
    assert min(numbers(timing)) >= 0
    assert (
        min(timing["seconds_per_epoch"], timing["seconds_training"], *timing["parts"].values()) > 0
    )
    lines = (result.folder / "metrics.jsonl").read_text().splitlines()
    assert all(json.loads(line)["seconds"] > 0 for line in lines)


def test_two_runs_at_one_time_have_folders_of_their_own(tmp_path, monkeypatch):
    class Stands(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2030, 1, 1)

    monkeypatch.setattr(folders, "datetime", Stands)
    made = [folders.RunFolder.create(tmp_path, "a").path.name for _ in range(3)]
    assert made == ["a-20300101-000000", "a-20300101-000000-2", "a-20300101-000000-3"]


def test_durations_are_measured_by_clocks_that_cannot_be_set():
    assert len(SOURCES) > 100
    wall = re.compile(r"time\.time\(\)|time\.time_ns\(\)|utcnow\(\)")
    assert [path.name for path in SOURCES if wall.search(path.read_text(encoding="utf-8"))] == []
