"""What separates columns, and where records begin."""

import csv
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fw.data.separators import Separated, alternatives, shown, sniff


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        (b"user,item,time\nA,1,2\n", ","),
        (b"user\titem name\ttime\nA\t1 2\t2\n", "\t"),
        (b"1::1193::5::978300760\n1::661::3::978302109\n", "::"),
        (b"user;item\nA;1,5\n", ";"),
        (b"1|2|3\n4|5|6\n", "|"),
        (b"1 2\n1 3\n", " "),
        (b"  1   2\n1\t 3  \n", " "),
        (b'user,item\n"a,b",1\n', ","),
        (b"only\nwords\n", None),
        (b"a b c\nd e\n", None),
    ],
)
def test_the_separator_is_the_one_that_parts_all_first_lines_alike(text, separator):
    assert sniff(text) == separator


def test_alternatives_are_given_with_their_columns_most_first():
    assert alternatives(b"a b;c;d\n") == [(";", 3), (" ", 2)]


def test_separators_are_shown_as_a_recipe_has_them():
    assert [shown("\t"), shown("::"), shown(" ")] == [r'"\t"', '"::"', '" "']


def test_a_separator_of_several_characters_parts_and_quotes_mean_themselves():
    parted = Separated.of(b'1::"a::b"\n', "::")
    assert list(parted.records()) == [(1, ["1", '"a', 'b"'])]


lines = st.lists(st.text(alphabet="ab \t", max_size=6), max_size=6)


@settings(max_examples=80)
@given(lines, st.sampled_from(["\n", "\r\n"]))
def test_runs_of_blanks_count_as_one_and_those_at_the_edges_as_none(rows, end):
    parted = Separated.of(end.join(rows).encode(), " ")
    expected = [row.split() for row in rows if row.strip()]
    assert [cells for _, cells in parted.records()] == expected


cells = st.lists(st.text(alphabet='ab",\n\r ', min_size=1, max_size=4), min_size=2, max_size=2)


@settings(max_examples=80)
@given(st.lists(cells, min_size=1, max_size=6))
def test_records_are_those_of_the_csv_module_with_the_lines_on_which_they_begin(rows):
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    text = file.getvalue()
    found = list(Separated.of(text.encode(), ",").records())
    assert [record for _, record in found] == rows
    line = 1
    for (begins, _), row in zip(found, rows, strict=True):
        assert begins == line
        written = io.StringIO(newline="")
        csv.writer(written).writerow(row)
        line += len(re.findall("\r\n|\r|\n", written.getvalue()))


def test_blank_lines_are_passed_over_and_counted():
    assert [line for line, _ in Separated.of(b"\na,b\n\n\nc,d", ",").records()] == [2, 5]


def test_what_follows_a_line_keeps_its_line_numbers():
    rest = Separated.of(b"\r\nuser,item\r\na,b\r\n\r\nc,d", ",").after(2)
    assert rest.text == b"a,b\r\n\r\nc,d"
    assert [line for line, _ in rest.records()] == [3, 5]


def test_an_open_quotation_mark_that_swallows_all_ends_the_records():
    text = b'a,b\n"' + b"x" * 200_000
    assert list(Separated.of(text, ",").records()) == [(1, ["a", "b"]), (2, [])]
