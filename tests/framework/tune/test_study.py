"""The trials of a search: what is drawn for each, and who works on which."""

import pytest

from fw.discovery import discover
from fw.errors import RunError
from fw.executing import Ended
from fw.tune.reading import read_search
from fw.tune.setting import TuneSetting
from fw.tune.study import Study, error_of
from fw.tune.trials import Trials
from tiny_runs import RECIPE, write_recipe

TUNE = """
[tune]
trials = 4
startup_trials = 2
[tune.parameters]
"optimizer.learning_rate" = { low = 1e-4, high = 1e-2, log = true }
"encoder.hidden_size" = { low = 8, high = 32, step = 8 }
"encoder.num_blocks" = { choices = [1, 2] }
"""


@pytest.fixture
def search(tmp_path):
    return read_search(write_recipe(tmp_path, RECIPE + TUNE), discover())


@pytest.fixture
def setting(tmp_path):
    return TuneSetting(folder=tmp_path / "tunes" / "tiny", device="cpu")


def trials_of(search, setting):
    """Return what a process that is started now hands out."""
    study = Study.create(setting.folder, search)
    return Trials(search=search, setting=setting, study=study, tell=lambda number, error: None)


def drawn(search, folder, number):
    """Draw the trials up to a number in a folder, telling the same values of each."""
    study = Study.create(folder, search)
    for _ in range(number + 1 - len(study.trials)):
        trial = study.ask()
        search.job(trial)
        study.complete(trial.number, 1 / (1 + trial.params["optimizer.learning_rate"]))
    return [trial.params for trial in study.trials]


def test_what_is_drawn_lies_in_the_ranges(search, tmp_path):
    for params in drawn(search, tmp_path / "a", 12):
        assert 1e-4 <= params["optimizer.learning_rate"] <= 1e-2
        assert params["encoder.hidden_size"] in (8, 16, 24, 32)
        assert params["encoder.num_blocks"] in ("1", "2")


def test_the_same_seed_draws_the_same_trials_also_when_started_again_between_them(search, tmp_path):
    at_once = drawn(search, tmp_path / "a", 7)
    for number in range(8):
        one_by_one = drawn(search, tmp_path / "b", number)
    assert one_by_one == at_once
    assert len({str(params) for params in at_once}) == 8


def test_another_seed_draws_others(search, tmp_path):
    other = read_search(search.recipe.path, discover(), ["tune.seed=2"])
    assert drawn(search, tmp_path / "a", 1) != drawn(other, tmp_path / "b", 1)


def test_a_trial_that_goes_on_keeps_the_values_it_has(search, tmp_path):
    study = Study.create(tmp_path / "a", search)
    number = study.ask().number
    first = search.job(study.trial(number))
    assert search.job(Study.open(tmp_path / "a").trial(number)) == first


def test_two_processes_never_work_on_one_trial_and_one_that_is_left_behind_goes_on(search, setting):
    here, there = trials_of(search, setting), trials_of(search, setting)
    jobs, others = here.jobs(), there.jobs()
    first, second = next(jobs), next(others)
    assert (first.row, second.row) == ("trial 0", "trial 1")
    assert first.recipe == setting.recipe(first.name).read_text()
    there._locks.pop(1).release()  # what the system does where a process dies
    assert next(jobs) == second
    assert [next(jobs).row, next(others).row] == ["trial 2", "trial 3"]
    assert next(jobs, None) is None


def test_a_failed_trial_counts_and_keeps_its_reason(search, setting):
    trials = trials_of(search, setting)
    jobs = trials.jobs()
    trials.note(Ended(job=next(jobs), error="out of luck"))
    (trial,) = Study.open(setting.folder).trials
    assert (trial.state.name, error_of(trial)) == ("FAIL", "out of luck")
    assert len(list(jobs)) == 3


def test_trials_of_another_recipe_or_other_ranges_are_not_mixed_in(search, setting):
    Study.create(setting.folder, search)
    Study.create(setting.folder, search)
    path = search.recipe.path
    path.write_text(path.read_text().replace("high = 1e-2", "high = 1e-1"))
    other = read_search(path, discover(), ["training.batch_size=8"])
    with pytest.raises(RunError) as caught:
        Study.create(setting.folder, other)
    assert str(caught.value) == (
        f"the trials in {setting.folder} are of another recipe, or of other ranges:\n"
        "    training.batch_size: 16 -> 8\n"
        "    optimizer.learning_rate.high: 0.01 -> 0.1\n"
        "    remove them, or take another folder: --tunes FOLDER"
    )


def test_more_trials_may_be_asked_for_later(search, setting):
    assert len(list(trials_of(search, setting).jobs())) == 4
    more = read_search(search.recipe.path, discover(), ["tune.trials=6"])
    trials = trials_of(more, setting)
    assert trials.study.keys.trials == 6


def test_a_trial_that_ends_while_another_process_looks_for_one_is_not_taken(
    search, setting, monkeypatch
):
    here, there = trials_of(search, setting), trials_of(search, setting)
    job = next(there.jobs())
    before = here.study.running
    there.note(Ended(job=job, error="over"))
    looks, running = [before], Study.running.fget
    monkeypatch.setattr(
        Study, "running", property(lambda study: looks.pop() if looks else running(study))
    )
    assert next(here.jobs()).row == "trial 1"
    assert list(here._locks) == [1]
