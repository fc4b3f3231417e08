"""The two ways to rank among candidates: by expectation over all draws, and by drawing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import attrs
import numpy as np
import torch
from torch import Tensor

from fw import Metrics
from fw.candidates import (
    Pool,
    WeightedPool,
    draw_distinct,
    draw_repeated,
    draw_weighted_distinct,
)
from fw.evaluation import summarised
from fw.expected_ranks import Floats, among_all, among_distinct, among_repeated
from fw.metrics import RankProbabilities, chance, is_at_chance, per_case, summary
from fw.random import Rng
from fw.ranking import Cases, Counts, Drawn, Exclusion, Ranking

JUDGED = "hr@10"  # the metric by which chance level is told


@attrs.frozen(kw_only=True)
class Rules:
    """What a protocol's name stands for."""

    num_candidates: int = 100
    exclude: Exclusion = "seen"
    repeated: bool = False  # with replacement
    target_too: bool = False  # the target may be drawn again
    weighted: bool = False  # by popularity

    @property
    def has_closed_form(self) -> bool:
        """Whether the expectation over all draws can be computed."""
        return self.repeated or not self.weighted


@attrs.frozen(kw_only=True, eq=False)
class SampledEvaluator:
    """What both ways share; ``names`` are the metrics to report."""

    protocol: str
    names: tuple[str, ...]
    rules: Rules
    item_counts: Tensor  # [N + 2] int64

    @property
    def repeats_candidates(self) -> bool:
        """Whether a candidate twice, or the target, may be among the candidates."""
        return self.rules.repeated

    def metric_names(self) -> tuple[str, ...]:
        """Name the metrics that are reported."""
        return self.names

    def computed(self) -> list[str]:
        """Name the metrics that are made, whether reported or not."""
        return list(dict.fromkeys([*self.names, JUDGED]))

    def notes(self, ranking: Ranking, others: Tensor) -> dict[str, Any]:
        """Count repeats, and cases with too few ``others`` ([C]) to be ranked with."""
        enough = 1 if self.rules.repeated else self.rules.num_candidates
        return {
            "num_candidates": self.rules.num_candidates,
            "repeat_targets": int(ranking.repeats("seen").sum()),
            "users_with_short_candidates": int((others < enough).sum()),
        }


@attrs.frozen(kw_only=True, eq=False)
class ExpectedEvaluator(SampledEvaluator):
    """Draws nothing: metrics are exact expectations over all draws."""

    @property
    def item_weights(self) -> Tensor | None:
        """Ask for sums of training counts where candidates are drawn by those."""
        return self.item_counts if self.rules.weighted else None

    def candidates(self, cases: Cases, rng: Rng) -> Tensor | None:
        """Draw nothing."""
        return None

    def __call__(self, ranking: Ranking) -> Metrics:
        """Make the metrics from the counts among all eligible items."""
        counts, pool = ranking.counts(self.rules.exclude), self._pool(ranking)
        among = among_repeated if self.rules.repeated else among_distinct
        probabilities = partial(among, num_candidates=self.rules.num_candidates)
        values = per_case(self.computed(), pool, probabilities)
        notes = {
            "mode": "expected",
            **self.notes(ranking, pool.eligible if self.rules.weighted else counts.eligible),
            **(self._surprises(ranking, pool) if self.rules.target_too else {}),
            "at_chance_level": _at_chance(values, pool.eligible, probabilities),
        }
        weights = pool if self.rules.weighted else None
        return summarised(self.names, values, counts, notes)._replace(weights=weights)

    def _pool(self, ranking: Ranking) -> Counts:
        """Return the counts among what may be drawn, or its weights where those are drawn by."""
        if self.rules.weighted:
            return ranking.weights(self.rules.exclude)
        counts = ranking.counts(self.rules.exclude)
        if not self.rules.target_too:
            return counts
        target = (~ranking.repeats(self.rules.exclude)).long()
        return Counts(counts.better, counts.tied + target, counts.eligible + target)

    def _surprises(self, ranking: Ranking, pool: Counts) -> dict[str, float]:
        """Return in which share of cases a draw has the target, or an item of the history."""
        eligible = ranking.counts(self.rules.exclude).eligible

        def share(drawable: Tensor) -> float:
            missed = 1 - drawable / pool.eligible.clamp(min=1).double()
            return float((1 - missed**self.rules.num_candidates).mean())

        return {
            "target_among_candidates": share(pool.eligible - eligible),
            "history_among_candidates": share(eligible - ranking.counts("seen").eligible),
            "candidates_drawn_twice": self._twice(pool.eligible),
        }

    def _twice(self, pool: Tensor) -> float:
        """Return in which share of cases a draw has some candidate twice: the birthday problem."""
        drawn = torch.arange(self.rules.num_candidates)
        distinct = (1 - drawn / pool.clamp(min=1)[:, None].double()).clamp(min=0).prod(1)
        return float((1 - distinct).mean())


