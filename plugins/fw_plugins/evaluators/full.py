"""Ranking among the whole catalogue."""

from __future__ import annotations

from typing import Literal

import attrs
from torch import Tensor

from fw import Metrics, hookimpl
from fw.evaluation import cutoffs_field, metrics_field, summarised
from fw.expected_ranks import among_all
from fw.metrics import MetricName, names, per_case
from fw.random import Rng
from fw.ranking import Cases, Ranking


@attrs.frozen(kw_only=True)
class Full:
    """Rank the target among all items, by default without those of the case's own history.

    With ``exclude = "seen"`` (protocol ``full-seen-out``) the history is left out, at test the
    validation item too, as in S3Rec's and later papers, RecTools and gSASRec; with ``"none"``
    (``full-seen-in``) it stays, as in RecBole's sequential models. A target that the user has had
    before is ranked all the same. Ties count by expectation.
    """

    exclude: Literal["seen", "none"] = attrs.field(
        default="seen",
        validator=attrs.validators.in_(("seen", "none")),
        metadata={"help": "what the target is not ranked with: the case's history, or nothing"},
    )
    metrics: tuple[MetricName, ...] = metrics_field()
    cutoffs: tuple[int, ...] = cutoffs_field()

    @property
    def protocol(self) -> str:
        """The name under which metrics are reported."""
        return "full-seen-out" if self.exclude == "seen" else "full-seen-in"

    def metric_names(self) -> tuple[str, ...]:
        """Name the metrics that are reported."""
        return names(self.metrics, self.cutoffs)

    def candidates(self, cases: Cases, rng: Rng) -> Tensor | None:
        """Draw nothing: the target is ranked among all items."""
        return None

    def __call__(self, ranking: Ranking) -> Metrics:
        """Make the metrics; notes count the targets that the user has had before."""
        counts = ranking.counts(self.exclude)
        values = per_case(self.metric_names(), counts, among_all)
        notes = {"repeat_targets": int(ranking.repeats("seen").sum())}
        return summarised(self.metric_names(), values, counts, notes)


@hookimpl
def register_evaluators(register):
    """Offer ``full``."""
    register("full", Full)
