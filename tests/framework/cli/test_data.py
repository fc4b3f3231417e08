"""``fw data info`` and ``fw data compare``."""

import json
import re

import pytest
from click.testing import CliRunner

from fw.cli import main

ROWS = "user,item,time\nA,x,1\nA,y,2\nA,x,3\nA,z,4\nB,y,1\nB,x,1\n"


@pytest.fixture
def data_plugins(only_fakes, install):
    """Real data sets and the real splitter among fake components."""
    points = {
        "dataset-interactions": "fw_plugins.datasets.interactions",
        "dataset-synthetic": "fw_plugins.datasets.synthetic",
        "splitter-leave_one_out": "fw_plugins.splitters.leave_one_out",
    }
    install("fw-data", "1.0", {}, points)


@pytest.fixture
def recipe(data_plugins, recipe_text, write):
    """A function that writes a recipe about a file of interactions."""

    def recipe(rows=ROWS, name="r.toml", more=""):
        data = write(rows, name.replace(".toml", ".csv"))
        dataset = f'name = "interactions"\npath = "{data.name}"\n{more}'
        text = recipe_text.replace('name = "made_up"', dataset)
        return write(text.replace("last_out", "leave_one_out"), name)

    return recipe


def fw(*arguments, code=0):
    result = CliRunner().invoke(main, [str(one) for one in arguments])
    assert result.exit_code == code, result.output
    return result


def test_info_describes_the_data_as_json(recipe):
    found = json.loads(fw("data", "info", recipe(), "--json").stdout)
    counts = {key: found[key] for key in ("name", "users", "items", "interactions")}
    assert counts == {"name": "interactions", "users": 2, "items": 3, "interactions": 6}
    assert found["ties"] == {"rows": 2, "users_with_last_two_tied": 1}
    assert found["repeats"] == {"rows": 1, "users": 1}
    assert found["split"]["evaluable_users"] == 1
    assert found["split"]["cold_test_targets"] == 1
    assert sorted(found["fingerprints"]) == ["cleaned", "files", "split"]


def test_info_shows_every_value_as_a_row(recipe):
    lines = fw("data", "info", recipe()).stdout.splitlines()
    rows = dict(re.split(r"\s{2,}", line.strip()) for line in lines if "  " in line.strip())
    assert rows["users"] == "2"
    assert rows["fallback"] == "none"
    assert (
        rows["user lengths"] == "mean 3, min 2, 5% 2.1, 25% 2.5, median 3, 75% 3.5, 95% 3.9, max 4"
    )
    assert rows["ties: users with last two tied"] == "1"
    assert rows["cleaning: duplicates: rule"] == "drop"
    assert rows["split: evaluable users"] == "1"
    assert len(rows["fingerprints: files: r.csv"]) == 64


def test_info_takes_changes_and_the_data_folder(recipe, tmp_path):
    path = recipe()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "r.csv").rename(tmp_path / "elsewhere" / "r.csv")
    changes = ("--set", "dataset.min_item_count=2", "--data", tmp_path / "elsewhere")
    assert json.loads(fw("data", "info", path, "--json", *changes).stdout)["items"] == 2


def test_info_needs_no_case_to_evaluate(recipe):
    found = json.loads(fw("data", "info", recipe("user,item\nA,x\n"), "--json").stdout)
    assert found["split"]["evaluable_users"] == 0


def test_a_fallback_is_said_on_standard_error_and_recorded(recipe, tmp_path):
    fallback = 'name = "synthetic"\nnum_users = 20\nnum_items = 40\nmean_length = 8.0\n'
    more = f"[dataset.fallback]\n{fallback}"
    path = recipe(more=more)
    (tmp_path / "r.csv").unlink()
    result = fw("data", "info", path, "--json")
    found = json.loads(result.stdout)
    assert (found["name"], found["users"]) == ("synthetic", 20)
    assert found["fallback"]["instead_of"] == "interactions"
    assert found["fallback"]["reason"].startswith("no such file: ")
    assert "warning: FALLBACK DATA\n" in result.stderr


