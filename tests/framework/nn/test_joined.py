"""Parts of one width are one group, and come back in their own order."""

import torch
from torch.testing import assert_close

from fw import Sequences
from fw.nn.joined import Joined
from fw.random import Rng


def part(rows, width, first, gaps=False):
    items = torch.arange(first, first + rows * width).view(rows, width)
    lengths = torch.full((rows,), width)
    return Sequences(items, lengths, torch.arange(rows), {"stars": items * 10}, gaps)


PARTS = [part(2, 3, 0), part(1, 5, 10), part(1, 3, 20), part(2, 5, 30, gaps=True), part(3, 3, 50)]


def laid(joined):
    return torch.cat([whole.items.flatten() for whole in joined.wholes])


def test_parts_of_one_width_with_gaps_or_without_are_one_group():
    wholes = Joined(PARTS, ["stars"]).wholes
    assert [(tuple(whole.items.shape), whole.gaps) for whole in wholes] == [
        ((6, 3), False),
        ((1, 5), False),
        ((2, 5), True),
    ]
    assert wholes[0].rows.tolist() == [0, 1, 0, 0, 1, 2]
    assert wholes[0].columns["stars"].equal(wholes[0].items * 10)


def test_columns_that_nothing_looks_at_may_be_missing():
    parts = [PARTS[0], PARTS[2]._replace(columns={})]
    (whole,) = Joined(parts, []).wholes
    assert not whole.columns


def test_what_was_laid_is_cut_into_the_parts_again():
    joined = Joined(PARTS, ["stars"])
    found = joined.cut(laid(joined).unsqueeze(1))
    assert_close(found, [each.items.unsqueeze(2) for each in PARTS])


def test_places_are_those_of_each_part_alone():
    joined = Joined(PARTS, ["stars"])
    rngs = [Rng.for_rows(1, number, each.rows) for number, each in enumerate(PARTS)]
    words = joined.places(rngs).child("dropout").words((len(laid(joined)), 2))
    for each, rng, found in zip(PARTS, rngs, joined.cut(words), strict=True):
        alone = Joined([each], []).places([rng]).child("dropout").words((each.items.numel(), 2))
        assert found.equal(alone.view(found.shape))


def test_without_places_there_is_none():
    assert Joined(PARTS, ["stars"]).places([None] * len(PARTS)) is None
