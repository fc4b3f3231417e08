"""What evaluators share: the settings of what they report, and the step from cases to means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from attrs.validators import deep_iterable, in_, min_len

from fw import metrics
from fw.config import validators
from fw.expected_ranks import Floats
from fw.ranking import Counts, Metrics


def metrics_field() -> Any:
    """Return the field ``metrics``: what is reported at every cutoff."""
    return attrs.field(
        default=("hr", "ndcg", "mrr"),
        validator=[min_len(1), deep_iterable(in_(metrics.METRICS))],
        metadata={"help": "what to report; with one target a case, recall is hr and map is mrr"},
    )


def cutoffs_field() -> Any:
    """Return the field ``cutoffs``: how many places at the top count."""
    return attrs.field(
        default=(1, 5, 10, 20),
        validator=[min_len(1), deep_iterable(validators.at_least(1))],
        metadata={"help": "the k of hr@k, ndcg@k ..."},
    )


def summarised(
    names: Sequence[str], values: Mapping[str, Floats], counts: Counts, notes: Mapping[str, Any]
) -> Metrics:
    """Make metrics of the values of every case ([C] each): their means and standard errors."""
    means = {name: metrics.summary(values[name]) for name in names}
    return Metrics(means, counts, notes, {name: values[name] for name in names})
