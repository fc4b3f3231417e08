"""Cells turned into ids, times and numbers, exactly."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fw.data.columns import Column
from fw.errors import DataError


class FakeTable:
    path = Path("w.csv")

    def place(self, rows):
        return f"line {rows[0] + 2}"


def column(cells, name="time", kind=None):
    array = pa.chunked_array([pa.array(cells, kind)])
    return Column(FakeTable(), name, array, np.arange(len(cells)))


def refused(made, method):
    with pytest.raises(DataError) as raised:
        getattr(made, method)()
    return str(raised.value)


@settings(max_examples=50)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_integers_are_taken_exactly_as_they_are(values):
    assert column([str(value) for value in values]).times().tolist() == values


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["881250949.0", "881250950", " 881250951"], [881250949, 881250950, 881250951]),
        (["8.8125095e+08", "881250949.5"], [881250950_000, 881250949_500]),
        (["0.1", "0.25", "-0.5"], [100, 250, -500]),
        (["1.000001"], [1_000_001]),
        (["1700000000.123456789"], [1_700_000_000_123_456_789]),
        (["1970-01-02", "1970-01-01"], [86_400 * 10**9, 0]),
        (["1970-01-01T00:00:01", "1970-01-01 00:00:00.000000001"], [10**9, 1]),
        (["1970-01-01T02:00:00+02:00", "1970-01-01T00:00:01Z"], [0, 10**9]),
    ],
)
def test_decimal_numbers_and_iso_dates_are_read_exactly(cells, expected):
    assert column(cells).times().tolist() == expected


def test_typed_columns_are_read_as_what_they_are():
    dates = pa.array([1, 0], pa.date32())
    assert column(dates).times().tolist() == [86_400 * 10**9, 0]
    assert column(pa.array([5, 6], pa.timestamp("s"))).times().tolist() == [5, 6]
    assert column([881250949.0, 881250950.5]).times().tolist() == [881250949_000, 881250950_500]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            ["yesterday", "1"],
            "w.csv, line 2: time 'yesterday' is neither a 64-bit integer, nor a decimal number, "
            "nor an ISO date such as 2001-12-31 or 2001-12-31T23:59:59",
        ),
        (
            ["1", "2", "3.5", "later", "soon"],
            "w.csv, line 5: time 'later' is no time of the form of the rows before it, "
            "or out of range",
        ),
        (
            ["2001-12-31", "1009843199"],
            "w.csv, line 3: time '1009843199' is no time of the form of the rows before it, "
            "or out of range",
        ),
        (
            ["1", "99999999999999999999"],
            "w.csv, line 3: time '99999999999999999999' is no time of the form of the rows "
            "before it, or out of range",
        ),
        (
            ["1", "nan"],
            "w.csv, line 3: time 'nan' is no time of the form of the rows before it, "
            "or out of range",
        ),
    ],
)
def test_a_time_that_cannot_be_read_is_named_with_its_line(cells, message):
    assert refused(column(cells), "times") == message


@settings(max_examples=30)
@given(st.integers(0, 40), st.integers(1, 40))
def test_the_first_of_several_unreadable_times_is_named(place, more):
    cells = ["1"] * place + ["x"] + ["1", "y"] * more
    assert f"line {place + 2}: time 'x'" in refused(column(cells), "times")


def test_numbers_are_read_and_others_named_with_their_line():
    assert column(["1", " 2.5"], "rating").numbers().tolist() == [1.0, 2.5]
    message = refused(column(["1", "good"], "rating"), "numbers")
    assert message == "w.csv, line 3: rating 'good' is not a number"
    message = refused(column(["1", "inf"], "rating"), "numbers")
    assert message == "w.csv, line 3: rating 'inf' is not finite"


def test_case_B40_ids_are_text_exactly_as_they_are_written():
    cells = ["007", "7", " 7", "NA", "null", "None", "nan", "1.0"]
    ids = column(cells, "item").ids()
    assert ids.tolist() == cells
    assert ids.categories.tolist() == cells


def test_integer_ids_of_a_typed_file_become_text_floats_are_refused():
    assert column([7, 10], "item").ids().tolist() == ["7", "10"]
    assert refused(column([7.0], "item"), "ids") == (
        "w.csv: the item ids are floating-point numbers\n    store them as text or as integers"
    )


def test_a_cell_is_blank_if_it_is_missing_or_holds_nothing_but_blanks():
    assert column(["a", "", "  ", None]).is_blank().tolist() == [False, True, True, True]
    assert column([1, None]).is_blank().tolist() == [False, True]
