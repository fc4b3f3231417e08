"""Paired comparisons: against scipy and against hand calculation."""

import numpy as np
import pytest
from scipy.stats import permutation_test

from fw import stats
from fw.ranking import Metric


@pytest.fixture
def differences():
    return np.random.default_rng(3).normal(0.03, 0.3, 400)


def test_case_B06_two_single_runs_that_cannot_be_told_apart():
    first, second = Metric(0.8442, 0.00467), Metric(0.8474, 0.00463)
    difference = stats.unpaired_difference(first, second)
    assert difference.value == pytest.approx(0.0032)
    assert difference.standard_error == pytest.approx(0.00657, abs=1e-5)
    assert difference.value / difference.standard_error == pytest.approx(0.49, abs=0.005)


def test_a_paired_difference_is_sharper_where_the_cases_agree():
    first = np.array([0.0, 1.0, 0.0, 1.0])
    paired = stats.paired_difference(first, first + 0.1)
    assert paired.value == pytest.approx(0.1)
    assert paired.standard_error == pytest.approx(0.0, abs=1e-15)


def test_the_bootstrap_interval_of_a_mean_is_nearly_the_normal_one(differences):
    low, high = stats.bootstrap_interval(differences, resamples=4000)
    error = differences.std() / 20
    assert low == pytest.approx(differences.mean() - 1.96 * error, abs=0.1 * error)
    assert high == pytest.approx(differences.mean() + 1.96 * error, abs=0.1 * error)


def test_what_is_drawn_depends_on_the_seed_alone(differences):
    def run(seed):
        return stats.bootstrap_interval(differences, resamples=200, seed=seed)

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_what_is_not_said_is_95_percent_ten_thousand_resamples_and_seed_0(differences):
    interval = stats.bootstrap_interval(differences, confidence=0.95, resamples=10_000, seed=0)
    assert stats.bootstrap_interval(differences) == interval
    p_value = stats.sign_flip_test(differences, resamples=10_000, seed=0)
    assert stats.sign_flip_test(differences) == p_value


def test_resamples_are_drawn_about_four_million_numbers_at_a_time(monkeypatch):
    assert list(stats._batches(10_000, 1000)) == [4194, 4194, 1612]  # 2^22 numbers hold 4194 rows
    assert list(stats._batches(3, 2**23)) == [1, 1, 1]
    assert list(stats._batches(5, 0)) == [5]
    monkeypatch.setattr(stats, "_AT_ONCE", 500)
    assert stats.sign_flip_test(np.full(50, 0.1), resamples=999) == pytest.approx(0.001)
    assert stats.bootstrap_interval(np.full(50, 0.1), resamples=99) == pytest.approx((0.1, 0.1))


def test_the_sign_flip_test_agrees_with_scipy_where_all_flips_are_listed():
    few = np.array([0.3, -0.1, 0.2, 0.25, 0.05, -0.02, 0.4, 0.1])
    exact = permutation_test(
        (few, np.zeros(8)), lambda x, y: (x - y).mean(), permutation_type="samples"
    ).pvalue
    assert stats.sign_flip_test(few, resamples=50_000) == pytest.approx(exact, abs=0.003)


def test_equal_models_are_not_told_apart():
    assert stats.sign_flip_test(np.zeros(50), resamples=100) == 1.0
    hits = np.array([True, False, True])
    assert stats.mcnemar_test(hits, hits) == 1.0


def test_a_clear_difference_has_the_smallest_p_value():
    assert stats.sign_flip_test(np.full(50, 0.1), resamples=999) == pytest.approx(0.001)


def test_mcnemar_looks_at_the_cases_that_one_model_alone_hits():
    # 1 against 8 of 9 discordant cases: 2 * (C(9, 0) + C(9, 1)) / 2^9.
    first = np.array([True] * 10 + [False] * 30 + [True] + [False] * 8)
    second = np.array([True] * 10 + [False] * 30 + [False] + [True] * 8)
    assert stats.mcnemar_test(first, second) == pytest.approx(20 / 512)


def test_holm_multiplies_by_how_many_are_left_and_never_falls():
    # The example in Holm's order: 0.01 * 4, 0.02 * 3, 0.03 * 2 (kept at 0.06), 0.04 (kept at 0.06).
    assert stats.holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert stats.holm([0.6, 0.7]) == [1.0, 1.0]
    assert stats.holm([]) == []
