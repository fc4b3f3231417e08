"""Numbers about two views, worked out by hand."""

import math

import pytest
import torch

from fw.contrast import comparable, pairs, same_items
from fw.diagnostics import alignment, contrast_diagnostics, effective_rank, uniformity

EAST, NORTH, WEST = [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]


def numbers_of(first, second, **settings):
    settings = {"similarity": "cosine", "temperature": 1.0, **settings}
    numbers = contrast_diagnostics(torch.tensor(first), torch.tensor(second), **settings)
    assert all(number.shape == () for number in numbers.values())
    return {name: number.item() for name, number in numbers.items()}


def test_two_rows_at_right_angles():
    numbers = numbers_of([EAST, NORTH], [EAST, NORTH], temperature=0.5)
    assert numbers == pytest.approx(
        {
            "positive_similarity": 1.0,
            "negative_similarity": 0.0,
            "logit_gap": 2.0,
            "saturated": 0.0,
            "alignment": 0.0,
            "uniformity": -4.0,  # log exp(-2 * 2), for each view
            "effective_rank": 2.0,
        },
        abs=1e-6,
    )


def test_similarities_are_means_over_positive_and_negative_pairs():
    # Rows (1,0) and (0,1); their second views (0,1) and (0,1): positives 0 and 1; of the negative
    # pairs (east, north), (east, north'), (north, north'), (north'', north') two are 0 and two 1.
    numbers = numbers_of([EAST, NORTH], [NORTH, NORTH])
    assert numbers["positive_similarity"] == pytest.approx(0.5)
    assert numbers["negative_similarity"] == pytest.approx(0.5)
    assert numbers["alignment"] == pytest.approx(1.0)  # squared distances 2 and 0


def test_the_logit_gap_is_the_distance_from_the_hardest_negative():
    # Anchors east, west, north (of east), west (of west): positives 0, 1, 0, 1; hardest negatives
    # -1 (west), 0 (north), 0 (west), 0 (north).
    numbers = numbers_of([EAST, WEST], [NORTH, WEST])
    assert numbers["logit_gap"] == pytest.approx((1 + 1 + 0 + 1) / 4)


def test_anchors_are_saturated_when_the_positive_has_more_than_99_percent():
    # The positive's share is e^gap / (e^gap + 2): 0.99 at a gap of ln 198 = 5.288.
    for gap, expected in ((5.28, 0.0), (5.30, 1.0)):
        assert (
            numbers_of([EAST, NORTH], [EAST, NORTH], temperature=1 / gap)["saturated"] == expected
        )


def test_long_vectors_under_a_dot_product_are_saturated_and_a_cosine_does_not_see_it():
    first = [[7.0, 0.0], [0.0, 7.0]]
    assert numbers_of(first, first, similarity="dot")["logit_gap"] == pytest.approx(49.0)
    assert numbers_of(first, first, similarity="dot")["saturated"] == 1.0
    assert numbers_of(first, first)["logit_gap"] == pytest.approx(1.0)


def test_false_negatives_are_the_share_of_negative_pairs_with_one_newest_item():
    views = torch.randn(4, 3).tolist()
    numbers = numbers_of(views, views, newest=torch.tensor([5, 6, 5, 7]))
    assert numbers["false_negatives"] == pytest.approx(2 / 12)
    assert "false_negatives" not in numbers_of(views, views)


def test_uniformity_of_points_around_the_circle():
    # Four points: squared distances 2 (four pairs) and 4 (two pairs), on any radius.
    circle = torch.tensor([EAST, NORTH, WEST, [0.0, -1.0]]) * 3
    expected = math.log((4 * math.exp(-4) + 2 * math.exp(-8)) / 6)
    assert uniformity(circle).item() == pytest.approx(expected)
    assert uniformity(torch.ones(5, 2)).item() == pytest.approx(0.0, abs=1e-6)


def test_alignment_is_the_mean_squared_distance_on_the_sphere():
    first, second = torch.tensor([EAST, NORTH]) * 5, torch.tensor([WEST, NORTH])
    assert alignment(first, second).item() == pytest.approx(2.0)  # 4 and 0


def test_the_effective_rank_counts_directions():
    assert effective_rank(torch.ones(6, 4)).item() == pytest.approx(1.0)
    assert effective_rank(torch.eye(4)).item() == pytest.approx(4.0)
    # Eigenvalues 4 and 1: 25 / 17.
    assert effective_rank(torch.diag(torch.tensor([2.0, 1.0]))).item() == pytest.approx(25 / 17)


def test_nothing_is_added_to_the_graph_of_gradients():
    first = torch.randn(3, 4, requires_grad=True)
    numbers = contrast_diagnostics(first, first, similarity="dot", temperature=1.0)
    assert not any(number.requires_grad for number in numbers.values())


def test_views_are_stacked_in_float32_and_of_unit_length_for_a_cosine():
    first, second = torch.tensor([[3.0, 4.0], [0.0, 0.0]]).half(), torch.ones(2, 2).half()
    dot, cosine = comparable(first, second, "dot"), comparable(first, second, "cosine")
    assert dot.dtype == cosine.dtype == torch.float32
    assert dot.tolist() == [[3.0, 4.0], [0.0, 0.0], [1.0, 1.0], [1.0, 1.0]]
    assert cosine[0].tolist() == pytest.approx([0.6, 0.8])
    assert cosine.norm(dim=1).tolist() == pytest.approx([1.0, 0.0, 1.0, 1.0])


def test_pairs_of_two_views_of_two_rows():
    positive, itself = pairs(2, torch.device("cpu"))
    assert positive.nonzero().tolist() == [[0, 2], [1, 3], [2, 0], [3, 1]]
    assert torch.equal(itself, torch.eye(4, dtype=torch.bool))


def test_same_items_are_shared_between_rows_but_padding_is_not():
    same = same_items(torch.tensor([7, 0, 0]))
    assert same.nonzero().tolist() == [[0, 0], [0, 3], [3, 0], [3, 3]]
