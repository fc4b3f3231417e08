"""What one batch an epoch says about training."""

from types import SimpleNamespace

import pytest
import torch

from fw import Sequences
from fw.engine.steps.diagnosis import overlap, warnings


def sequences(*rows):
    width = max(map(len, rows))
    items = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    return Sequences(items, torch.tensor([len(row) for row in rows]), torch.arange(len(rows)))


def test_the_overlap_is_the_share_of_the_first_views_items_that_the_second_has():
    first, second = sequences([1, 2, 3], [4]), sequences([3, 9], [5, 6])
    assert overlap(first, second).item() == pytest.approx(1 / 4)


def test_padding_is_no_overlap():
    assert overlap(sequences([1, 2], [3]), sequences([4], [5, 6])).item() == 0


CONTRASTIVE = SimpleNamespace(name="nt_xent", contrastive=True)
HEALTHY = {
    "nt_xent/saturated": 0.1,
    "nt_xent/false_negatives": 0.01,
    "nt_xent/effective_rank": 20.0,
}


def test_a_healthy_term_is_not_warned_of():
    assert warnings([CONTRASTIVE], {"nt_xent": 3.0}, HEALTHY) == {}


def test_terms_that_are_not_contrastive_are_not_looked_at():
    plain = SimpleNamespace(name="bce", contrastive=False)
    assert warnings([plain], {"bce": 0.0}, {}) == {}


def test_case_B37_a_term_that_is_zero_is_explained():
    found = warnings([CONTRASTIVE], {"nt_xent": 0.0}, {**HEALTHY, "nt_xent/saturated": 1.0})
    assert list(found.values()) == [
        "nt_xent teaches next to nothing: it is 0 and 100% of its anchors are saturated, since the "
        "logits are too far apart; use cosine similarity, a higher temperature, or mean pooling"
    ]


def test_false_negatives_and_collapse_are_explained():
    numbers = {**HEALTHY, "nt_xent/false_negatives": 0.25, "nt_xent/effective_rank": 1.2}
    assert list(warnings([CONTRASTIVE], {"nt_xent": 3.0}, numbers).values()) == [
        'nt_xent: 25% of its negative pairs share their newest item; false_negatives = "mask" '
        "leaves them out",
        "nt_xent: the pooled vectors have collapsed to 1.2 directions; lower its weight or raise "
        "the temperature",
    ]
