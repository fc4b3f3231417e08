"""Cleaning rules, beside slow and obvious versions of them."""

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fw.data import cleaning

codes = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 3)), max_size=30)


def slow_core(rows, min_user, min_item):
    kept = list(range(len(rows)))
    while True:
        users = Counter(rows[at][0] for at in kept)
        items = Counter(rows[at][1] for at in kept)
        new = [a for a in kept if users[rows[a][0]] >= min_user and items[rows[a][1]] >= min_item]
        if new == kept:
            return kept
        kept = new


def columns(rows):
    return (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))


@settings(max_examples=60)
@given(codes, st.integers(0, 4), st.integers(0, 4))
def test_the_core_is_what_dropping_again_and_again_leaves(rows, min_user, min_item):
    users, items, _ = columns(rows) if rows else (np.array([], dtype=np.int64),) * 3
    kept, _ = cleaning.core(users, items, min_user_count=min_user, min_item_count=min_item)
    assert kept.tolist() == slow_core(rows, min_user, min_item)


def test_case_B47_a_core_is_not_one_pass():
    rows = ["1A", "1B", "2A", "2B", "3B", "3C", "4C", "4D"]
    users, items = (np.array([ord(row[at]) for row in rows]) for at in (0, 1))
    kept, passes = cleaning.core(users, items, min_user_count=2, min_item_count=2)
    assert [rows[at] for at in kept] == ["1A", "1B", "2A", "2B"]
    assert passes == 4


@settings(max_examples=40)
@given(codes.filter(bool))
def test_a_row_is_repeated_if_one_before_it_is_the_same(rows):
    expected = [row in rows[:at] for at, row in enumerate(rows)]
    assert cleaning.is_repeated(*columns(rows)).tolist() == expected


@settings(max_examples=40)
@given(codes.filter(bool))
def test_rows_are_sorted_by_user_and_time_and_stay_in_order_inside_ties(rows):
    users, _, times = columns(rows)
    expected = sorted(range(len(rows)), key=lambda at: (rows[at][0], rows[at][2]))
    assert cleaning.time_order(users, times).tolist() == expected
    expected = sorted(range(len(rows)), key=lambda at: rows[at][0])
    assert cleaning.time_order(users, None).tolist() == expected
