"""Mask: exactly so many items hidden, by an item of its own or by gaps."""

from itertools import combinations

import pytest
import torch
from scipy.stats import chisquare

from fw.random import Rng
from fw_plugins.augmenters.mask import Mask


@pytest.fixture
def mask(make_info):
    """A function from settings to an augmenter over the items 1 to 100."""

    def build(num_items=100, **settings):
        return Mask(**settings).build(make_info([[1]], num_items))

    return build


@pytest.mark.parametrize("token", ["mask", "pad"])
@pytest.mark.parametrize(
    ("length", "ratio", "hidden"),
    [(10, 0, 0), (10, 0.3, 3), (10, 0.8, 8), (10, 1, 10), (100, 0.29, 29)],
)
def test_case_B32_exactly_the_share_is_hidden(mask, views_of, token, length, ratio, hidden):
    row = list(range(1, length + 1))
    for view in views_of(mask(ratio=ratio, token=token), [row] * 50):
        assert len(view) == length
        kept = [item for item, old in zip(view, row, strict=True) if item == old]
        assert len(kept) == length - hidden
        assert set(view) - set(kept) <= {101 if token == "mask" else 0}


def test_every_choice_of_places_is_as_likely_as_another(mask, views_of):
    views = views_of(mask(ratio=0.4), [[1, 2, 3, 4, 5]] * 10_000)
    kept = [tuple(item for item in view if item != 101) for view in views]
    counts = [kept.count(chosen) for chosen in combinations(range(1, 6), 3)]
    assert sum(counts) == 10_000
    assert chisquare(counts).pvalue > 1e-4


def test_case_B33_the_mask_token_is_an_item_of_its_own(mask, sequences_of):
    sequences = sequences_of([list(range(1, 11))])
    view = mask(num_items=10, ratio=0.5)(sequences, Rng.for_rows(1, 1, sequences.rows))
    assert view.items.flatten().tolist().count(11) == 5
    assert 0 not in view.items.flatten().tolist()
    assert not view.gaps


def test_gaps_are_declared_and_have_no_times_while_masked_items_keep_theirs(mask, sequences_of):
    sequences = sequences_of([[1, 2, 3, 4], [5, 6, 0, 0][:2]], columns=True)
    rng = Rng.for_rows(1, 1, sequences.rows)
    gaps, masked = mask(ratio=0.5, token="pad")(sequences, rng), mask(ratio=0.5)(sequences, rng)
    assert gaps.gaps
    assert gaps.columns["time"].tolist() == (gaps.items * 10).tolist()
    assert masked.columns["time"].tolist() == sequences.columns["time"].tolist()
    assert torch.equal(gaps.lengths, sequences.lengths)


def test_case_B30_mask_leaves_the_original_and_shares_no_memory_with_it(mask, sequences_of):
    sequences = sequences_of([list(range(1, 11)), [3, 7]])
    views = [mask(ratio=0.3)(sequences, Rng.for_rows(1, epoch, sequences.rows)) for epoch in (1, 2)]
    assert sequences.items[0].tolist() == list(range(1, 11))
    assert all((view.items[1, 2:] == 0).all() for view in views)
    places = {sequences.items.data_ptr(), *(view.items.data_ptr() for view in views)}
    assert len(places) == 3
