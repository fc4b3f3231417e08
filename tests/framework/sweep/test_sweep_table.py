"""The table of a sweep, against numbers computed by hand."""

import json

import pandas as pd
import pytest

from fw.sweep.figures import Findings
from fw.sweep.outline import Outline, run_name
from fw.sweep.table import SweepTable
from made_runs import hits, make_run

MONITOR = "valid/full/ndcg@10"


@pytest.fixture
def table(tmp_path):
    """A function from runs, (row, seed, hits of 400 cases, more), to their table."""

    def table(*runs, seeds=(1,), rows=("base", "other"), baseline="base"):
        for row, seed, number, *more in runs:
            values = {"full/hr@10": hits(number, 400), "full/ndcg@10": hits(number, 400) / 2}
            kept = (dict(more[0]) if more else {}) | {"changes": {"row": row}}
            seconds = kept.pop("seconds", 2.0)
            path = make_run(tmp_path / run_name(row, seed), values, seed=seed, **kept)
            result = json.loads((path / "result.json").read_text())
            result["metrics"][MONITOR] = {"value": number / 1000}
            result |= {"monitor": MONITOR, "timing": {"seconds_per_epoch": seconds}}
            (path / "result.json").write_text(json.dumps(result))
        sweep = Outline(name="made up", rows=rows, seeds=seeds, baseline=baseline)
        return SweepTable(Findings.gather(tmp_path, sweep))

    return table


def record(table, row, metric="hr@10"):
    frame = table.frame
    return frame[(frame["row"] == row) & (frame["metric"] == metric)].iloc[0]


def test_means_and_spreads_over_seeds(table):
    made = table(
        ("base", 1, 100), ("base", 2, 120), ("other", 1, 200), ("other", 2, 200), seeds=(1, 2)
    )
    base = record(made, "base")
    # 0.25 and 0.30: mean 0.275, standard deviation 0.05 / sqrt(2).
    assert base["mean"] == pytest.approx(0.275)
    assert base["sd"] == pytest.approx(0.0353553, abs=1e-6)
    assert base["validation"] == pytest.approx(0.11)
    assert record(made, "other")["difference"] == pytest.approx(0.225)
    assert record(made, "other")["covers"] == "users and seeds"
    cells = made.by_protocol()["full"]
    assert list(cells.columns) == [
        "row",
        "seeds",
        "valid ndcg@10",
        "test hr@10",
        "difference hr@10",
        "test ndcg@10",
        "difference ndcg@10",
        "s/epoch",
    ]
    assert list(cells.iloc[0])[:5] == [
        "base (baseline)",
        "2",
        "0.1100 ± 0.0141",
        "0.2750 ± 0.0354",
        "-",
    ]


def test_case_B06_one_seed_of_a_small_difference_is_inside_the_noise(table):
    made = table(("base", 1, 100), ("other", 1, 102))
    other = record(made, "other")
    # 2 of 400 cases differ, both one way: p = 2 / 2^2 in McNemar's exact test.
    assert other["difference"] == pytest.approx(0.005)
    assert other["p_adjusted"] == pytest.approx(0.5)
    assert (other["covers"], other["verdict"], other["inside_noise"]) == (
        "users",
        "undecided",
        True,
    )
    assert made.by_protocol()["full"]["difference hr@10"][1].endswith("] ≈")
    assert any("the choice of users only" in note for note in made.notes())


def test_one_seed_of_a_large_difference_is_not_settled_either(table):
    made = table(("base", 1, 100), ("other", 1, 200))
    other = record(made, "other")
    assert (other["verdict"], other["inside_noise"]) == ("undecided", False)
    assert made.by_protocol()["full"]["difference hr@10"][1].endswith("] ?")


def test_seeds_that_agree_settle_a_large_difference(table):
    runs = [
        (row, seed, number) for row, number in (("base", 100), ("other", 200)) for seed in (1, 2)
    ]
    made = table(*runs, seeds=(1, 2))
    assert record(made, "other")["verdict"] == "different"
    assert made.by_protocol()["full"]["difference hr@10"][1].endswith("]")


def test_seconds_are_those_of_runs_that_had_the_machine_to_themselves(table):
    beside = {"side_by_side": True, "seconds": 9.0}
    made = table(
        ("base", 1, 100),
        ("base", 2, 100, beside),
        ("other", 1, 100, beside),
        ("other", 2, 100, beside),
        seeds=(1, 2),
    )
    assert list(made.by_protocol()["full"]["s/epoch"]) == ["2.00", "9.00 ∥"]
    assert any(note.startswith("∥: ran side by side") for note in made.notes())


def test_what_is_not_trained_has_no_seconds(table):
    untrained = {"side_by_side": True, "seconds": None}
    made = table(("base", 1, 100, untrained), ("other", 1, 100))
    assert list(made.by_protocol()["full"]["s/epoch"]) == ["-", "2.00"]
    assert not any("∥" in note for note in made.notes())


def test_rows_on_other_data_have_no_difference(table):
    made = table(("base", 1, 100), ("other", 1, 200, {"data": "e"}))
    assert pd.isna(record(made, "other")["difference"])
    assert "'other' was run on other data than the baseline: no difference." in made.notes()


def test_without_the_baseline_there_are_values_and_no_differences(table):
    made = table(("other", 1, 200))
    assert record(made, "other")["mean"] == 0.5
    assert made.notes()[-2:] == [
        "The baseline 'base' has no result: nothing to compare with.",
        "'base' has 0 of 1 runs.",
    ]


def test_the_best_is_that_of_validation_and_said_to_be_the_best_of_so_many(table):
    made = table(("base", 1, 100), ("other", 1, 200))
    assert made.notes()[-1] == (
        "Best of 2 rows by validation: 'other', test ndcg@10 0.2500. The best of 2 is so in part "
        "by luck: confirm it with further seeds, and do not choose by test."
    )


def test_the_files_say_the_same_and_survive_special_characters_in_names(table, tmp_path):
    name = "[a|b] 50%"
    made = table(("base", 1, 100), (name, 1, 200), rows=("base", name))
    markdown, csv, latex = (path.read_text() for path in made.write(tmp_path))
    assert "| [a\\|b] 50% " in markdown
    assert "\n{[}a|b] 50\\% & 1 &" in latex
    assert r"$\approx$" not in latex.split("% full")[1]
    again = pd.read_csv(tmp_path / "table.csv")
    assert list(again["row"]) == ["base", name, "base", name]
    assert again["mean"].tolist() == pytest.approx([0.25, 0.5, 0.125, 0.25])
    assert len(csv.splitlines()) == 5
