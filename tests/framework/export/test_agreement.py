"""Exported scores are compared with those of the run, and the comparison finds what is wrong."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from fw.export.agreement import compare


@pytest.fixture
def right(trained):
    """A function that scores as the run does."""
    return lambda history: trained.scores(history).numpy()


def test_the_same_scores_do_not_differ(trained, right):
    found = compare(trained, right)
    assert (found.difference, found.close) == (0.0, True)


@pytest.mark.parametrize(("error", "close"), [(5e-5, True), (2e-4, False), (np.nan, False)])
def test_a_difference_in_one_score_is_seen(trained, monkeypatch, error, close):
    def scores(history):
        return torch.full((len(history.lengths), 26), 0.5)

    def wrong(history):
        found = np.full((len(history.lengths), 26), 0.5, dtype=np.float32)
        found[0, 5] += error
        return found

    monkeypatch.setattr(type(trained), "scores", lambda run, history: scores(history))

    found = compare(trained, wrong)
    assert found.close is close
    assert found.difference == pytest.approx(error, rel=0.01, nan_ok=True)


def test_large_scores_may_differ_by_what_rounding_does(trained, monkeypatch):
    """Of scores around 1000 the seventh digit is at 1e-4 already."""
    scores = torch.full((1, 26), 1000.0)
    monkeypatch.setattr(type(trained), "scores", lambda run, history: scores)
    assert compare(trained, lambda history: scores.numpy() + 0.05).close
    assert not compare(trained, lambda history: scores.numpy() + 0.2).close


def test_histories_are_the_runs_own_in_several_sizes_and_widths(trained, right):
    seen = []
    store = trained.split.store
    bounds = pairwise(store.offsets)
    histories = [store.items[first:end].tolist() for first, end in bounds]

    def watched(history):
        items, lengths = history.items.numpy(), history.lengths.numpy()
        seen.append(items.shape)
        for row, length in zip(items, lengths, strict=True):
            assert any(row[:length].tolist() == history[-length:] for history in histories)
            assert not row[length:].any()
        return right(history)

    compare(trained, watched)
    assert {size for size, _ in seen} == {1, 2, 7, 30}
    assert {width for _, width in seen} == {1, 2, 4, 8}
