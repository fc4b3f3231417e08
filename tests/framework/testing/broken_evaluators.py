"""Evaluators that break their contract."""

# ruff: noqa: RUF012 (what is expected is never changed)

import attrs
import torch

from fw import Metrics
from fw.evaluation import summarised
from fw.expected_ranks import among_all
from fw.metrics import per_case
from fw.ranking import Metric
from fw.testing import EvaluatorContract

NAMES = ("hr@10", "ndcg@10")
REPORTED = "test_every_metric_it_names_is_reported"
CUT = "test_cases_may_be_cut_and_ordered_in_any_way"
MEAN = "test_a_mean_is_that_of_its_cases"
WEIGHTS = "test_weights_are_whole_numbers_of_all_items"
BETTER = "test_a_better_model_is_not_worse"


@attrs.frozen(kw_only=True)
class Right:
    """Rank among all items."""

    @property
    def protocol(self):
        return "all"

    def metric_names(self):
        return NAMES

    def candidates(self, cases, rng):
        return None

    def __call__(self, ranking):
        counts = ranking.counts("none")
        return summarised(NAMES, per_case(NAMES, counts, among_all), counts, {})


class TestRight(EvaluatorContract):
    component = Right
    expected = {}


@attrs.frozen(kw_only=True)
class Slashed(Right):
    """Have a slash in its name."""

    @property
    def protocol(self):
        return "all/items"


class TestSlashed(EvaluatorContract):
    component = Slashed
    expected = {
        "test_its_protocol_has_a_name": "the protocol is 'all/items'\n"
        '    it must be a name without a /, such as "full-seen-out"'
    }


@attrs.frozen(kw_only=True)
class SaysMore:
    """Promise what the built one does not report."""

    def metric_names(self):
        return (*NAMES, "mrr@10")

    def build(self, info):
        return Right()


class TestSaysMore(EvaluatorContract):
    component = SaysMore
    expected = {
        "test_its_settings_say_what_it_reports": "metric_names() is ('hr@10', 'ndcg@10'), but the "
        "settings say ('hr@10', 'ndcg@10', 'mrr@10')"
    }


@attrs.frozen(kw_only=True)
class OtherProtocol(Right):
    """Have another name once it is built."""

    def build(self, info):
        return Slashless()


class Slashless(Right):
    protocol = "some"


class TestOtherProtocol(EvaluatorContract):
    component = OtherProtocol
    expected = {
        "test_its_settings_say_what_it_reports": "protocol is 'some', but the settings say 'all'"
    }


@attrs.frozen(kw_only=True)
class NamesMore(Right):
    """Name what it does not report."""

    def metric_names(self):
        return (*NAMES, "auc")


class TestNamesMore(EvaluatorContract):
    component = NamesMore
    expected = {
        REPORTED: "metric_names() names auc, which is not reported\n"
        "    values must have every metric that is named",
        BETTER: "KeyError: 'auc'",
    }


def changed(change):
    """Make an evaluator of a change to right metrics."""

    @attrs.frozen(kw_only=True)
    class Changed(Right):
        """Change what is right."""

        def __call__(self, ranking):
            return change(Right.__call__(self, ranking))

    return Changed


class TestDictionary(EvaluatorContract):
    component = changed(lambda metrics: dict(metrics.values))
    expected = dict.fromkeys(
        (REPORTED, CUT, MEAN, BETTER), "the evaluator gives dict, not fw.Metrics"
    )


class TestNotANumber(EvaluatorContract):
    component = changed(
        lambda metrics: metrics._replace(
            values={name: Metric(one.value, float("nan")) for name, one in metrics.values.items()}
        )
    )
    expected = {REPORTED: "not finite: hr@10, ndcg@10"}


class TestRounded(EvaluatorContract):
    component = changed(
        lambda metrics: metrics._replace(
            values={name: Metric(one.value / 2, 0.1) for name, one in metrics.values.items()}
        )
    )
    expected = {MEAN: "hr@10 is ..., the mean over its cases ..."}


class TestCutCases(EvaluatorContract):
    component = changed(
        lambda metrics: metrics._replace(
            per_case={name: values[:4] for name, values in metrics.per_case.items()}
        )
    )
    expected = {MEAN: "per_case['hr@10'] has shape [4] for 10 cases"}


