"""Searches in processes of their own: killed and started again, and several of them at once."""

import json
import tomllib

import pytest

from holding import PLUGIN, TABLE, free, held, hold
from processes import end, kill, start, wait_until
from tiny_runs import RECIPE, write_recipe

TUNE = """
[tune]
trials = 5
[tune.parameters]
"optimizer.learning_rate" = { low = 1e-3, high = 1e-1, log = true }
"encoder.dropout" = { low = 0.0, high = 0.5 }
"""
# A checkpoint after every step.
OFTEN = RECIPE.replace("epochs = 2", "epochs = 8\ncheckpoint_minutes = 1e-9\n") + TABLE

pytestmark = pytest.mark.slow


@pytest.fixture
def recipe(tmp_path):
    return write_recipe(tmp_path, OFTEN + TUNE)


def begin(recipe, tunes, environment):
    words = ("tune", recipe, "-p", PLUGIN, "--device", "cpu", "--tunes", tunes)
    return start(*words, cwd=recipe.parent, environment=environment)


def found_in(folder):
    """Return what each trial was and came to, without the test of the best one."""
    found = {}
    for run in sorted(folder.glob("trial-*")):
        metrics = json.loads((run / "result.json").read_text())["metrics"]
        valid = {name: one for name, one in metrics.items() if name.startswith("valid/")}
        found[run.name] = tomllib.loads((run / "recipe.toml").read_text()), valid
    return found


def test_a_search_that_is_killed_again_and_again_ends_as_one_that_was_not(recipe, tmp_path):
    code, said = end(begin(recipe, "whole", free()))
    assert code == 0, said
    folder = tmp_path / "killed" / "tiny"
    # In the trials 0, 2 and 3: each process meets the step first in the trial it goes on with.
    for number, times in ((0, 1), (2, 3), (3, 2)):
        holds = tmp_path / f"holds in {number}"
        process = begin(recipe, "killed", hold(holds, 5, times))
        wait_until(held(holds), process)
        kill(process)
        trials = [path.name for path in folder.glob("trial-*")]
        assert sorted(trials) == [f"trial-{done}-seed1" for done in range(number + 1)]
    code, said = end(begin(recipe, "killed", free()))
    assert code == 0, said
    assert found_in(folder) == found_in(tmp_path / "whole" / "tiny")
    best = [(tmp_path / one / "tiny" / "best.toml").read_text() for one in ("whole", "killed")]
    assert best[0] == best[1]


def test_several_commands_at_once_share_the_trials_and_test_the_best_once(recipe, tmp_path):
    processes = [begin(recipe, "shared", free()) for _ in range(3)]
    for code, said in map(end, processes):
        assert code == 0, said
    found = found_in(tmp_path / "shared" / "tiny")
    assert list(found) == [f"trial-{number}-seed1" for number in range(5)]
    assert len({json.dumps(kept, sort_keys=True) for kept, _ in found.values()}) == 5
    runs = (tmp_path / "shared" / "tiny").glob("trial-*/result.json")
    looks = [json.loads(path.read_text())["test_looks"] for path in runs]
    assert sorted(looks) == [0, 0, 0, 0, 1]
