"""The small pieces of a page."""

import itertools
import json
import math
import shutil

import pytest

from fw.report.axes import axis
from fw.report.epochs import _summary, _table, _thinned
from fw.report.numbers import duration, plain
from fw.report.parts import Figure, Series, Table
from fw.report.plots import _wrapped, height, plot_json
from fw.report.runs import open_rows


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "-"),
        (0.01234, "0.0123 s"),
        (12.34, "12.3 s"),
        (100, "1 min 40 s"),
        (3599.7, "1 h 00 min"),
        (7265, "2 h 01 min"),
    ],
)
def test_times_have_units_that_suit_them(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "-"),
        (math.nan, "-"),
        (0, "0.0000"),
        (0.12345, "0.1235"),
        (-1.5, "-1.5000"),
        (1.23456e-7, "1.235e-07"),
        (12345.6, "1.235e+04"),
        (43.21, "43.21"),
    ],
)
def test_numbers_keep_four_digits_whatever_their_size(value, said):
    assert plain(value) == said


@pytest.mark.parametrize(
    ("metric", "title"),
    [
        ("valid/full-seen-out/ndcg@10", "ndcg@10 (0 to 1)"),
        ("full/auc", "auc (0 to 1)"),
        ("test/full-seen-out/popularity@5", "popularity@5 (training interactions)"),
        ("novelty@10", "novelty@10 (bits)"),
        ("test/own/surprise", "surprise"),
    ],
)
def test_the_axis_of_a_metric_has_its_unit_where_that_is_known(metric, title):
    assert axis(metric) == title


def series(name, points, row=0):
    return Series(row=row, name=name, x=list(points), y=list(points.values()))


def test_of_many_epochs_evenly_spaced_ones_are_told():
    assert _thinned(range(1, 8)) == [1, 2, 3, 4, 5, 6, 7]
    kept = _thinned(range(1, 201))
    assert (len(kept), kept[0], kept[-1]) == (25, 1, 200)
    assert {after - before for before, after in itertools.pairwise(kept)} == {8, 9}


def test_a_value_that_is_no_number_leaves_a_gap():
    table = _table("loss", [series("a", {1: 0.5, 2: None}), series("b", {2: 0.25})])
    assert table.headings == ("epoch", "a", "b")
    assert table.lines == [("1", "0.5000", "-"), ("2", "-", "0.2500")]


def test_of_many_curves_the_ends_are_told():
    many = [series(f"row {n}", {1: 3.0, 2: 1.0, 3: 2.0}) for n in range(13)]
    table = _table("loss", many)
    assert table.headings == ("run", "first", "last", "lowest", "highest")
    assert table.lines[0] == ("row 0", "3.0000", "2.0000", "1.0000", "3.0000")
    assert len(table.lines) == 13
    assert _summary("loss", many).endswith(
        "row 5: 3.0000 in epoch 1, 2.0000 in epoch 3; and 7 more."
    )


def figure(kind, *found):
    table = Table(caption="t", headings=("x",), lines=[])
    return Figure(
        kind=kind,
        title="t",
        about="a",
        x_title="x",
        y_title="y",
        series=found,
        table=table,
        summary="s",
    )


def test_a_figure_ends_no_script_and_names_are_no_tags():
    text = plot_json(figure("lines", series("</script><b>x %{y}", {1: 1.0})))
    assert "<" not in text
    (trace,) = json.loads(text)["data"]
    assert trace["name"] == "&lt;/script&gt;&lt;b&gt;x %&#123;y}"


def test_bars_and_intervals_are_as_high_as_their_rows_need():
    low, high = (
        [Series(row=n, name=f"{n}", x=[1.0], y=[f"row {n}"]) for n in range(size)]
        for size in (1, 26)
    )
    assert height(figure("intervals", *high)) - height(figure("intervals", *low)) == 25 * 34
    assert height(figure("lines", series("a", {1: 1.0}))) == 300


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("short", ["short"]),
        ("cl_crop_mean-20261125-150337", ["cl_crop_mean-", "20261125-150337"]),
        ("Reproduction (paper LayerNorm)", ["Reproduction", "(paper LayerNorm)"]),
    ],
)
def test_long_names_are_broken_between_words(name, lines):
    assert _wrapped(name).split("<br>") == lines


def test_runs_that_differ_only_in_seed_are_one_row_and_the_first_is_number_0(run_folders):
    order = [("contrast", 1), ("plain", 2), ("contrast", 2), ("plain", 1)]
    rows = open_rows([run_folders[one] for one in order])
    assert [row.number for row in rows] == [0, 1]
    assert [[run.begun.seed for run in row.runs] for row in rows] == [[1, 2], [2, 1]]
    assert rows[0].name == run_folders["contrast", 1].name


def test_runs_whose_folders_share_a_name_are_told_apart_by_their_paths(run_folders, tmp_path):
    paths = [
        shutil.copytree(run_folders[kind, 1], tmp_path / kind / "run")
        for kind in ("plain", "contrast")
    ]
    assert [row.name for row in open_rows(paths)] == [str(path) for path in paths]
