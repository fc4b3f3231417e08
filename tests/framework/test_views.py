"""Which augmenter makes which view, and that nothing else changes a view."""

from collections import Counter

import attrs
import pytest
import torch
from scipy.stats import chisquare
from torch import nn

from fw import Sequences
from fw.errors import UserError
from fw.random import Rng
from fw.views import TwoViews


@attrs.frozen
class Stamp:
    """Replaces a row by ``repeats`` copies of one item."""

    item: int
    repeats: int = 1
    min_length: int = 0
    gaps: bool = False

    def __call__(self, sequences, rng):
        """Make the stamped rows, ``repeats`` wide."""
        items = torch.full((len(sequences.rows), self.repeats), self.item)
        lengths = torch.full_like(sequences.lengths, self.repeats)
        columns = dict.fromkeys(sequences.columns, items * 10)
        return Sequences(items, lengths, sequences.rows, columns, self.gaps)


class Noise(nn.Module):
    """Draws an item for each row: an augmenter that is a module and has no ``min_length``."""

    def __init__(self):
        super().__init__()
        self.register_buffer("base", torch.tensor(100))

    def forward(self, sequences, rng):
        """Make rows of one random item."""
        items = self.base + rng.integers((len(sequences.rows), 1), 1_000_000)
        return Sequences(items, torch.ones_like(sequences.lengths), sequences.rows)

    def longest(self, length):
        """Return 1."""
        return 1


def rows_of(lengths, column=False):
    lengths = torch.tensor(lengths)
    real = torch.arange(int(lengths.max())) < lengths[:, None]
    items = torch.where(real, 9, 0)
    columns = {"time": items * 10} if column else {}
    return Sequences(items, lengths, torch.arange(len(lengths)), columns)


def draw(views, sequences, epoch=1):
    return views(sequences, Rng.for_rows(1, epoch, sequences.rows))


def first_items(views, sequences):
    return list(zip(*(view.items[:, 0].tolist() for view in draw(views, sequences)), strict=True))


def test_each_view_draws_its_augmenter_uniformly_and_on_its_own():
    views = TwoViews([Stamp(1), Stamp(2), Stamp(3)])
    counts = Counter(first_items(views, rows_of([1] * 9000)))
    assert len(counts) == 9
    assert chisquare(list(counts.values())).pvalue > 1e-4


def test_distinct_views_are_every_ordered_pair_of_two_with_the_same_probability():
    views = TwoViews([Stamp(1), Stamp(2), Stamp(3)], distinct=True)
    counts = Counter(first_items(views, rows_of([1] * 9000)))
    assert set(counts) == {(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)}
    assert chisquare(list(counts.values())).pvalue > 1e-4


def test_an_augmenter_is_not_drawn_for_rows_below_its_min_length():
    views = TwoViews([Stamp(1), Stamp(2), Stamp(3, min_length=5)])
    found = first_items(views, rows_of([4, 5] * 2000))
    short, long = Counter(found[0::2]), Counter(found[1::2])
    assert set(short) == {(1, 1), (1, 2), (2, 1), (2, 2)}
    assert chisquare(list(short.values())).pvalue > 1e-4
    assert len(long) == 9
    assert chisquare(list(long.values())).pvalue > 1e-4


def test_a_row_that_is_long_enough_for_one_of_two_distinct_ones_gets_that_one_twice():
    views = TwoViews([Stamp(1), Stamp(2, min_length=5)], distinct=True)
    assert set(first_items(views, rows_of([4] * 50))) == {(1, 1)}
    assert set(first_items(views, rows_of([5] * 50))) == {(1, 2), (2, 1)}


@pytest.mark.parametrize("augmenters", [[Stamp(1, 7, 3)], [Stamp(1, 7, 3), Stamp(1, 8, 4)]])
def test_a_row_that_is_too_short_for_all_passes_unchanged(augmenters):
    sequences = rows_of([2, 3, 1, 4, 0], column=True)
    for view in draw(TwoViews(augmenters), sequences):
        assert view.lengths[torch.tensor([0, 2, 4])].tolist() == [2, 1, 0]
        assert view.items[0, :3].tolist() == [9, 9, 0]
        assert view.columns["time"][2, :2].tolist() == [90, 0]
        assert view.items[1, :7].tolist() == [1] * 7


