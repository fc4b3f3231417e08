"""Ranking among a hundred candidates: the exact expectation over all draws, or real draws."""

from __future__ import annotations

from typing import Any, Literal

import attrs
from attrs.validators import in_, optional

from fw import Info, hookimpl, validators
from fw.evaluation import cutoffs_field, metrics_field
from fw.metrics import MetricName, names
from fw_plugins.evaluators._sampling import (
    DrawnEvaluator,
    ExpectedEvaluator,
    Rules,
    SampledEvaluator,
)

PROTOCOLS = {
    "clean-sampled100": Rules(),
    "kang205-sampled100": Rules(exclude="train", repeated=True, target_too=True),
    "popularity-sampled100": Rules(repeated=True, weighted=True),
    "bert4rec-sampled100": Rules(weighted=True),
    "s3rec-99": Rules(num_candidates=99),
}
Protocol = Literal[
    "clean-sampled100",
    "kang205-sampled100",
    "popularity-sampled100",
    "bert4rec-sampled100",
    "s3rec-99",
]
Mode = Literal["expected", "drawn"]


def _has_closed_form(settings: Any, attribute: attrs.Attribute[Any], mode: Mode | None) -> None:
    if mode == "expected" and not PROTOCOLS[settings.protocol].has_closed_form:
        raise ValueError(
            f"{settings.protocol} is always drawn, since weighted draws without replacement have "
            'no closed form: write mode = "drawn", or take popularity-sampled100'
        )


def _has_draws(settings: Any, attribute: attrs.Attribute[Any], draws: int) -> None:
    drawn = settings.mode == "drawn" or not PROTOCOLS[settings.protocol].has_closed_form
    if draws > 1 and not drawn:
        raise ValueError(f'draws = {draws} without mode = "drawn": nothing is drawn')


@attrs.frozen(kw_only=True)
class Sampled:
    """Rank the target among candidates drawn from the catalogue, under a named protocol.

    ``clean-sampled100``: 100 items, uniform without replacement outside the history and the target.
    ``kang205-sampled100``: SASRec's own (Kang and McAuley, ICDM 2018; ``util.py`` of
    kang205/SASRec): 100 draws with replacement outside the training items alone, so that the
    validation item, and the target itself, can be among them; for every user, not for 10,000.
    ``popularity-sampled100``: 100 draws with replacement, in proportion to training counts, outside
    the history and the target. ``bert4rec-sampled100``: the same without replacement, as
    BERT4Rec's own code draws (Sun et al., CIKM 2019; FeiSun/BERT4Rec): always drawn, since that has
    no closed form.
    ``s3rec-99``: S3Rec's (Zhou et al., CIKM 2020): 99 uniform without replacement outside the
    history and the target.

    In ``mode = "expected"`` nothing is drawn: the exact expectation over all draws follows from how
    many eligible items score better than the target and the same, or from how often those occur in
    training where that is what they are drawn by. In ``"drawn"`` the candidates
    depend on the evaluation seed, the protocol and the case alone. A copy of the target scores the
    same, so it ties with it; ties count by expectation. A case with fewer eligible items than
    candidates is ranked among all that there are.
    """

    protocol: Protocol = attrs.field(
        default="clean-sampled100",
        validator=in_(tuple(PROTOCOLS)),
        metadata={"help": "how many candidates, from which items, with which weights"},
    )
    mode: Mode | None = attrs.field(
        default=None,
        validator=[optional(in_(("expected", "drawn"))), _has_closed_form],
        metadata={"help": "if not stated, expected where that has a closed form"},
    )
    draws: int = attrs.field(
        default=1,
        validator=[validators.between(1, 1000), _has_draws],
        metadata={"help": "how often candidates are drawn for a case; metrics are the mean"},
    )
    metrics: tuple[MetricName, ...] = metrics_field()
    cutoffs: tuple[int, ...] = cutoffs_field()

    def build(self, info: Info) -> SampledEvaluator:
        """Take the items' training counts, by which some protocols draw."""
        shared: dict[str, Any] = {
            "protocol": self.protocol,
            "names": names(self.metrics, self.cutoffs),
            "rules": PROTOCOLS[self.protocol],
            "item_counts": info.item_counts,
        }
        if self.mode == "drawn" or not shared["rules"].has_closed_form:
            return DrawnEvaluator(**shared, draws=self.draws)
        return ExpectedEvaluator(**shared)


@hookimpl
def register_evaluators(register):
    """Offer ``sampled``."""
    register("sampled", Sampled)
