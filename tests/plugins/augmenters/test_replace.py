"""Replace: exactly so many items become others."""

from collections import Counter

import pytest
from scipy.stats import chisquare

from fw.errors import UserError
from fw.random import Rng
from fw_plugins.augmenters.replace import Replace


def test_case_B34_exactly_the_share_differs_and_nothing_but_items_appears(make_info, views_of):
    replace = Replace(ratio=0.5).build(make_info([[1]], 10))
    row = list(range(1, 11))
    for view in views_of(replace, [row] * 1000):
        assert sum(new != old for new, old in zip(view, row, strict=True)) == 5
        assert set(view) <= set(row)


def test_case_B34_a_catalogue_of_one_item_is_refused(make_info):
    with pytest.raises(UserError) as caught:
        Replace().build(make_info([[1]], 1))
    assert str(caught.value) == (
        "augmenter 'replace' needs a catalogue of at least 2 items, but the data has 1"
    )


@pytest.mark.parametrize("old", [1, 3, 5])
def test_the_new_item_is_uniform_over_the_others(make_info, views_of, old):
    replace = Replace(ratio=1.0).build(make_info([[1]], 5))
    counts = Counter(view[0] for view in views_of(replace, [[old]] * 6000))
    others = [item for item in range(1, 6) if item != old]
    assert sorted(counts) == others
    assert chisquare([counts[item] for item in others]).pvalue > 1e-4


def test_places_and_items_are_drawn_independently(make_info, views_of):
    replace = Replace(ratio=0.5).build(make_info([[1]], 3))
    views = views_of(replace, [[1, 1]] * 8000)
    counts = Counter((0 if first != 1 else 1, max(first, second)) for first, second in views)
    assert sorted(counts) == [(0, 2), (0, 3), (1, 2), (1, 3)]
    assert chisquare(list(counts.values())).pvalue > 1e-4


def test_a_new_item_keeps_the_time_of_the_old_one(make_info, sequences_of):
    replace = Replace(ratio=1.0).build(make_info([[1]], 10))
    sequences = sequences_of([[1, 2, 3], [4]], columns=True)
    view = replace(sequences, Rng.for_rows(1, 1, sequences.rows))
    assert view.columns["time"].tolist() == [[10, 20, 30], [40, 0, 0]]
