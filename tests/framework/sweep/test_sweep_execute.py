"""Running a sweep: skipped, failed, stopped and started again, one at a time and side by side."""

import json
import multiprocessing
import os
import signal

import attrs
import pytest
from click.testing import CliRunner

from fw.cli import main
from fw.discovery import discover
from fw.engine import run as engine
from fw.errors import RunError
from fw.executing import Ended, Started
from fw.sweep import execute as executing
from fw.sweep.execute import execute
from fw.sweep.reading import read_sweep
from fw.sweep.unchanged import require_unchanged
from fw.sweep.worker import SweepSetting, work
from tiny_runs import RECIPE, write_recipe

SWEEP = """
[sweep]
seeds = [1]
[[sweep.rows]]
name = "plain"
set = { "training.epochs" = 1 }
[[sweep.rows]]
name = "wider"
set = { "training.epochs" = 1, "encoder.hidden_size" = 12 }
"""
# Reads as a recipe, and fails once the data is there: nobody has so many items.
FAILING = """
[[sweep.rows]]
name = "failing"
set = { "splitter.min_items" = 1000 }
"""


@pytest.fixture
def recipe(tmp_path):
    """A recipe with a sweep of two rows."""
    return write_recipe(tmp_path, RECIPE + SWEEP)


@pytest.fixture
def sweep(recipe):
    return read_sweep(recipe, discover())


@pytest.fixture
def setting(tmp_path):
    return SweepSetting(folder=tmp_path / "sweeps" / "tiny", device="cpu")


def fw(*arguments, code=0):
    result = CliRunner().invoke(main, [str(one) for one in arguments])
    assert result.exit_code == code, result.output
    return result


def fw_sweep(recipe, *more, code=0):
    return fw("sweep", recipe, "--device", "cpu", "--sweeps", recipe.parent / "s", *more, code=code)


def test_every_job_is_run_once_and_skipped_at_the_next_start(setting, sweep):
    plain, wider = sweep.jobs()
    assert list(execute(setting, [plain, wider])) == [
        Started(job=plain),
        Ended(job=plain),
        Started(job=wider),
        Ended(job=wider),
    ]
    assert (setting.folder / "wider-seed1" / "result.json").exists()
    assert "run folder" in setting.log("wider-seed1").read_text()
    again = list(execute(setting, [plain, wider]))
    assert again == [Ended(job=plain, skipped=True), Ended(job=wider, skipped=True)]


def test_a_failing_row_is_told_at_the_end_and_the_others_finish(recipe):
    recipe.write_text(recipe.read_text() + FAILING)
    result = fw_sweep(recipe, code=1)
    lines = [line.strip() for line in result.stderr.splitlines()]
    assert "3/3  failing, seed 1: failed" in lines
    assert "2/3  wider, seed 1: done" in lines
    told = result.stderr[result.stderr.index("1 of 3 runs failed:") :]
    assert told.startswith("1 of 3 runs failed:\nfailing, seed 1: nothing to evaluate")
    assert "'failing' has 0 of 1 runs." in result.stdout
    assert "wider" in (recipe.parent / "s" / "tiny" / "table.md").read_text()


def test_a_fault_that_fw_does_not_explain_is_a_failed_job_with_its_traceback_kept(
    setting, sweep, monkeypatch
):
    def fail(*arguments, **more):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(engine, "run_in", fail)
    (job, _) = sweep.jobs()
    (_, ended) = execute(setting, [job])
    log = setting.log(job.name)
    assert ended.error == f"ZeroDivisionError: by zero\n    its traceback is in {log}"
    assert "Traceback (most recent call last)" in log.read_text()


def test_case_B59_an_interrupted_sweep_goes_on_where_it_was(setting, sweep, monkeypatch):
    plain, wider = sweep.jobs()
    trained = []

    def interrupted(session):
        trained.append(1)
        if len(trained) == 2:
            raise KeyboardInterrupt
        return train(session)

    train = engine.train
    monkeypatch.setattr(engine, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(execute(setting, [plain, wider]))
    events = list(execute(setting, [plain, wider]))
    assert events == [Ended(job=plain, skipped=True), Started(job=wider), Ended(job=wider)]


def test_what_a_killed_run_left_before_it_trained_is_taken_over(setting, sweep):
    (job, _) = sweep.jobs()
    folder = setting.folder / job.name
    (folder / "state").mkdir(parents=True)
    (folder / "environment.json").write_text("{}")
    (folder / "data.json").write_text('{"fingerprints": "of other data"}')
    assert list(execute(setting, [job]))[-1] == Ended(job=job)


def test_epochs_of_a_run_that_was_killed_before_its_checkpoint_are_trained_again(setting, sweep):
    (job, _) = sweep.jobs()
    list(execute(setting, [job]))
    folder = setting.folder / job.name
    for left in (folder / "result.json", folder / "state" / "checkpoint.pt"):
        left.unlink()
    assert list(execute(setting, [job]))[-1] == Ended(job=job)
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1]


def test_a_folder_of_something_else_is_left_alone(setting, sweep):
    (job, _) = sweep.jobs()
    thesis = setting.folder / job.name / "thesis.txt"
    thesis.parent.mkdir(parents=True)
    thesis.write_text("years of work")
    ended = list(execute(setting, [job]))[-1]
    assert ended.error == f"there is already something at {thesis.parent}"
    assert thesis.read_text() == "years of work"