@attrs.frozen(kw_only=True, eq=False)
class DrawnEvaluator(SampledEvaluator):
    """Draws candidates by address; metrics are means over the draws."""

    draws: int

    def candidates(self, cases: Cases, rng: Rng) -> Tensor | None:
        """Draw candidates: [C, draws, K]; a draw is the same whatever the number of draws."""
        draws = [self._draw(cases, rng.child(f"draw {i}")) for i in range(self.draws)]
        return torch.stack(draws, dim=1)

    def _draw(self, cases: Cases, rng: Rng) -> Tensor:
        exclude, number = self.rules.exclude, self.rules.num_candidates
        if not self.rules.weighted:
            pool = Pool(cases, exclude, without_target=not self.rules.target_too)
            draw = draw_repeated if self.rules.repeated else draw_distinct
            return draw(pool, number, rng)
        weights = self.item_counts.to(cases.targets.device)
        weighted_pool = WeightedPool(cases, exclude, weights)
        draw_weighted = draw_repeated if self.rules.repeated else draw_weighted_distinct
        return draw_weighted(weighted_pool, number, rng)

    def __call__(self, ranking: Ranking) -> Metrics:
        """Make the metrics from the counts among the candidates."""
        drawn = ranking.among_candidates()
        draws = [_one_draw(drawn.counts, i) for i in range(self.draws)]
        by_draw = [per_case(self.computed(), counts, among_all) for counts in draws]
        values = {name: np.mean([one[name] for one in by_draw], axis=0) for name in by_draw[0]}
        first = draws[0]
        notes = {
            "mode": "drawn",
            **self.notes(ranking, first.eligible - drawn.copies[:, 0]),
            **(_surprises(drawn) if self.rules.repeated else {}),
            "draws": self.draws,
            **({"between_draws": self._spread(by_draw)} if self.draws > 1 else {}),
            "evaluation_seed": ranking.seed,
            "candidates_sha256": drawn.sha256,
            "at_chance_level": _at_chance(values, first.eligible, among_all),
        }
        return summarised(self.names, values, first, notes)

    def _spread(self, by_draw: list[dict[str, Floats]]) -> dict[str, float]:
        """Return the standard deviation of every metric between draws."""
        return {
            name: float(np.std([one[name].mean() for one in by_draw], ddof=1))
            for name in self.names
        }


def _one_draw(counts: Counts, number: int) -> Counts:
    return Counts(*(part[:, number] for part in counts))


def _surprises(drawn: Drawn) -> dict[str, float]:
    return {
        "target_among_candidates": float((drawn.copies > 0).double().mean()),
        "history_among_candidates": float((drawn.known > 0).double().mean()),
        "candidates_drawn_twice": float((drawn.doubled > 0).double().mean()),
    }


def _at_chance(
    values: Mapping[str, Floats], eligible: Tensor, probabilities: RankProbabilities
) -> bool:
    blind = chance(JUDGED, eligible, probabilities)
    return blind < 1 and is_at_chance(summary(values[JUDGED]), blind)
