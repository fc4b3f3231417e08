"""What a report refuses, and what it shows of runs that came to no end."""

import json
import shutil

import pytest

from made_runs import hits, make_run

STATES = "Every run: its state, and the epoch that validation selected"


@pytest.fixture
def stopped(run_folders, tmp_path):
    """A copy of a run that was stopped after its first epoch."""
    folder = shutil.copytree(run_folders["contrast", 1], tmp_path / "stopped")
    (folder / "result.json").unlink()
    first, *_ = (folder / "metrics.jsonl").read_text().splitlines(keepends=True)
    (folder / "metrics.jsonl").write_text(first + '{"epoch": 2, "lo')
    return folder


def test_an_unfinished_run_is_shown_as_far_as_it_is(run_folders, stopped, report, tmp_path):
    plain = run_folders["plain", 1]
    page = report(plain, stopped, output=tmp_path / "r.html")
    assert (
        "stopped is not finished: stopped after 1 of 2 epochs; it has no test results."
        in page.notes
    )
    assert page.column(STATES, "state") == {plain.name: "finished", "stopped": "stopped"}
    assert [len(points) for _, points in page.curves("loss bce")] == [2, 1]
    table = page.tables["full-seen-out: mean ± standard error over users"]
    assert [line[0] for line in table[1:]] == [
        plain.name,
        "(chance)",
        "(popularity)",
        "(last_item)",
    ]


def test_without_a_finished_run_there_are_no_results_yet(stopped, report, tmp_path):
    page = report(stopped, output=tmp_path / "r.html")
    assert page.notes.count("No run is finished: there are no results yet.") == 2
    assert "loss nt_xent" in page.figures


def test_a_run_without_an_epoch_has_a_page_too(stopped, report, tmp_path):
    (stopped / "metrics.jsonl").unlink()
    page = report(stopped, output=tmp_path / "r.html")
    assert page.figures == {}
    assert page.notes.count("No run has finished an epoch yet.") == 2


def test_a_folder_that_is_no_run_is_named_and_the_page_before_is_left_alone(report, tmp_path):
    output = tmp_path / "r.html"
    output.write_text("the report before")
    result = report(tmp_path, output=output, code=2)
    assert result.stderr == f"not a run folder (it has no recipe.toml): {tmp_path}\n"
    assert output.read_text() == "the report before"


def test_a_damaged_run_is_named(stopped, report, tmp_path):
    (stopped / "data.json").write_text("{")
    result = report(stopped, output=tmp_path / "r.html", code=2)
    assert result.stderr.startswith(f"cannot read {stopped / 'data.json'}: ")
    assert not (tmp_path / "r.html").exists()


def test_a_page_that_cannot_be_written_is_named(run_folders, report, tmp_path):
    output = tmp_path / "nowhere" / "r.html"
    result = report(run_folders["plain", 1], output=output, code=2)
    assert result.stderr == f"cannot write {output}: No such file or directory\n"


def other_data(folder, path):
    """Copy a run and say that it was about other data."""
    copy = shutil.copytree(folder, path)
    data = json.loads((copy / "data.json").read_text())
    data["fingerprints"]["cleaned"] = f"{'f' * 64}"
    (copy / "data.json").write_text(json.dumps(data))
    return copy


def test_runs_of_other_data_are_refused_like_by_fw_compare(run_folders, report, tmp_path):
    plain = run_folders["plain", 1]
    other = other_data(run_folders["contrast", 1], tmp_path / "other")
    cleaned = json.loads((plain / "data.json").read_text())["fingerprints"]["cleaned"]
    result = report(plain, other, output=tmp_path / "r.html", code=2)
    data = "interactions (30 users, 24 items, fingerprint"
    assert result.stderr == (
        "these runs cannot be compared\n"
        f"    data: {plain.name} has {data} {cleaned[:8]}); other has {data} ffffffff)\n"
        "    --force shows them side by side all the same, without a verdict\n"
    )


def test_forced_runs_of_other_data_are_marked_and_get_no_verdict(run_folders, report, tmp_path):
    plain = run_folders["plain", 1]
    other = other_data(run_folders["contrast", 1], tmp_path / "other")
    page = report(plain, other, "--force", output=tmp_path / "r.html")
    assert any(note.startswith("NOT COMPARABLE: data: ") for note in page.notes)
    said = page.column(
        "full-seen-out: mean ± standard error over users", "difference in test ndcg@10"
    )
    assert said["other"].endswith(" ? (users)")
    assert f"Data interactions of {plain.name}" in page.tables
    assert "Data interactions of other" in page.tables


def test_a_sweep_stands_alone(sweep_folder, run_folders, report, tmp_path):
    words = [run_folders["plain", 1], sweep_folder]
    result = report(*words, output=tmp_path / "r.html", code=2)
    assert result.stderr == f"{sweep_folder} is a sweep: it needs a report of its own\n"


def test_a_sweep_that_has_not_begun_is_named(sweep_folder, report, tmp_path):
    (tmp_path / "new").mkdir()
    shutil.copy(sweep_folder / "sweep.json", tmp_path / "new")
    result = report(tmp_path / "new", output=tmp_path / "r.html", code=2)
    assert result.stderr == f"no run of the sweep has begun: {tmp_path / 'new'}\n"


@pytest.mark.parametrize(
    ("better", "spread", "mark"), [(200, "0", "different"), (102, "0.01", "≈"), (200, None, "?")]
)
def test_marks_are_the_verdicts_of_fw_compare(report, tmp_path, better, spread, mark):
    made = [
        make_run(tmp_path / name, {"full/hr@10": hits(number, 400)}, changes=changes, device="cpu")
        for name, number, changes in (("base", 100, {}), ("other", better, {"max_len": 7}))
    ]
    for path in made:
        complete(path)
    words = made if spread is None else [*made, "--seed-spread", spread]
    page = report(*words, output=tmp_path / "r.html")
    said = page.column("full: mean ± standard error over users", "difference in test hr@10")
    assert said["other"].removesuffix(" (users)").endswith(f"] {mark}")
    assert said["other"].startswith(f"{(better - 100) / 400:+.4f} [")


def complete(path):
    """Add to a made-up run what a report reads beyond a comparison."""
    with (path / "recipe.toml").open("a") as file:
        file.write('\n[training]\nepochs = 1\nmonitor = "valid/full/hr@10"\n')
    line = {"epoch": 1, "losses": {}, "metrics": {}, "diagnostics": {}, "seconds": 1.0, "users": 9}
    (path / "metrics.jsonl").write_text(json.dumps(line) + "\n")
    result = json.loads((path / "result.json").read_text())
    timing = {"seconds_training": 1.0, "seconds_evaluating": 1.0}
    (path / "result.json").write_text(json.dumps({**result, "test_looks": 1, "timing": timing}))
