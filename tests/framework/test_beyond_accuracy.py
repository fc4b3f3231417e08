"""Metrics of what is recommended: by hand, and against slow definitions."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fw import beyond_accuracy
from fw.ranking import Lists

# Items 1 to 5 occur 8, 4, 2, 2 and 0 times in training; the third list has room for two more.
COUNTS = np.array([0, 8, 4, 2, 2, 0, 0])
LISTS = np.array([[1, 2, 3], [2, 1, 5], [1, 0, 0]])


def lists_of(items, counts=COUNTS):
    return Lists(torch.tensor(items, dtype=torch.int32), torch.as_tensor(counts))


def of_lists(metrics, cutoffs, items=LISTS, counts=COUNTS):
    return beyond_accuracy.of_lists(metrics, cutoffs, lists_of(items, counts))


def test_coverage_is_the_share_of_the_catalogue_in_any_list():
    means, _ = of_lists(["coverage"], [1, 2, 3])
    assert [metric.value for metric in means.values()] == [2 / 5, 2 / 5, 4 / 5]


def test_popularity_is_the_mean_training_count_over_a_list():
    means, by_case = of_lists(["popularity"], [1, 3])
    assert by_case["popularity@3"].tolist() == [14 / 3, 4, 8]
    assert by_case["popularity@1"].tolist() == [8, 4, 8]
    assert means["popularity@3"].value == pytest.approx((14 / 3 + 12) / 3)
    assert means["popularity@3"].standard_error == pytest.approx(
        np.std([14 / 3, 4, 8], ddof=1) / math.sqrt(3)
    )


def test_novelty_is_the_mean_self_information_in_bits():
    # Of 16 interactions 8, 4, 2 are 1, 2 and 3 bits; an item without any counts as one of them: 4.
    _, by_case = of_lists(["novelty"], [3])
    assert by_case["novelty@3"].tolist() == [2, 7 / 3, 1]


def test_an_empty_list_counts_nothing():
    _, by_case = of_lists(["popularity", "novelty"], [2], items=np.zeros((1, 2), dtype=int))
    assert by_case["popularity@2"].tolist() == by_case["novelty@2"].tolist() == [0]
    means, _ = of_lists(["coverage", "gini"], [2], items=np.zeros((1, 2), dtype=int))
    assert [metric.value for metric in means.values()] == [0, 0]


def test_what_is_of_all_lists_together_has_no_value_of_a_case_and_no_standard_error():
    means, by_case = of_lists(["gini", "novelty", "coverage"], [1, 3])
    assert list(means) == [
        "gini@1", "gini@3", "novelty@1", "novelty@3", "coverage@1", "coverage@3"
    ]  # fmt: skip
    assert list(by_case) == ["novelty@1", "novelty@3"]
    missing = [name for name, metric in means.items() if math.isnan(metric.standard_error)]
    assert missing == ["gini@1", "gini@3", "coverage@1", "coverage@3"]


@given(st.lists(st.integers(0, 20), min_size=1, max_size=12).filter(any))
def test_gini_is_half_the_mean_difference_of_two_items_over_the_mean(counts):
    pairs = [abs(one - other) for one in counts for other in counts]
    slow = sum(pairs) / len(pairs) / 2 / (sum(counts) / len(counts))
    assert beyond_accuracy.gini(np.array(counts)) == pytest.approx(slow)


def test_gini_of_equal_counts_is_0_and_of_one_item_that_has_all_nearly_1():
    assert beyond_accuracy.gini(np.array([3, 3, 3, 3])) == 0
    assert beyond_accuracy.gini(np.array([0, 0, 7, 0])) == 0.75
    assert beyond_accuracy.gini(np.array([0, 0])) == 0


@given(
    st.lists(st.permutations(range(1, 8)), min_size=1, max_size=6),
    st.lists(st.integers(0, 9), min_size=7, max_size=7),
    st.integers(1, 7),
)
def test_every_metric_equals_a_slow_version_of_it(items, counts, k):
    padded = np.array([0, *counts, 0])
    means, _ = of_lists(beyond_accuracy.LIST_METRICS, [k], np.array(items), padded)
    tops = [one[:k] for one in items]
    times = [sum(item in top for top in tops) for item in range(1, 8)]
    bits = [-math.log2(max(count, 1) / max(sum(counts), 1)) for count in counts]
    slow = {
        "coverage": sum(time > 0 for time in times) / 7,
        "gini": sum(abs(a - b) for a in times for b in times) / (2 * 7 * sum(times)),
        "popularity": np.mean([counts[item - 1] for top in tops for item in top]),
        "novelty": np.mean([bits[item - 1] for top in tops for item in top]),
    }
    assert {name: metric.value for name, metric in means.items()} == {
        f"{name}@{k}": pytest.approx(value, abs=1e-12) for name, value in slow.items()
    }
