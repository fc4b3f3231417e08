"""Times of interactions as columns, against a loop over rows."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fw.data.moments import moments


def test_the_next_time_of_the_last_item_is_its_own():
    times, offsets = np.array([1, 5, 9, 3, 7]), np.array([0, 3, 3, 4, 5])
    found = moments(times, offsets)
    assert found["time"].tolist() == [1, 5, 9, 3, 7]
    assert found["next_time"].tolist() == [5, 9, 9, 3, 7]


@given(st.lists(st.lists(st.integers(-(2**40), 2**40), max_size=4), min_size=1, max_size=5))
def test_each_row_is_looked_at_on_its_own(rows):
    times = np.array([time for row in rows for time in row], dtype=np.int64)
    before = times.copy()
    offsets = np.append(0, np.cumsum([len(row) for row in rows]))
    expected = [after for row in rows for after in [*row[1:], *row[-1:]]]
    assert moments(times, offsets)["next_time"].tolist() == expected
    assert times.tolist() == before.tolist()
