"""In what tables and runs differ."""

import json

from click.testing import CliRunner

from fw.cli import main
from fw.comparison.diff import diff
from fw.comparison.differences import MISSING, Difference, differences
from made_runs import hits, make_run


def test_tables_and_lists_of_tables_are_compared_key_by_key():
    left = {"seed": 1, "losses": [{"name": "bce"}, {"name": "nce", "weight": 0.1}], "k": [1, 2]}
    right = {"seed": 1, "losses": [{"name": "ce", "scale": 2}], "k": [1, 3]}
    assert list(differences(left, right)) == [
        Difference("losses.0.name", "bce", "ce"),
        Difference("losses.0.scale", MISSING, 2),
        Difference("losses.1", {"name": "nce", "weight": 0.1}, MISSING),
        Difference("k", [1, 2], [1, 3]),
    ]


def test_two_runs_differ_in_recipe_plugins_data_and_environment(tmp_path):
    first = make_run(tmp_path / "a", {"full/hr@10": hits(1, 4)}, threads=2, started="today")
    second = make_run(
        tmp_path / "b",
        {"full/hr@10": hits(1, 4)},
        changes={"max_len": 5},
        data="e",
        fw="0.2.0",
        threads=4,
        started="tomorrow",
    )
    found = {name: list(map(str, part)) for name, part in diff(first, second).items()}
    assert found == {
        "recipe": ["max_len: (not set) -> 5"],
        "plugins": ["fw: 0.1.0 -> 0.2.0"],
        "data": ["data: data d -> data e", f"fingerprints.cleaned: {'d':0<64} -> {'e':0<64}"],
        "environment": ["threads: 2 -> 4"],
    }


def test_an_unfinished_run_can_be_looked_at(tmp_path):
    paths = [
        make_run(tmp_path / name, {"full/hr@10": hits(1, 4)}, seed=seed)
        for name, seed in (("a", 1), ("b", 2))
    ]
    (paths[1] / "result.json").unlink()
    assert [str(one) for one in diff(*paths)["recipe"]] == ["seed: 1 -> 2"]


def test_the_command_shows_and_prints_json(tmp_path):
    first = make_run(tmp_path / "a", {"full/hr@10": hits(1, 4)})
    second = make_run(tmp_path / "b", {"full/hr@10": hits(1, 4)}, seed=7)
    runner = CliRunner()
    shown = runner.invoke(main, ["diff", str(first), str(second)])
    assert (shown.exit_code, "data: the same" in shown.stdout) == (0, True)
    found = json.loads(runner.invoke(main, ["diff", str(first), str(second), "--json"]).stdout)
    assert found == {"recipe": {"seed": [1, 7]}, "plugins": {}, "data": {}, "environment": {}}