def test_runs_of_another_recipe_are_not_mixed_in(setting, sweep, recipe):
    list(execute(setting, sweep.jobs()))
    require_unchanged(setting, sweep.jobs())
    changed = read_sweep(recipe, discover(), ["training.batch_size=8"])
    with pytest.raises(RunError) as caught:
        require_unchanged(setting, changed.jobs())
    assert str(caught.value) == (
        "the recipe is not the one that these runs were made with:\n"
        f"    {setting.folder / 'plain-seed1'}: training.batch_size: 16 -> 8\n"
        f"    {setting.folder / 'wider-seed1'}: training.batch_size: 16 -> 8\n"
        "    remove them, or take another folder: --sweeps FOLDER"
    )


def test_changing_the_recipe_file_while_a_sweep_runs_changes_nothing(setting, sweep, recipe):
    events = execute(setting, sweep.jobs())
    next(events)
    recipe.write_text("this is no recipe any more")
    assert [event.error for event in events if isinstance(event, Ended)] == ["", ""]


def test_quick_uses_one_seed_and_a_folder_of_its_own(recipe):
    result = fw_sweep(recipe, "--quick", "--set", "sweep.seeds=[5,6]", "--set", "training.epochs=1")
    folder = recipe.parent / "s" / "tiny-quick"
    assert sorted(path.name for path in folder.glob("*-seed*")) == ["plain-seed5", "wider-seed5"]
    assert "Data: synthetic." in result.stdout
    written = sorted(path.name for path in folder.iterdir() if path.is_file())
    assert written == ["sweep.json", "table.csv", "table.md", "table.tex"]


def test_seeds_can_be_given_on_the_command_line(recipe):
    fw_sweep(recipe, "--seeds", "2,3")
    names = sorted(path.name for path in (recipe.parent / "s" / "tiny").glob("*-seed*"))
    assert names == ["plain-seed2", "plain-seed3", "wider-seed2", "wider-seed3"]


THIRD = """
[[sweep.rows]]
name = "narrow"
set = { "training.epochs" = 1, "encoder.hidden_size" = 4 }
"""


def test_rows_can_be_chosen_and_the_baseline_runs_along(tmp_path):
    recipe = write_recipe(tmp_path, RECIPE + SWEEP + THIRD)
    fw_sweep(recipe, "--row", "narrow")
    folder = tmp_path / "s" / "tiny"
    assert sorted(path.name for path in folder.glob("*-seed*")) == ["narrow-seed1", "plain-seed1"]
    assert "wider" not in (folder / "table.md").read_text()
    fw_sweep(recipe)
    assert "wider" in (folder / "table.md").read_text()


@pytest.mark.parametrize(
    ("name", "advice"),
    [("widr", "did you mean 'wider'?\nrows: plain, wider"), ("gru", "rows: plain, wider")],
)
def test_a_row_that_is_not_there_is_told_before_anything_runs(recipe, name, advice):
    result = fw_sweep(recipe, "--row", name, code=2)
    assert f"no row is named {name!r}\n{advice}" in result.stderr
    assert not (recipe.parent / "s").exists()


def test_check_reads_every_row_of_a_sweep(recipe):
    assert fw("check", recipe).stdout == (
        f"ok: {recipe}\n    sweep: 2 rows, seeds 1\n    baseline: plain\n"
        "    row: plain\n    row: wider\n"
    )


def test_jobs_take_gpus_in_turn_where_there_are_several(monkeypatch):
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert executing._devices("auto", 3) == ["cuda:0", "cuda:1", "cuda:0"]
    assert executing._devices("cpu", 2) == ["cpu", "cpu"]
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    assert executing._devices("auto", 2) == ["auto", "auto"]


def work_or_die(sender, setting, name, device, at_once):
    """Stand in for a worker that the system kills."""
    if name.startswith("plain"):
        os.kill(os.getpid(), signal.SIGKILL)
    work(sender, setting, name, device, at_once)


@pytest.mark.slow
def test_a_killed_process_is_a_failed_job_and_runs_side_by_side_are_marked(
    setting, sweep, recipe, monkeypatch
):
    third = attrs.evolve(sweep.jobs()[1], row="third", seed=2, name="third-seed2")
    jobs = [*sweep.jobs(), third]
    with monkeypatch.context() as patched:
        patched.setattr(executing, "work", work_or_die)
        ended = [one for one in execute(setting, jobs, 2) if isinstance(one, Ended)]
    errors = {one.job.name: one.error for one in ended}
    assert errors == {
        "plain-seed1": "its process was ended by SIGKILL: killed from outside, or out of memory",
        "wider-seed1": "",
        "third-seed2": "",
    }
    environment = json.loads((setting.folder / "wider-seed1" / "environment.json").read_text())
    assert environment["side_by_side"] is True
    assert list(execute(setting, jobs, 2))[-1] == Ended(job=jobs[0])  # the one left runs alone
    environment = json.loads((setting.folder / "plain-seed1" / "environment.json").read_text())
    assert environment["side_by_side"] is False


@pytest.mark.slow
def test_no_process_is_left_of_a_sweep_that_is_stopped(setting, recipe):
    long = read_sweep(recipe, discover(), ["training.epochs=100000", "training.patience=100000"])
    events = execute(setting, long.jobs(), 2)
    next(events), next(events)
    events.close()
    assert multiprocessing.active_children() == []
