"""The most similar item against a loop over all pairs of items."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fw.data import similarity
from fw.data.similarity import most_similar


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


@settings(max_examples=40, deadline=None)
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
