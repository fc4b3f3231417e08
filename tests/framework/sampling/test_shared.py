"""Sets that a batch shares: what collides, and what stands in a random batch."""

import pytest
import torch
from scipy.stats import chisquare

from fw import Batch, Sequences
from fw.random import Rng
from fw.sampling.shared import BatchTargets, Collisions, target_counts, target_shares

ROWS = [[1, 2, 3], [4], [2, 5, 5]]


def targets_of(items, rows):
    items = torch.tensor(items)
    return Sequences(items, (items > 0).sum(1), torch.tensor(rows))


def slow_collisions(targets, rows, items, exclude):
    return [
        [
            [
                item == 0 or item == target or (exclude == "history" and item in ROWS[row])
                for item in items
            ]
            for target in line
        ]
        for row, line in zip(rows, targets, strict=True)
    ]


@pytest.mark.parametrize("exclude", ["history", "target"])
def test_collisions_are_those_of_a_loop(make_info, exclude):
    targets, rows, items = [[2, 3, 0], [5, 5, 0], [4, 0, 0]], [0, 2, 1], [1, 2, 3, 4, 5, 5, 6, 0]
    collisions = Collisions(make_info(ROWS, 6), exclude)
    found = collisions(targets_of(targets, rows), torch.tensor(items))
    assert found.tolist() == slow_collisions(targets, rows, items, exclude)


def test_a_target_is_an_item_that_others_of_its_row_come_before(make_info):
    rows = [[1, 2, 3, 4, 5], [5, 5], [6], []]
    training = make_info(rows, 6).training
    assert target_counts(training, 10, 6).tolist() == [0, 0, 1, 1, 1, 2, 0, 0]
    assert target_counts(training, 2, 6).tolist() == [0, 0, 0, 0, 1, 2, 0, 0]


def test_only_training_items_are_targets(make_info):
    training = make_info([[1, 2, 3, 4]], 4, train_lengths=[3]).training
    assert target_counts(training, 10, 4).tolist() == [0, 0, 1, 1, 0, 0]


def draw(info, targets, number, epoch=1):
    sequences = targets_of(targets, list(range(len(targets))))
    batch = Batch(sequences, sequences, sequences)
    rng = Rng.for_rows(1, epoch, sequences.rows)
    return BatchTargets(info).draw(batch, number, rng)


def test_every_position_with_a_target_is_as_likely_as_any_other(make_info):
    drawn = draw(make_info(ROWS, 6), [[1, 2, 0, 0], [3, 2, 2, 0]], 20_000)
    counts = torch.bincount(drawn, minlength=4).double()
    assert counts[0] == 0
    assert chisquare(counts[1:], torch.tensor([0.2, 0.6, 0.2]) * 20_000).pvalue > 1e-4


def test_padding_does_not_change_what_is_drawn(make_info):
    narrow = draw(make_info(ROWS, 6), [[1, 2], [3, 4]], 50)
    wide = draw(make_info(ROWS, 6), [[1, 2, 0, 0], [3, 4, 0, 0]], 50)
    assert narrow.tolist() == wide.tolist()


def test_a_batch_without_targets_gives_padding(make_info):
    assert draw(make_info(ROWS, 6), [[0, 0]], 3).tolist() == [0, 0, 0]


def test_over_random_batches_an_item_stands_as_often_as_its_share_says(make_info):
    # Four rows of three targets each; batches of two of them, all equally likely.
    rows = [[9, 1, 1, 2], [9, 1, 3, 4], [9, 2, 2, 2], [9, 5, 1, 1]]
    info = make_info(rows, 9)
    drawn = [
        draw(info, [rows[first][1:], rows[second][1:]], 500, epoch=4 * first + second + 1)
        for first in range(4)
        for second in range(4)
        if first != second
    ]
    counts = torch.bincount(torch.cat(drawn), minlength=11).double()
    shares = target_shares(info)
    assert BatchTargets(info).log_shares.equal(shares.log().float())
    assert shares[[1, 2, 3, 4, 5]].mul(12).tolist() == pytest.approx([5, 4, 1, 1, 1])
    assert counts[shares == 0].sum() == 0
    assert chisquare(counts[shares > 0], shares[shares > 0] * 12 * 500).pvalue > 1e-4


def test_a_task_says_itself_how_often_items_are_its_targets(make_info):
    class Favourite:
        def target_counts(self, info):
            assert info.num_items == 4
            return torch.tensor([0, 3.0, 0, 0, 1.0, 0]).double()

    info = make_info([[1, 2], [3, 4]], 4, task=Favourite())
    assert target_shares(info).tolist() == [0, 0.75, 0, 0, 0.25, 0]
