"""What a setting may hold: nothing is silently turned into something else."""

import datetime
import math
import tomllib
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fw.config.values import MismatchError, convert, expected, repaired, toml

Choice = Literal["a", "b"]
Number = Literal[1, 2.5]

TAKEN = [
    (True, bool, True),
    (5, int, 5),
    (-(2**63), int, -(2**63)),
    (0.5, float, 0.5),
    (1, float, 1.0),
    (math.inf, float, math.inf),
    ("", str, ""),
    ("a/b", Path, Path("a/b")),
    ("a", Choice, "a"),
    (2.5, Number, 2.5),
    ([], tuple[int, ...], ()),
    ([1, 2], tuple[int, ...], (1, 2)),
    ([0, 1.5], tuple[float, float], (0.0, 1.5)),
    ([["a"], []], tuple[tuple[str, ...], ...], (("a",), ())),
    (3, int | None, 3),
    ("auto", int | Literal["auto"], "auto"),
    (3, int | Literal["auto"], 3),
    (1, float | str, 1.0),
]


@pytest.mark.parametrize(("value", "wanted", "result"), TAKEN, ids=str)
def test_what_is_taken(value, wanted, result):
    found = convert(value, wanted)
    assert found == result
    assert type(found) is type(result)


REFUSED = [
    ("0.001", float, 'must be a number, found "0.001" (string)'),
    (True, float, "must be a number, found true (boolean)"),
    (math.nan, float, "must be a number, found nan (float)"),
    ([0.5], float, "must be a number, found [0.5] (list)"),
    (2.5, int, "must be an integer, found 2.5 (float)"),
    (2.0, int, "must be an integer, found 2.0 (float)"),
    (False, int, "must be an integer, found false (boolean)"),
    (2**63, int, "must be an integer, found 0x8000000000000000 (integer)"),
    (1, bool, "must be true or false, found 1 (integer)"),
    ("true", bool, 'must be true or false, found "true" (string)'),
    (3, str, "must be a string, found 3 (integer)"),
    (["x"], Path, 'must be a path, found ["x"] (list)'),
    ("", Path, 'must be a path, found "" (string)'),
    ("c", Choice, 'must be one of "a", "b", found "c" (string)'),
    (1.0, Number, "must be one of 1, 2.5, found 1.0 (float)"),
    (True, Number, "must be one of 1, 2.5, found true (boolean)"),
    (10, tuple[int, ...], "must be a list of integers, found 10 (integer)"),
    ("10", tuple[str, ...], 'must be a list of strings, found "10" (string)'),
    ([1, 2.5], tuple[int, ...], "must be a list of integers, found [1, 2.5] (list)"),
    ([1], tuple[float, float], "must be a list of 2 numbers, found [1] (list)"),
    ({"x": [1]}, int, 'must be an integer, found {"x" = [1]} (table)'),
    (datetime.date(2020, 1, 2), str, "must be a string, found 2020-01-02 (date)"),
    (datetime.time(1, 2), int, "must be an integer, found 01:02:00 (time)"),
    ("x", int | Literal["auto"], 'must be an integer or one of "auto", found "x" (string)'),
    ("x", int | None, 'must be an integer, found "x" (string)'),
    ("x" * 100, int, f'must be an integer, found "{"x" * 59}... (string)'),
]


@pytest.mark.parametrize(("value", "wanted", "said"), REFUSED, ids=lambda one: str(one)[:20])
def test_case_B54_what_is_refused(value, wanted, said):
    with pytest.raises(MismatchError) as caught:
        convert(value, wanted)
    assert str(caught.value) == said


MEANT = [
    ("0.001", float, "0.001"),
    ("5", int, "5"),
    (2.0, int, "2"),
    (2.5, int, ""),
    ("True", bool, "true"),
    (10, tuple[int, ...], "[10]"),
    ("a", tuple[str, ...], '["a"]'),
    ([0.5], float, "0.5"),
    ([1, 2], int, ""),
    ("abc", int, ""),
    (True, int, ""),
    (1, bool, ""),
    ("[1, 2]", tuple[int, ...], "[1, 2]"),
]


@pytest.mark.parametrize(("value", "wanted", "repair"), MEANT, ids=str)
def test_what_was_probably_meant(value, wanted, repair):
    assert repaired(value, wanted) == repair


@pytest.mark.parametrize("wanted", [dict, list[int], tuple[dict, ...], object, int | list[int]])
def test_a_type_that_no_setting_may_have_is_the_plugins_mistake(wanted):
    with pytest.raises(TypeError, match=r"is no type that a setting may have$"):
        expected(wanted)


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | TEXT
    | st.sampled_from(["\x7f", "🙂", "\n\t\0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200)
@given(PLAIN)
def test_what_is_shown_as_toml_is_toml(value):
    assert tomllib.loads(f"value = {toml(value)}") == {"value": value}
