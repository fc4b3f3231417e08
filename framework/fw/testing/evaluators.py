"""The contract of evaluators."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
import torch
from torch import Tensor

from fw.config.chosen import Chosen
from fw.data.split import CaseList, Split
from fw.engine.evaluating.cases import CaseStore
from fw.engine.evaluating.evaluation import evaluate
from fw.interfaces import PAD, Cases, Metrics, Sequences
from fw.random import Rng
from fw.testing import world
from fw.testing.contract import Contract
from fw.testing.draws import drawing_by_address_only
from fw.testing.messages import broken, require
from fw.testing.tensors import difference, tensors


@attrs.frozen
class _Scorer:
    """Gives every item a score that hangs on user and item; ``pull`` is added to the target's."""

    pull: float = 0.0

    def scores(self, cases: Cases, history: Sequences) -> Tensor:
        """Score all items: [C, N + 2]."""
        rng = Rng.for_rows(1, 0, cases.rows).child("scores")
        scores = rng.uniform((len(cases.ids), cases.num_items + 2))
        pulled = torch.full((len(cases.ids), 1), self.pull)
        return scores.scatter_add(1, cases.targets[:, None], pulled)


class EvaluatorContract(Contract):
    """Metrics of one named protocol, a mean over cases each, the same however cases are cut."""

    kind = "evaluator"

    @pytest.fixture
    def split(self) -> Split:
        """Ten users, each with one case."""
        return world.make_split(world.make_store())

    def test_its_protocol_has_a_name(self, built: Any) -> None:
        """Under which every metric of it is reported: ``valid/<protocol>/<metric>``."""
        protocol = built.protocol
        require(
            isinstance(protocol, str) and protocol and "/" not in protocol,
            f"the protocol is {protocol!r}",
            'it must be a name without a /, such as "full-seen-out"',
        )

    def test_its_settings_say_what_it_reports(self, chosen: Chosen, built: Any) -> None:
        """What they say before it is built is what is reported after."""
        for name, said, reported in _twice(chosen.settings, built):
            require(
                said == reported,
                f"{name} is {reported!r}, but the settings say {said!r}",
            )

    def test_every_metric_it_names_is_reported(self, built: Any, split: Split) -> None:
        """As a finite mean with its standard error."""
        metrics, names = _evaluate(built, split), tuple(built.metric_names())
        lacking = [name for name in names if name not in metrics.values]
        require(
            names and not lacking,
            f"metric_names() names {', '.join(lacking) or 'nothing'}, which is not reported",
            "values must have every metric that is named",
        )
        wild = [name for name in names if not np.isfinite(metrics.values[name]).all()]
        require(not wild, f"not finite: {', '.join(wild)}")

    def test_a_mean_is_that_of_its_cases(self, built: Any, split: Split) -> None:
        """Values by case, in the order of the case list, are kept for paired comparisons."""
        metrics = _evaluate(built, split)
        for name, values in metrics.per_case.items():
            shape, mean = np.shape(values), metrics.values[name].value
            require(
                shape == (len(split.test),),
                f"per_case[{name!r}] has shape {list(shape)} for {len(split.test)} cases",
            )
            require(
                np.isclose(np.mean(values), mean),
                f"{name} is {mean:.6g}, the mean over its cases {np.mean(values):.6g}",
            )
        lengths = {len(part) for part in metrics.counts}
        require(
            lengths == {len(split.test)},
            f"counts are of {sorted(lengths)} cases, there are {len(split.test)}",
        )

    def test_a_better_model_is_not_worse(self, built: Any, split: Split) -> None:
        """A model is selected by the highest value, so every named metric must rise with it."""
        worst, best = (_evaluate(built, split, _Scorer(pull)).values for pull in (-2.0, 2.0))
        named = built.metric_names()
        for name in named:
            low, high = worst[name].value, best[name].value
            require(
                low <= high,
                f"{name} is {high:.6g} with every target first, {low:.6g} with every target last",
                "name only metrics of which more is better; others go into values alone",
            )
        require(
            any(worst[name].value < best[name].value for name in named),
            "no metric tells targets that are all first from targets that are all last",
        )

    def test_cases_may_be_cut_and_ordered_in_any_way(self, built: Any, split: Split) -> None:
        """What is found for a case, candidates too, hangs on that case alone."""
        with drawing_by_address_only():
            whole = _evaluate(built, split)
        backwards = CaseList(split.test.rows[::-1], split.test.ends[::-1])
        changes = {
            "one by one": _evaluate(built, split, batch_size=1),
            "in another order": _evaluate(built, attrs.evolve(split, test=backwards)),
        }
        for how, other in changes.items():
            for name, metric in whole.values.items():
                value = other.values[name].value
                require(
                    np.isclose(metric.value, value),
                    f"{name} is {metric.value:.6g}, and {value:.6g} with cases {how}",
                    "draw candidates from the rng that is given, with the cases as the first size",
                )

    def test_candidates_are_items(self, built: Any, split: Split) -> None:
        """[C, R, K], 0 where a case has fewer, the same for every model."""
        store = CaseStore(split, split.test)
        cases = store.chunk(0, len(store))
        first, second = (built.candidates(cases, _place(cases)) for _ in range(2))
        if first is None:
            pytest.skip("draws no candidates")
        require(
            first.dim() == 3 and len(first) == len(store),
            f"candidates are {list(first.shape)}",
            f"they must be [{len(store)}, R, K], R being the number of draws",
        )
        wrong = first[(first < PAD) | (first > cases.num_items)]
        require(
            not len(wrong),
            f"draws {sorted(set(wrong.tolist()))}, which are no items",
            f"items are numbered 1 .. {cases.num_items}",
        )
        found = difference(tensors(first), tensors(second))
        require(not found, f"two draws from one rng differ in {found}")

    def test_lists_are_asked_for_by_rule_and_number(self, built: Any) -> None:
        """``top_lists`` is None or a pair."""
        wanted = getattr(built, "top_lists", None)
        require(
            wanted is None
            or (len(wanted) == 2 and wanted[0] in ("seen", "train", "none") and wanted[1] >= 1),
            f"top_lists is {wanted!r}",
            'it must be None or a pair such as ("seen", 20)',
        )

    def test_weights_are_whole_numbers_of_all_items(self, built: Any, split: Split) -> None:
        """``item_weights`` is None or [N + 2] int64: whole numbers add up the same in any order."""
        weights = getattr(built, "item_weights", None)
        if weights is None:
            pytest.skip("asks for no sums of weights")
        size = split.store.num_items + 2
        require(
            weights.shape == (size,) and weights.dtype == torch.int64,
            f"item_weights is {list(weights.shape)} {weights.dtype}",
            f"it must be [{size}] torch.int64, such as info.item_counts",
        )
        require(not (weights < 0).any(), f"an item weighs {weights.min().item()}")


def _evaluate(
    built: Any, split: Split, scorer: _Scorer | None = None, batch_size: int = 512
) -> Metrics:
    found = evaluate(
        scorer or _Scorer(),
        CaseStore(split, split.test),
        {built.protocol: built},
        max_len=world.MAX_LEN,
        seed=0,
        batch_size=batch_size,
    )[built.protocol]
    if not isinstance(found, Metrics):
        broken(f"the evaluator gives {type(found).__name__}, not fw.Metrics")
    return found


def _place(cases: Cases) -> Rng:
    return Rng.for_rows(0, cases.history_lengths, cases.rows)


def _twice(settings: Any, built: Any) -> list[tuple[str, Any, Any]]:
    """Return what settings and built component both state."""
    found = []
    if hasattr(settings, "protocol"):
        found.append(("protocol", settings.protocol, built.protocol))
    if hasattr(settings, "metric_names"):
        names = tuple(settings.metric_names()), tuple(built.metric_names())
        found.append(("metric_names()", *names))
    return found