def test_case_B56_missing_data_is_said_without_a_traceback(recipe, tmp_path, monkeypatch):
    monkeypatch.delenv("FW_DATA_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    path = recipe()
    (tmp_path / "r.csv").unlink()
    assert fw("data", "info", path, code=2).stderr == (
        f"no such file: {tmp_path / 'r.csv'}\n"
        "    a relative path is looked for beside the recipe, in the current folder, "
        "and in the data folder (--data or FW_DATA_DIR)\n"
    )


def test_compare_takes_recipes_and_data_files(recipe, write):
    renamed = write("user,item,time\n1,7,1\n1,8,2\n1,7,3\n1,9,4\n2,8,1\n2,7,1\n", "renamed.csv")
    path = recipe()
    assert fw("data", "compare", path, path.with_suffix(".csv")).stdout == (
        "equal: the same users, items and order\n"
    )
    assert fw("data", "compare", path, renamed).stdout == (
        "equal up to renaming: users or items are called otherwise\n"
    )


def test_compare_ends_with_1_where_data_differs_and_says_where(write):
    one, other = write(ROWS, "one.csv"), write(ROWS.replace("A,y,2", "A,z,2"), "other.csv")
    assert fw("data", "compare", one, other, code=1).stdout == (
        "different: user 'A', position 1 (from 0): item 'y', in the second item 'z'\n"
    )
    found = json.loads(fw("data", "compare", one, other, "--json", code=1).stdout)
    assert (found["verdict"], found["user"], found["position"]) == ("different", "A", 1)


def test_compare_names_what_it_cannot_find(data_plugins, tmp_path, monkeypatch, write):
    monkeypatch.chdir(tmp_path)
    one = write(ROWS, "one.csv")
    assert fw("data", "compare", one, "gone.csv", code=2).stderr.startswith("no such file: ")
    assert "gone" in fw("data", "compare", one, "gone", code=2).stderr


def test_check_says_what_can_go_wrong(recipe):
    shown = fw("data", "check", recipe()).stdout
    assert shown.startswith("data interactions\n")
    assert "- 2 of 6 interactions have the same time as another of their user" in shown
    found = json.loads(fw("data", "check", recipe(), "--json").stdout)
    names = [finding["name"] for finding in found["findings"]]
    assert names[0] == "tied_times"
    assert names[-1] == "popularity"


def test_prepare_says_where_and_what_and_finds_it_again(recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("FW_CACHE_DIR", str(tmp_path / "cache"))
    path = recipe()
    first = json.loads(fw("data", "prepare", path, "--json").stdout)
    (kept,) = (tmp_path / "cache" / "prepared").iterdir()
    described = json.loads(fw("data", "info", path, "--json").stdout)
    assert first == {
        "name": "interactions",
        "instead_of": None,
        "path": str(kept),
        "was_there": False,
        "users": 2,
        "items": 3,
        "interactions": 6,
        "fingerprints": {key: described["fingerprints"][key] for key in ("files", "cleaned")},
    }
    again = json.loads(fw("data", "prepare", path, "--json").stdout)
    assert again == first | {"was_there": True}
    lines = fw("data", "prepare", path).stdout.splitlines()
    assert lines == [
        "data interactions: 2 users, 3 items, 6 interactions",
        f"fingerprint {first['fingerprints']['cleaned']} of cleaned data",
        f"fingerprint {first['fingerprints']['files']['r.csv']} of r.csv",
        f"was there already: {kept}",
    ]


def test_prepare_says_when_there_is_nothing_to_keep(data_plugins, recipe_text, write):
    dataset = 'name = "synthetic"\nnum_users = 20\nnum_items = 40\nmean_length = 6.0'
    text = recipe_text.replace('name = "made_up"', dataset).replace("last_out", "leave_one_out")
    shown = fw("data", "prepare", write(text), code=1).stdout
    assert shown.splitlines()[-1] == "not kept: every run makes it anew"


@pytest.fixture
def prepared(recipe, tmp_path, monkeypatch):
    """The name of the one entry in a cache of its own."""
    monkeypatch.setenv("FW_CACHE_DIR", str(tmp_path / "cache"))
    fw("data", "prepare", recipe())
    (entry,) = json.loads(fw("data", "kept", "--json").stdout)
    return entry["name"]


def test_kept_lists_what_prepare_kept(prepared, tmp_path):
    text = fw("data", "kept").stdout
    assert prepared in text
    assert "r.csv" in text
    assert text.splitlines()[-1].startswith("1 in all, 0.0 MB, in ")


@pytest.mark.parametrize("how", ["--remove", "--clear"])
def test_kept_removes_what_it_is_told_to(prepared, how):
    arguments = [how, prepared] if how == "--remove" else [how]
    assert "removed from" in fw("data", "kept", *arguments).stdout
    assert json.loads(fw("data", "kept", "--json").stdout) == []


def test_kept_refuses_a_name_that_is_not_there(prepared):
    result = fw("data", "kept", "--remove", "other.zip", code=2)
    assert "other.zip" in result.stderr
    assert prepared in result.stderr
