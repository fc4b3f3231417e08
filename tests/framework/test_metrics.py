"""Metrics: values by hand, by definition, and in the public cases."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fw import metrics
from fw.expected_ranks import among_all
from fw.ranking import Counts, Metric


def ranked(*ranks, eligible=1000):
    """Counts of targets that stand on these ranks, without ties."""
    better = torch.tensor(ranks) - 1
    return Counts(better, torch.zeros_like(better), torch.full_like(better, eligible))


def values(counts, *names):
    return metrics.per_case(names, counts, among_all)


def mean(counts, name):
    return values(counts, name)[name].mean()


def test_case_B01_ndcg_with_one_relevant_item():
    counts = ranked(1, 2, 3, 10, 11)
    by_user = [1, 0.6309297536, 0.5, 0.2890648263, 0]
    assert values(counts, "ndcg@10")["ndcg@10"] == pytest.approx(by_user, abs=1e-10)
    assert mean(counts, "ndcg@10") == pytest.approx(0.4839989160, abs=1e-10)
    assert mean(counts, "hr@10") == pytest.approx(0.8)
    assert mean(counts, "mrr@10") == pytest.approx(0.3866666667, abs=1e-10)


def test_case_B01_ndcg_never_falls_as_k_grows():
    seventh = values(ranked(7), "ndcg@5", "ndcg@10")
    assert seventh["ndcg@5"] == [0]
    assert seventh["ndcg@10"] == pytest.approx([1 / 3], abs=1e-10)
    growing = values(ranked(*range(1, 30)), *(f"ndcg@{k}" for k in range(1, 40)))
    assert (np.diff(np.stack(list(growing.values())), axis=0) >= 0).all()


def test_case_B02_a_constant_scorer_gets_exactly_chance():
    everything_tied = Counts(torch.tensor([0]), torch.tensor([100]), torch.tensor([100]))
    assert mean(everything_tied, "hr@10") == pytest.approx(10 / 101, abs=1e-15)
    assert mean(everything_tied, "ndcg@10") == pytest.approx(0.0449857, abs=1e-7)


def test_case_B02_a_partial_tie_counts_by_expectation():
    counts = Counts(torch.tensor([8]), torch.tensor([3]), torch.tensor([100]))
    assert mean(counts, "hr@10") == pytest.approx(0.5)
    assert mean(counts, "ndcg@10") == pytest.approx(0.1475237, abs=1e-7)


def test_case_B03_k_may_be_larger_than_the_number_of_candidates():
    second = values(ranked(2, eligible=2), "hr@1", "hr@5", "hr@10", "ndcg@1", "ndcg@5", "ndcg@10")
    assert [float(value[0]) for value in second.values()] == pytest.approx(
        [0, 1, 1, 0, 0.6309298, 0.6309298], abs=1e-7
    )
    assert mean(ranked(3, eligible=2), "ndcg@5") == 0.5


def test_case_B04_precision_is_the_hit_rate_over_k():
    names = ("hr@10", "recall@10", "precision@10", "ndcg@10", "mrr@10", "map@10")
    by_name = values(ranked(4, 40), *names)
    first = [float(by_name[name][0]) for name in names]
    assert first == pytest.approx([1, 1, 0.1, 0.4306766, 0.25, 0.25], abs=1e-7)
    assert [float(by_name[name][1]) for name in names] == [0] * 6
    means = [by_name[name].mean() for name in ("hr@10", "precision@10", "ndcg@10")]
    assert means == pytest.approx([0.5, 0.05, 0.2153383], abs=1e-7)


@given(st.lists(st.tuples(*[st.integers(0, 40)] * 3), min_size=1, max_size=5), st.integers(1, 50))
def test_case_B04_every_metric_of_any_ranks_lies_between_0_and_1(parts, k):
    better, tied, worse = (torch.tensor(column) for column in zip(*parts, strict=True))
    names = metrics.names(metrics.METRICS, [k])
    found = values(Counts(better, tied, better + tied + worse), *names)
    assert all(((value >= 0) & (value <= 1 + 1e-12)).all() for value in found.values())
    assert found[f"precision@{k}"] == pytest.approx(found[f"hr@{k}"] / k)


def test_case_B06_a_hit_rate_has_its_binomial_standard_error():
    hits = np.repeat([1.0, 0.0], [5099, 941])
    metric = metrics.summary(hits)
    assert metric.value == pytest.approx(0.8442, abs=5e-5)
    assert metric.standard_error == pytest.approx(0.00467, abs=5e-6)


def test_area_under_the_curve_is_the_share_below_with_ties_by_half():
    counts = Counts(torch.tensor([3, 0, 0]), torch.tensor([4, 10, 0]), torch.tensor([10, 10, 0]))
    assert values(counts, "auc")["auc"].tolist() == [0.5, 0.5, 0.5]
    assert mean(ranked(1, 11, eligible=10), "auc") == 0.5
    odd = Counts(torch.tensor([1]), torch.tensor([3]), torch.tensor([10]))
    assert values(odd, "auc")["auc"].tolist() == [0.75]  # 6 below and half of 3


def test_names_have_every_cutoff_but_auc_has_none():
    assert metrics.names(("hr", "auc", "ndcg"), (1, 10)) == (
        "hr@1",
        "hr@10",
        "auc",
        "ndcg@1",
        "ndcg@10",
    )


def test_ties_count_as_the_mean_over_all_orders():
    counts = Counts(torch.tensor([0, 2, 9]), torch.tensor([1, 30, 0]), torch.full((3,), 99))
    for name in ("ndcg@10", "mrr@20", "hr@5", "precision@5"):
        worth = np.append(metrics.rank_values(name), np.zeros(100))
        slow = [np.mean(worth[b : b + t + 1]) for b, t in ((0, 1), (2, 30), (9, 0))]
        assert values(counts, name)[name] == pytest.approx(slow, abs=1e-12)


def test_many_cases_are_worked_off_in_blocks():
    ranks = np.arange(20_000) % 7 + 1
    found = values(ranked(*ranks), "mrr@5")["mrr@5"]
    assert found == pytest.approx(np.where(ranks <= 5, 1 / ranks, 0))


def test_at_the_first_place_hit_rate_ndcg_and_reciprocal_rank_agree():
    counts = Counts(torch.tensor([0, 0, 3]), torch.tensor([0, 4, 1]), torch.full((3,), 50))
    first = values(counts, "hr@1", "ndcg@1", "mrr@1")
    assert first["hr@1"].tolist() == first["ndcg@1"].tolist() == first["mrr@1"].tolist()


def test_numbers_that_no_ranks_can_give_are_found_out():
    assert not metrics.is_feasible({"hr@10": 0.8046, "mrr@10": 0.534, "ndcg@10": 0.6675})
    assert metrics.is_feasible({"hr@10": 0.8046, "mrr@10": 0.534, "ndcg@10": 0.60})
    assert not metrics.is_feasible({"hr@1": 0.3, "ndcg@1": 0.31})
    assert not metrics.is_feasible({"hr@5": 0.7, "hr@10": 0.6})


def test_numbers_may_be_off_by_their_rounding():
    assert metrics.is_feasible({"hr@1": 0.3, "ndcg@1": 0.30005})
    assert not metrics.is_feasible({"hr@1": 0.3, "ndcg@1": 0.3002})
    assert metrics.is_feasible({"hr@1": 0.3, "ndcg@1": 0.31}, tolerance=0.006)
    assert metrics.is_feasible({"hr@10": 1.00004})
    assert not metrics.is_feasible({"hr@10": 1.0001})


def test_metrics_of_any_ranks_are_feasible():
    names = ("hr@1", "hr@10", "ndcg@10", "mrr@10", "ndcg@20")
    found = values(ranked(1, 1, 2, 5, 9, 14, 30), *names)
    assert metrics.is_feasible({name: value.mean() for name, value in found.items()})


def test_the_standard_error_is_that_of_a_mean_of_a_sample():
    # Squares about the mean 2.5 sum to 5: sqrt(5 / 3) / sqrt(4).
    metric = metrics.summary(np.array([1.0, 2.0, 3.0, 4.0]))
    assert metric == pytest.approx((2.5, math.sqrt(5 / 12)))


def test_too_few_cases_have_no_standard_error():
    assert metrics.summary(np.array([0.5])).value == 0.5
    assert math.isnan(metrics.summary(np.array([0.5])).standard_error)
    assert math.isnan(metrics.summary(np.array([])).value)


def test_case_B62_a_result_within_three_standard_errors_of_chance_is_told():
    chance = metrics.chance("hr@10", torch.tensor([100, 100]), among_all)
    assert chance == pytest.approx(10 / 101)
    assert metrics.is_at_chance(Metric(0.1100, 0.0040), chance)
    assert not metrics.is_at_chance(Metric(0.1112, 0.0040), chance)