def test_views_of_different_widths_are_padded_and_carry_their_columns():
    views = TwoViews([Stamp(1, repeats=2), Stamp(2, repeats=5)], distinct=True)
    first, second = draw(views, rows_of([3] * 40, column=True))
    assert first.items.shape == second.items.shape == (40, 5)
    for view in (first, second):
        assert torch.equal(view.lengths, torch.where(view.items[:, 0] == 1, 2, 5))
        assert torch.equal(view.items > 0, view.is_real())
        assert torch.equal(view.columns["time"], view.items * 10)


def test_gaps_of_one_augmenter_are_declared_for_the_whole_view():
    assert all(view.gaps for view in draw(TwoViews([Stamp(1), Stamp(2, gaps=True)]), rows_of([1])))
    assert not any(view.gaps for view in draw(TwoViews([Stamp(1), Stamp(2)]), rows_of([1])))


def test_the_two_views_of_one_augmenter_are_drawn_apart():
    first, second = draw(TwoViews([Noise()]), rows_of([1] * 20))
    assert not (first.items == second.items).any()


def test_case_B25_a_rows_views_are_the_same_in_any_batch_and_others_in_the_next_epoch():
    views = TwoViews([Noise(), Stamp(2), Noise()])
    sequences = rows_of([3, 1, 2, 3, 2])
    together = torch.stack([view.items[:, 0] for view in draw(views, sequences)])
    order = torch.tensor([4, 1, 0])
    part = Sequences(sequences.items[order], sequences.lengths[order], order)
    alone = torch.stack([view.items[:, 0] for view in draw(views, part)])
    assert torch.equal(alone, together[:, order])
    later = torch.stack([view.items[:, 0] for view in draw(views, sequences, epoch=2)])
    assert not torch.equal(later, together)


def test_a_further_augmenter_does_not_move_the_draws_of_the_first():
    sequences = rows_of([1] * 50)
    alone = draw(TwoViews([Noise()]), sequences)[0].items
    joined = draw(TwoViews([Noise(), Stamp(2)]), sequences)[0].items
    assert torch.equal(torch.where(joined == 2, alone, joined), alone)


def test_the_longest_view_is_that_of_the_augmenter_that_makes_the_longest():
    assert TwoViews([Noise()]).longest(5) == 1
    assert TwoViews([Noise(), Stamp(1)]).longest(5) > 10**9  # it does not say
    short = Noise()
    short.min_length = 2
    assert TwoViews([short]).longest(5) == 5  # a short row passes unchanged


def test_augmenters_that_are_modules_move_with_it_and_the_rest_stays_out_of_checkpoints():
    noise = Noise()
    views = TwoViews([Stamp(1), noise]).to("meta")
    assert noise.base.device.type == views.min_lengths.device.type == "meta"
    assert list(views.state_dict()) == ["modules_among.0.base"]


def test_views_without_augmenters_are_refused():
    with pytest.raises(UserError) as caught:
        TwoViews([])
    assert str(caught.value) == "two views are made by augmenters, but the recipe names none"


def test_distinct_views_of_one_augmenter_are_refused():
    with pytest.raises(UserError) as caught:
        TwoViews([Stamp(1)], distinct=True)
    assert str(caught.value) == (
        "two distinct views need two augmenters, but the recipe names only one"
    )


def test_drawing_views_compiles_as_one_graph():
    views = TwoViews([Noise(), Stamp(2, 3, min_length=2), Stamp(3)], distinct=True)

    def step(items, lengths, rows):
        pair = views(Sequences(items, lengths, rows), Rng.for_rows(1, 1, rows))
        return [tensor for view in pair for tensor in view[:3]]

    arguments = rows_of([3, 1, 2, 0])[:3]
    compiled = torch.compile(step, backend="eager", fullgraph=True)
    for plain, captured in zip(step(*arguments), compiled(*arguments), strict=True):
        assert torch.equal(plain, captured)
