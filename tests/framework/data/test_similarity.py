"""The most similar item against a loop over all pairs of items."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fw.data import similarity
from fw.data.similarity import most_similar, nearest_items


def slow_similarity(rows, one, other):
    """Item-based collaborative filtering with inverse user frequency, as in CoSeRec."""
    users = [set(row) for row in rows]
    both = sum(1 / math.log(1 + len(had)) for had in users if one in had and other in had)
    counts = [sum(item in had for had in users) for item in (one, other)]
    return both / math.sqrt(counts[0] * counts[1]) if both else 0.0


def test_the_most_similar_item_by_hand(make_info):
    # 1 was had with 2 by users of two items, with 3 by a user of three; 5 is always alone.
    rows = [[1, 2], [1, 2, 1], [1, 3, 4], [5], [5, 5]]
    # s(1, 2) = 2 / ln 3 / sqrt(3 * 2) = 0.743; s(1, 3) = s(1, 4) = 1 / ln 4 / sqrt(3) = 0.416;
    # s(3, 4) = 1 / ln 4 = 0.721
    assert most_similar(make_info(rows, 6)).tolist() == [0, 2, 1, 4, 3, 5, 6, 7]


def test_of_equally_similar_items_the_smallest_id_is_taken(make_info):
    assert most_similar(make_info([[4, 2, 3]], 4)).tolist() == [0, 1, 3, 2, 2, 5]


def test_only_training_items_count(make_info):
    info = make_info([[1, 2, 3], [1, 3]], 3, train_lengths=[2, 1])
    assert most_similar(info).tolist() == [0, 2, 1, 3, 4]


@settings(max_examples=40)
@given(st.lists(st.lists(st.integers(1, 7), max_size=6), min_size=1, max_size=8).filter(any))
def test_no_other_item_is_more_similar_and_there_is_one_wherever_a_loop_finds_one(make_info, rows):
    nearest = most_similar(make_info(rows, 7)).tolist()
    for item in range(1, 8):
        scores = {
            other: slow_similarity(rows, item, other) for other in range(1, 8) if other != item
        }
        best = max(scores.values())
        if best == 0:
            assert nearest[item] == item
        else:
            assert math.isclose(scores[nearest[item]], best, rel_tol=1e-12)


def test_the_size_of_blocks_changes_nothing(make_info, monkeypatch):
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(1, 31, (20, 5), generator=generator).tolist()
    whole = most_similar(make_info(rows, 30))
    monkeypatch.setattr(similarity, "_BLOCK", 7)
    assert torch.equal(most_similar(make_info(rows, 30)), whole)


def slow_cosine(rows, one, other):
    """The cosine of two items as sets of users."""
    had = [{u for u, row in enumerate(rows) if item in row} for item in (one, other)]
    size = math.sqrt(len(had[0]) * len(had[1]))
    return len(had[0] & had[1]) / size if size else 0.0


def test_nearest_items_by_hand(make_info):
    rows = [[1, 2], [1, 2, 1], [1, 3, 4], [5], [5, 5]]
    items, similarities = nearest_items(make_info(rows, 6), 2)
    # cos(1, 2) = 2 / sqrt(3 * 2); cos(1, 3) = cos(1, 4) = 1 / sqrt(3); cos(3, 4) = 1
    assert items.tolist() == [[0, 0], [2, 3], [1, 0], [4, 1], [3, 1], [0, 0], [0, 0], [0, 0]]
    third, both = 1 / math.sqrt(3), 2 / math.sqrt(6)
    nothing = [0.0, 0.0]
    expected = [nothing, [both, third], [both, 0], [1, third], [1, third], *[nothing] * 3]
    torch.testing.assert_close(similarities, torch.tensor(expected))
    assert (items.dtype, similarities.dtype) == (torch.int64, torch.float32)


@settings(max_examples=40)
@given(
    rows=st.lists(st.lists(st.integers(1, 7), max_size=6), min_size=1, max_size=8).filter(any),
    number=st.integers(1, 9),
    inverse=st.booleans(),
)
def test_nearest_items_are_the_first_of_all_in_order(make_info, rows, number, inverse):
    info = make_info(rows, 7)
    items, similarities = nearest_items(info, number, inverse_user_frequency=inverse)
    slow = slow_similarity if inverse else slow_cosine
    assert items.shape == similarities.shape == (9, min(number, 6))
    for item in range(9):
        scores = {o: slow(rows, item, o) for o in range(1, 8) if o != item and 0 < item < 8}
        best = sorted((s for s in scores.values() if s > 0), reverse=True)[:number]
        found = items[item].tolist()
        expected = torch.tensor(best + [0.0] * (len(found) - len(best)))
        torch.testing.assert_close(similarities[item], expected)
        for one, value in zip(found[: len(best)], best, strict=True):
            assert math.isclose(scores[one], value, rel_tol=1e-6)
        assert len(set(found[: len(best)])) == len(best)
        assert set(found[len(best) :]) <= {0}


def test_the_nearest_item_is_the_most_similar_one(make_info):
    generator = torch.Generator().manual_seed(0)
    info = make_info(torch.randint(1, 31, (20, 5), generator=generator).tolist(), 30)
    nearest, _ = nearest_items(info, 1, inverse_user_frequency=True)
    most = most_similar(info)
    itself = torch.arange(32)
    assert torch.where(nearest[:, 0] == 0, itself, nearest[:, 0]).equal(most)
