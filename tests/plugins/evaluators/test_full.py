"""Full ranking."""

import pytest
import torch

from fw.interfaces import Evaluator
from fw.ranking import Counts, Lists
from fw_plugins.evaluators.full import Full


class Fixed:
    seed = 0

    def counts(self, exclude):
        better = {"seen": [0, 9], "none": [4, 30]}[exclude]
        return Counts(torch.tensor(better), torch.tensor([0, 1]), torch.tensor([50, 50]))

    def repeats(self, exclude):
        return torch.tensor([True, False])

    def lists(self):
        return Lists(torch.tensor([[1, 2, 3], [2, 1, 0]]), torch.tensor([0, 6, 2, 0, 0, 0]))


def test_the_protocol_says_what_became_of_the_history():
    assert Full().protocol == "full-seen-out"
    assert Full(exclude="none").protocol == "full-seen-in"
    assert isinstance(Full(), Evaluator)


def test_what_is_excluded_decides_the_rank():
    assert Full()(Fixed()).values["hr@10"].value == 0.75
    assert Full(exclude="none")(Fixed()).values["hr@10"].value == 0.5
    assert Full()(Fixed()).notes == {"repeat_targets": 1}


def test_every_named_metric_is_reported_with_counts_and_values_by_case():
    full = Full(metrics=("mrr", "auc"), cutoffs=(3, 10))
    metrics = full(Fixed())
    assert full.metric_names() == ("mrr@3", "mrr@10", "auc") == tuple(metrics.values)
    assert metrics.per_case["mrr@10"].tolist() == [1, 0.05]
    assert metrics.counts.better.tolist() == [0, 9]


def test_metrics_of_what_is_recommended_stand_beside_those_of_accuracy():
    full = Full(metrics=("hr",), cutoffs=(1, 3), beyond_accuracy=("popularity", "coverage"))
    metrics = full(Fixed())
    assert tuple(metrics.values) == (
        *("hr@1", "hr@3", "popularity@1", "popularity@3", "coverage@1", "coverage@3"),
    )
    assert metrics.per_case["popularity@3"].tolist() == [8 / 3, 4]
    assert metrics.values["coverage@3"].value == 0.75
    assert set(metrics.per_case) == set(metrics.values) - {"coverage@1", "coverage@3"}


def test_a_model_is_not_selected_by_what_has_no_better_side():
    full = Full(metrics=("hr",), cutoffs=(10,), beyond_accuracy=("gini",))
    assert full.metric_names() == ("hr@10",)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cutoffs": (0,)}, "cutoffs must be at least 1, found 0"),
        ({"cutoffs": ()}, "Length of 'cutoffs' must be >= 1: 0"),
        (
            {"beyond_accuracy": ("serendipity",)},
            "'beyond_accuracy' must be in ('coverage', 'gini', 'popularity', 'novelty') "
            "(got 'serendipity')",
        ),
        ({"exclude": "train"}, "'exclude' must be in ('seen', 'none') (got 'train')"),
    ],
)
def test_wrong_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=r".") as caught:
        Full(**settings)
    assert caught.value.args[0] == message
