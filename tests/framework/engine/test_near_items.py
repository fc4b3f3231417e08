"""Lists of what an index has found, beside lists of everything."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fw.engine.evaluating.top_lists import first_items
from fw.engine.finished.near_items import checked_places, near_items
from fw.nn.items import ItemTable

NUM_ITEMS, SIZE = 12, 3


def a_table(generator):
    """A table of small whole numbers, so that there are ties and every sum is exact."""
    drawn = torch.randint(-2, 3, (NUM_ITEMS + 2, SIZE), generator=generator).float()
    return ItemTable(NUM_ITEMS, SIZE, lambda weight: weight.copy_(drawn))


def a_search(table, known):
    """A search that finds the best of the known places, and nothing else."""

    def search(queries, number):
        vectors = table.weight[1:-1].detach().numpy()
        scores = queries @ vectors.T
        scores[:, [place for place in range(NUM_ITEMS) if place not in known]] = -np.inf
        order = np.argsort(-scores, axis=1, kind="stable")[:, :number]
        return np.where(np.isfinite(np.take_along_axis(scores, order, 1)), order, -1)

    return search


@st.composite
def worlds(draw):
    generator = torch.Generator().manual_seed(draw(st.integers(0, 1000)))
    rows = draw(st.integers(1, 4))
    states = torch.randint(-2, 3, (rows, SIZE), generator=generator).float()
    history = st.lists(st.integers(1, NUM_ITEMS), max_size=NUM_ITEMS + 3)
    histories = draw(st.lists(history, min_size=rows, max_size=rows))
    return a_table(generator), states, histories, draw(st.integers(1, NUM_ITEMS))


def flat(histories):
    owners = [row for row, items in enumerate(histories) for _ in items]
    items = [item for history in histories for item in history]
    return torch.tensor(items, dtype=torch.int64), torch.tensor(owners, dtype=torch.int64)


def slow_list(state, table, candidates, history, length):
    """Sort all that may be recommended, the best first, the lowest number among equals."""
    scores = (table.weight.detach() @ state).tolist()
    scored = [(-scores[item], item) for item in candidates if item not in history]
    best = sorted(scored)[:length]
    return [item for _, item in best], [-score for score, _ in best]


@given(worlds())
def test_what_a_whole_search_finds_are_the_exact_lists(world):
    table, states, histories, length = world
    with torch.no_grad():
        near = near_items(
            a_search(table, range(NUM_ITEMS)), states, table, *flat(histories), length
        )
        exact = first_items(table.scores(states), *flat(histories), length)
    assert not near.short.any()
    # Among equal ones at the end a search may have found another than the first.
    scores = table.scores(states).gather(1, exact.long()).where(exact > 0, 0)
    assert torch.equal(near.scores, scores.detach())
    for row, history in enumerate(histories):
        assert not set(near.items[row].tolist()) & set(history)


@given(worlds(), st.sets(st.integers(0, NUM_ITEMS - 1)))
def test_lists_are_made_of_what_is_found_and_those_too_short_are_told(world, known):
    table, states, histories, _ = world
    with torch.no_grad():
        near = near_items(a_search(table, known), states, table, *flat(histories), NUM_ITEMS)
    for row, history in enumerate(histories):
        items, scores = slow_list(
            states[row], table, [place + 1 for place in known], history, NUM_ITEMS
        )
        rest = [0] * (NUM_ITEMS - len(items))
        assert near.items[row].tolist() == items + rest
        assert near.scores[row].tolist() == scores + rest
        assert near.short[row] == (len(items) < NUM_ITEMS - len(set(history)))


def test_so_many_more_are_looked_for_as_the_longest_history_excludes():
    table, asked = a_table(torch.Generator().manual_seed(1)), []

    def search(queries, number):
        asked.append(number)
        return a_search(table, range(NUM_ITEMS))(queries, number)

    with torch.no_grad():
        near_items(search, torch.ones(2, SIZE), table, *flat([[1, 1, 2], [5]]), 3)
        near_items(search, torch.ones(2, SIZE), table, *flat([[], []]), 3)
        near_items(search, torch.ones(1, SIZE), table, *flat([[*range(1, 12)]]), 3)
    assert asked == [3 + 2, 3, NUM_ITEMS]


WRONG = {
    "numbers": (np.ones((1, 2)), "places must be int64 of shape [1, 2], found float64 of shape..."),
    "shape": (np.ones((1, 3), np.int64), "... found int64 of shape [1, 3]"),
    "range": (np.array([[0, NUM_ITEMS]]), "places must be between -1 and 11, found 0 to 12"),
    "twice": (np.array([[4, 4]]), "a place was found twice for one query"),
}


@pytest.mark.parametrize(("places", "words"), WRONG.values(), ids=WRONG)
def test_places_that_cannot_be_are_refused(places, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011
        checked_places(places, (1, 2), NUM_ITEMS)
    assert words.strip(". ") in str(caught.value)


def test_places_that_can_be_are_returned():
    places = np.array([[3, -1, -1], [0, 11, 5]])
    assert checked_places(places, (2, 3), NUM_ITEMS) is places
