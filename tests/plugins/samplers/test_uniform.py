"""Negatives without rejection: exactly uniform over what a row has not had."""

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from fw import Batch, Info, Sequences
from fw.data.sequences import SequenceStore
from fw.data.split import CaseList, Split
from fw.data.training import TrainingRows
from fw.random import Rng
from fw_plugins.samplers.uniform import Uniform

NOBODY = CaseList(np.array([], dtype=np.int64), np.array([], dtype=np.int64))


def info_for(rows, num_items, train_lengths=None, warn=lambda message: None):
    lengths = np.array([len(row) for row in rows])
    store = SequenceStore(
        items=np.concatenate([np.array(row, dtype=np.int32) for row in rows]),
        offsets=np.concatenate([[0], lengths.cumsum()]),
        source_rows=np.arange(lengths.sum()),
        user_ids=np.array([f"user {number}" for number in range(len(rows))], dtype=object),
        item_ids=np.array([str(number) for number in range(1, num_items + 1)], dtype=object),
    )
    train = lengths if train_lengths is None else np.array(train_lengths)
    split = Split(store=store, train_lengths=train, valid=NOBODY, test=NOBODY)
    return Info(
        num_users=len(rows),
        num_items=num_items,
        max_len=10,
        item_counts=torch.zeros(num_items + 2, dtype=torch.int64),
        training=TrainingRows(split),
        user_ids=store.user_ids,
        warn=warn,
    )


def draw(sampler, rows, length, epoch=1):
    rows = torch.tensor(list(rows))
    items = torch.ones(len(rows), length, dtype=torch.int64)
    sequences = Sequences(items, torch.full((len(rows),), length), rows)
    return sampler(Batch(sequences, sequences, sequences), Rng.for_rows(1, epoch, rows))


def test_negatives_are_uniform_over_exactly_what_the_row_has_not_had():
    rows = [[1, 2, 3], [5, 9, 5, 10], [4]]
    sampler = Uniform(num_negatives=4).build(info_for(rows, num_items=10))
    drawn = draw(sampler, [0, 1, 2], length=2000).items
    for row, had in enumerate(rows):
        counts = torch.bincount(drawn[row].flatten(), minlength=11).numpy()
        allowed = [item for item in range(1, 11) if item not in had]
        assert counts.sum() == counts[allowed].sum()
        assert chisquare(counts[allowed]).pvalue > 1e-4


def test_only_training_items_are_excluded():
    info = info_for([[1, 2, 3, 4]], num_items=4, train_lengths=[2])
    drawn = draw(Uniform().build(info), [0], length=200).items
    assert sorted(set(drawn.flatten().tolist())) == [3, 4]


def test_the_log_probability_is_that_of_one_draw():
    sampler = Uniform().build(info_for([[1, 2, 3], [4]], num_items=10))
    log_probability = draw(sampler, [0, 1], length=2).log_probability
    assert log_probability.exp()[:, 0, 0].tolist() == pytest.approx([1 / 7, 1 / 9])


def test_a_row_draws_the_same_in_any_batch_and_another_in_the_next_epoch():
    sampler = Uniform(num_negatives=2).build(info_for([[1], [2], [3]], num_items=1000))
    alone = draw(sampler, [2], length=5).items[0]
    together = draw(sampler, [0, 2, 1], length=9).items[1, :5]
    assert alone.tolist() == together.tolist()
    assert alone.tolist() != draw(sampler, [2], length=5, epoch=2).items[0].tolist()


def test_case_B08_a_user_with_every_item_is_named_and_only_collides():
    said = []
    info = info_for([[1, 2, 3], [1]], num_items=3, warn=said.append)
    negatives = draw(Uniform().build(info), [0, 1], length=50)
    assert negatives.collides[0].all()
    assert not negatives.collides[1].any()
    assert negatives.items.min() >= 1
    assert negatives.items.max() <= 3
    assert said == [
        "1 users have had every item, so there is nothing to draw against them: user 0; "
        "they are left out of losses with negatives"
    ]


def test_case_B08_users_with_some_items_left_are_drawn_for_beside_one_who_has_all():
    said = []
    rows = [list(range(1, 11)), *([1 + user, 2 + user, 3 + user, 4 + user] for user in range(5))]
    info = info_for(rows, num_items=10, warn=said.append)
    negatives = draw(Uniform().build(info), range(6), length=50)
    assert negatives.collides.flatten(1).all(1).tolist() == [True] + [False] * 5
    for row, had in list(enumerate(rows))[1:]:
        assert set(negatives.items[row].flatten().tolist()) == set(range(1, 11)) - set(had)
    assert [message.split(":")[1] for message in said] == [
        " user 0; they are left out of losses with negatives"
    ]


def test_case_B33_neither_padding_nor_the_mask_token_is_ever_drawn():
    sampler = Uniform(num_negatives=8).build(info_for([[1]], num_items=10))
    drawn = draw(sampler, [0], length=500).items
    assert (drawn.min().item(), drawn.max().item()) == (2, 10)