class TestCutCounts(EvaluatorContract):
    component = changed(
        lambda metrics: metrics._replace(
            per_case={}, counts=type(metrics.counts)(*(part[:4] for part in metrics.counts))
        )
    )
    expected = {MEAN: "counts are of [4] cases, there are 10"}


class TestLessIsMore(EvaluatorContract):
    component = changed(
        lambda metrics: Metrics(
            {name: Metric(1 - one.value, 0.1) for name, one in metrics.values.items()},
            metrics.counts,
        )
    )
    expected = {
        BETTER: "hr@10 is 0 with every target first, 1 with every target last\n"
        "    name only metrics of which more is better; others go into values alone"
    }


class TestBlind(EvaluatorContract):
    component = changed(
        lambda metrics: Metrics({name: Metric(0.5, 0.1) for name in NAMES}, metrics.counts)
    )
    expected = {BETTER: "no metric tells targets that are all first from targets that are all last"}


class TestByPlace(EvaluatorContract):
    component = changed(
        lambda metrics: Metrics(
            {name: Metric(float(metrics.counts.better[0] < 15), 0.1) for name in NAMES},
            metrics.counts,
        )
    )
    expected = {CUT: "hr@10 is 1, and 0 with cases in another order\n    draw candidates ..."}


@attrs.frozen(kw_only=True)
class Draws(Right):
    """Rank among what is drawn by torch's generator."""

    repeats_candidates = True

    def candidates(self, cases, rng):
        return torch.randint(1, cases.num_items + 1, (len(cases.ids), 1, 5))


CANDIDATES = "test_candidates_are_items"


class TestDraws(EvaluatorContract):
    component = Draws
    expected = {
        CUT: "draws from the global generator of torch\n    draw from the rng that is given: ...",
        CANDIDATES: "two draws from one rng differ in [...",
    }


@attrs.frozen(kw_only=True)
class Flat(Right):
    """Draw once, without saying so."""

    def candidates(self, cases, rng):
        return rng.integers((len(cases.ids), 5), cases.num_items) + 1


class TestFlat(EvaluatorContract):
    component = Flat
    expected = {
        CANDIDATES: "candidates are [10, 5]\n"
        "    they must be [10, R, K], R being the number of draws",
        **dict.fromkeys((REPORTED, CUT, MEAN, BETTER), "IndexError: ..."),
    }


@attrs.frozen(kw_only=True)
class TooFar(Right):
    """Draw the mask token."""

    def candidates(self, cases, rng):
        return rng.integers((len(cases.ids), 1, 5), 1) + cases.num_items + 1


class TestTooFar(EvaluatorContract):
    component = TooFar
    expected = {
        CANDIDATES: "draws [31], which are no items\n    items are numbered 1 .. 30",
        **dict.fromkeys((REPORTED, CUT, MEAN, BETTER), "fw.errors.PluginError: ..."),
    }


@attrs.frozen(kw_only=True)
class WantsLists(Right):
    """Ask for lists of what there is no rule for."""

    @property
    def top_lists(self):
        return ("all", 10)


class TestWantsLists(EvaluatorContract):
    component = WantsLists
    expected = {
        "test_lists_are_asked_for_by_rule_and_number": "top_lists is ('all', 10)\n"
        '    it must be None or a pair such as ("seen", 20)',
        **dict.fromkeys((REPORTED, CUT, MEAN, BETTER), "..."),
    }


@attrs.frozen(kw_only=True)
class Fractions(Right):
    """Weigh items by fractions."""

    @property
    def item_weights(self):
        return torch.full((32,), 0.5)


class TestFractions(EvaluatorContract):
    component = Fractions
    expected = {
        WEIGHTS: "item_weights is [32] torch.float32\n"
        "    it must be [32] torch.int64, such as info.item_counts",
        **dict.fromkeys((REPORTED, CUT, MEAN, BETTER), "fw.errors.PluginError: ..."),
    }


@attrs.frozen(kw_only=True)
class Debts(Right):
    """Weigh items less than nothing."""

    @property
    def item_weights(self):
        return torch.full((32,), -3)


class TestDebts(EvaluatorContract):
    component = Debts
    expected = {
        WEIGHTS: "an item weighs -3",
        **dict.fromkeys((REPORTED, CUT, MEAN, BETTER), "fw.errors.PluginError: ..."),
    }
