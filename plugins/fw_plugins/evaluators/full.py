"""Ranking among the whole catalogue."""

from __future__ import annotations

from typing import Literal

import attrs
from attrs.validators import deep_iterable, in_
from torch import Tensor

from fw import Metrics, hookimpl
from fw.beyond_accuracy import LIST_METRICS, ListMetricName, of_lists
from fw.evaluation import cutoffs_field, metrics_field, summarised
from fw.expected_ranks import among_all
from fw.metrics import MetricName, names, per_case
from fw.random import Rng
from fw.ranking import Cases, Exclusion, Ranking


@attrs.frozen(kw_only=True)
class Full:
    """Rank the target among all items, by default without those of the case's own history.

    With ``exclude = "seen"`` (protocol ``full-seen-out``) the history is left out, at test the
    validation item too, as in S3Rec's and later papers, RecTools and gSASRec; with ``"none"``
    (``full-seen-in``) it stays, as in RecBole's sequential models. A target that the user has had
    before is ranked all the same. Ties count by expectation.

    ``beyond_accuracy`` asks for metrics of what is recommended, at every cutoff: the share of the
    catalogue in any list (``coverage``), how unequally items are recommended (``gini``), and the
    mean over a list of its items' training interactions (``popularity``) or of -log2 of their share
    of them (``novelty``). What is excluded is in no list. Sources: ``fw.beyond_accuracy``.
    """

    exclude: Literal["seen", "none"] = attrs.field(
        default="seen",
        validator=in_(("seen", "none")),
        metadata={"help": "what the target is not ranked with: the case's history, or nothing"},
    )
    metrics: tuple[MetricName, ...] = metrics_field()
    cutoffs: tuple[int, ...] = cutoffs_field()
    beyond_accuracy: tuple[ListMetricName, ...] = attrs.field(
        default=(),
        validator=deep_iterable(in_(LIST_METRICS)),
        metadata={"help": "what else is reported: coverage, gini, popularity, novelty"},
    )

    @property
    def protocol(self) -> str:
        """The name under which metrics are reported."""
        return "full-seen-out" if self.exclude == "seen" else "full-seen-in"

    def metric_names(self) -> tuple[str, ...]:
        """Name the metrics of accuracy."""
        return names(self.metrics, self.cutoffs)

    @property
    def top_lists(self) -> tuple[Exclusion, int] | None:
        """Ask for lists of recommended items where they are to be looked at."""
        return (self.exclude, max(self.cutoffs)) if self.beyond_accuracy else None

    def candidates(self, cases: Cases, rng: Rng) -> Tensor | None:
        """Draw nothing: the target is ranked among all items."""
        return None

    def __call__(self, ranking: Ranking) -> Metrics:
        """Make the metrics; notes count the targets that the user has had before."""
        counts = ranking.counts(self.exclude)
        values = per_case(self.metric_names(), counts, among_all)
        notes = {"repeat_targets": int(ranking.repeats("seen").sum())}
        found = summarised(self.metric_names(), values, counts, notes)
        if not self.beyond_accuracy:
            return found
        means, by_case = of_lists(self.beyond_accuracy, self.cutoffs, ranking.lists())
        return found._replace(
            values={**found.values, **means}, per_case={**found.per_case, **by_case}
        )


@hookimpl
def register_evaluators(register):
    """Offer ``full``."""
    register("full", Full)
