"""What has been run."""

import json

from click.testing import CliRunner

from fw.cli.runs import command
from fw.engine.folders.folder import RunFolder
from fw.engine.folders.listing import list_runs


def make_run(path, started, *, result=None, epochs=2):
    path.mkdir(parents=True)
    (path / "recipe.toml").write_text("seed = 1\n")
    folder = RunFolder(path, data="synthetic")
    folder.write_json("environment.json", {"started": started})
    for epoch in range(1, epochs + 1):
        folder.append_line({"epoch": epoch})
    if result is not None:
        folder.write_json("result.json", result)
    return folder


RESULT = {
    "monitor": "valid/full-seen-out/ndcg@10",
    "best_epoch": 1,
    "metrics": {"test/full-seen-out/ndcg@10": {"value": 0.25, "standard_error": 0.01}},
}


def test_runs_are_listed_newest_first_with_their_state(tmp_path):
    make_run(tmp_path / "old", "2026-01-01T00:00:00", result=RESULT)
    make_run(tmp_path / "new", "2026-02-01T00:00:00")
    running = make_run(tmp_path / "newest", "2026-03-01T00:00:00")
    (tmp_path / "not a run").mkdir()
    with running.owned():
        found = list_runs(tmp_path)
    assert [(run.name, run.state) for run in found] == [
        ("newest", "running"),
        ("new", "stopped"),
        ("old", "finished"),
    ]
    assert (found[2].metric, found[2].value) == ("test/full-seen-out/ndcg@10", 0.25)
    assert (found[2].data, found[2].epochs, found[2].best_epoch) == ("synthetic", 2, 1)


def test_a_damaged_run_does_not_hide_the_others(tmp_path):
    make_run(tmp_path / "good", "2026-01-01T00:00:00", result=RESULT)
    make_run(tmp_path / "bad", "2026-01-02T00:00:00")
    (tmp_path / "bad" / "environment.json").write_text("{")
    states = {run.name: run.state for run in list_runs(tmp_path)}
    assert states == {"good": "finished", "bad": "damaged"}


def test_a_line_cut_short_by_a_crash_is_not_counted(tmp_path):
    folder = make_run(tmp_path / "run", "2026-01-01T00:00:00")
    with (folder.path / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 3, "lo')
    assert [run.epochs for run in list_runs(tmp_path)] == [2]


def test_the_command_prints_json_and_says_where_it_looked(tmp_path):
    empty = CliRunner().invoke(command, ["--runs", str(tmp_path)])
    assert empty.output == f"no runs in {tmp_path}\n"
    make_run(tmp_path / "run", "2026-01-01T00:00:00", result=RESULT)
    found = CliRunner().invoke(command, ["--runs", str(tmp_path), "--json"])
    assert json.loads(found.output)[0]["value"] == 0.25
    shown = CliRunner().invoke(command, ["--runs", str(tmp_path)])
    assert "0.2500 ± 0.0100" in shown.output


def test_a_value_without_a_standard_error_is_listed_without_one(tmp_path):
    metrics = {"test/full-seen-out/ndcg@10": {"value": 0.25, "standard_error": None}}
    make_run(tmp_path / "run", "2026-01-01T00:00:00", result={**RESULT, "metrics": metrics})
    shown = CliRunner().invoke(command, ["--runs", str(tmp_path)])
    assert "0.2500" in shown.output
    assert "±" not in shown.output
