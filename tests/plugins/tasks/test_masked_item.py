"""The cloze task: how many are hidden, which, and how what comes next is asked for."""

from itertools import combinations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from fw import Sequences
from fw.random import Rng
from fw_plugins.tasks.masked_item import MaskedItem

MASK = 101


def history_of(*rows, width=None):
    width = width or max(1, *(len(row) for row in rows))
    items = torch.tensor([list(row) + [0] * (width - len(row)) for row in rows])
    lengths = torch.tensor([len(row) for row in rows])
    return Sequences(items, lengths, torch.arange(len(rows)), {"rating": items * 10})


@pytest.fixture(scope="module")
def task(make_info):
    """A function from settings to the task over the items 1 to 100."""

    def build(max_len=10, **settings):
        return MaskedItem(**settings).build(make_info([[1]], MASK - 1, max_len=max_len))

    return build


def batch_of(task, *rows, epoch=1):
    history = history_of(*rows)
    return task(history, Rng.for_rows(1, epoch, history.rows))


@pytest.mark.parametrize(
    ("length", "ratio", "hidden"),
    [(10, 0.3, 3), (10, 0.29, 2), (100, 0.29, 29), (4, 0.2, 1), (2, 0.9, 1), (10, 0.99, 9)],
)
def test_case_B32_exactly_the_share_is_hidden_and_one_at_least(task, length, ratio, hidden):
    row = list(range(1, length + 1))
    batch = batch_of(task(ratio=ratio, newest_alone=0.0), *[row] * 50)
    assert ((batch.inputs.items == MASK).sum(1) == hidden).all()
    assert ((batch.targets.items > 0).sum(1) == hidden).all()
    whole = torch.where(batch.inputs.items == MASK, batch.targets.items, batch.inputs.items)
    assert whole.tolist() == [row] * 50


@given(
    st.lists(st.lists(st.integers(1, 100), min_size=0, max_size=12), min_size=1, max_size=5),
    st.floats(0.01, 0.99),
    st.floats(0, 1),
    st.integers(0, 10),
)
def test_a_position_is_an_item_in_sight_or_a_target(task, rows, ratio, alone, epoch):
    built = task(ratio=ratio, newest_alone=alone)
    batch = batch_of(built, *rows, epoch=epoch)
    for row, inputs, targets in zip(
        rows, batch.inputs.items.tolist(), batch.targets.items.tolist(), strict=True
    ):
        for place in range(len(inputs)):
            item = row[place] if place < len(row) else 0
            assert (inputs[place], targets[place]) in ([(item, 0)] + [(MASK, item)] * (item > 0))
        number = sum(target > 0 for target in targets)
        assert min(len(row), 1) <= number <= built.num_targets(len(inputs))


def test_every_choice_of_places_is_as_likely_as_another(task):
    batch = batch_of(task(ratio=0.4, newest_alone=0.0), *[[1, 2, 3, 4, 5]] * 10_000)
    found = [tuple(item for item in row if item) for row in batch.targets.items.tolist()]
    counts = [found.count(chosen) for chosen in combinations(range(1, 6), 2)]
    assert sum(counts) == 10_000
    assert chisquare(counts).pvalue > 1e-4


def test_of_so_many_rows_the_newest_item_alone_is_hidden(task):
    batch = batch_of(task(ratio=0.5, newest_alone=0.3), *[[1, 2, 3, 4]] * 10_000)
    alone = (batch.targets.items == torch.tensor([0, 0, 0, 4])).all(1)
    assert abs(alone.sum().item() - 3000) < 200  # 4 standard deviations of 46
    assert ((batch.targets.items > 0).sum(1)[~alone] == 2).all()


def test_each_epoch_hides_others(task):
    row = list(range(1, 51))
    first, second = (batch_of(task(), row, epoch=epoch).targets.items for epoch in (1, 2))
    assert not first.equal(second)


def test_nothing_of_a_hidden_item_is_seen_not_even_in_its_columns(task):
    batch = batch_of(task(ratio=0.5), [1, 2, 3, 4], [5, 6])
    hidden = batch.inputs.items == MASK
    assert batch.inputs.columns["rating"][hidden].tolist() == [0] * int(hidden.sum())
    assert batch.targets.columns["rating"].tolist() == (batch.targets.items * 10).tolist()
    assert batch.history.items.tolist() == [[1, 2, 3, 4], [5, 6, 0, 0]]


def test_a_query_has_the_mask_token_behind_the_newest_items(task):
    query = task(max_len=4).query(history_of([1, 2, 3, 4], [5, 6, 7], [8], []))
    assert query.items.tolist() == [
        [2, 3, 4, MASK],
        [5, 6, 7, MASK],
        [8, MASK, 0, 0],
        [MASK, 0, 0, 0],
    ]
    assert query.lengths.tolist() == [4, 4, 2, 1]
    assert query.columns["rating"].tolist()[:2] == [[20, 30, 40, 0], [50, 60, 70, 0]]


def test_a_query_of_short_histories_is_one_wider_than_they(task):
    query = task(max_len=10).query(history_of([1, 2], [3]))
    assert query.items.tolist() == [[1, 2, MASK], [3, MASK, 0]]


def test_where_there_is_one_place_a_query_is_the_mask_token_alone(task):
    query = task(max_len=1).query(history_of([7], [8]))
    assert query.items.tolist() == [[MASK], [MASK]]
    assert query.lengths.tolist() == [1, 1]


def test_how_often_items_are_targets(make_info):
    info = make_info([[1, 2, 3, 4, 5], [6, 6], [7], []], 7, max_len=4)
    counts = MaskedItem(ratio=0.5, newest_alone=0.2).build(info).target_counts(info)
    # Of the newest four of the first row two are hidden, of the second row one.
    assert counts.tolist() == pytest.approx([0, 0, 0.4, 0.4, 0.4, 0.6, 1.0, 0, 0])


@pytest.mark.parametrize("ratio", [0.0, 1.0, -0.1])
def test_case_B35_a_share_that_hides_nothing_or_everything_is_refused(ratio):
    with pytest.raises(ValueError, match="ratio must be greater than 0 and less than 1, found"):
        MaskedItem(ratio=ratio)
