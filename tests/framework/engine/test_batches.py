"""Who trains together."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fw.engine.steps.batches import cut_groups, epoch_plans

LENGTHS = st.lists(st.integers(1, 201), min_size=1, max_size=200)


@given(LENGTHS)
@settings(max_examples=50)
def test_groups_follow_each_other_and_none_is_narrower_than_its_rows(lengths):
    ordered = np.sort(np.array(lengths))[::-1]
    groups = cut_groups(ordered)
    assert groups[0].start == 0
    assert groups[-1].stop == len(ordered)
    for before, after in itertools.pairwise(groups):
        assert before.stop == after.start
    for group in groups:
        assert group.width == ordered[group.start : group.stop].max()


def test_rows_of_one_length_stay_in_one_group():
    assert [tuple(group) for group in cut_groups(np.full(128, 200))] == [(0, 128, 200)]


def test_a_group_is_cut_where_rows_become_much_shorter():
    lengths = np.array([200] * 32 + [100] * 32)
    assert [tuple(group) for group in cut_groups(lengths)] == [(0, 32, 200), (32, 64, 100)]


def test_batches_of_short_rows_are_mostly_real():
    lengths = np.random.default_rng(0).geometric(1 / 7, 2560).clip(1, 50)
    plans = list(epoch_plans(np.arange(2560), lengths, batch_size=256, seed=1, epoch=1))
    assert sum(plan.num_real for plan in plans) > 0.8 * sum(plan.num_padded for plan in plans)


def test_an_epoch_has_every_row_once_longest_first_within_a_batch():
    lengths = np.random.default_rng(0).integers(2, 50, 300)
    rows = np.arange(0, 300, 2)
    plans = list(epoch_plans(rows, lengths, batch_size=32, seed=1, epoch=1))
    assert [len(plan.rows) for plan in plans] == [32, 32, 32, 32, 22]
    assert sorted(np.concatenate([plan.rows for plan in plans])) == rows.tolist()
    for plan in plans:
        assert (np.diff(lengths[plan.rows]) <= 0).all()


def test_the_order_depends_on_seed_and_epoch_alone():
    lengths = np.full(100, 5)

    def order(seed, epoch):
        plans = epoch_plans(np.arange(100), lengths, batch_size=7, seed=seed, epoch=epoch)
        return np.concatenate([plan.rows for plan in plans]).tolist()

    assert order(1, 1) == order(1, 1)
    assert order(1, 1) != order(1, 2)
    assert order(1, 1) != order(2, 1)


def test_grouping_moves_no_row_to_another_batch():
    lengths = np.random.default_rng(0).integers(2, 200, 300)
    plans = [
        list(epoch_plans(np.arange(300), lengths, batch_size=64, seed=1, epoch=3, grouped=grouped))
        for grouped in (True, False)
    ]
    for with_groups, without in zip(*plans, strict=True):
        assert with_groups.rows.tolist() == without.rows.tolist()
        assert len(without.groups) == 1
