"""What a scoring pass has found so far, and the rankings that it comes to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property

import attrs
import torch
from torch import Tensor

from fw.engine.evaluating.cases import CaseStore
from fw.engine.evaluating.counting import RULES, Standing, stand, stand_among
from fw.engine.evaluating.drawing import DrawnChunk
from fw.engine.evaluating.top_lists import best_items
from fw.engine.faults.guards import check_item_weights
from fw.errors import EvaluationError
from fw.interfaces import Cases, Evaluator
from fw.processes.peers import Peers
from fw.random import Rng
from fw.ranking import Counts, Drawn, Exclusion, Lists


@attrs.frozen(kw_only=True)
class CountedRanking:
    """The ranking of all cases of a split, in the order of its case list, on the host."""

    seed: int
    standings: Mapping[Exclusion, Standing]
    drawn: Drawn | None
    top: Lists | None = None
    name: str = ""  # of the evaluator's weights, where it asked for their sums

    def counts(self, exclude: Exclusion) -> Counts:
        """Return the counts among all items but the excluded: [C] each."""
        return self.standings[exclude].counts

    def weights(self, exclude: Exclusion) -> Counts:
        """Return sums of weights in place of counts; raises ValueError if none were asked for."""
        sums = self.standings[exclude].weights
        if self.name not in sums:
            raise ValueError("this evaluator asked for no weights: it has no item_weights")
        return sums[self.name]

    def repeats(self, exclude: Exclusion) -> Tensor:
        """Return [C] bool: the target is itself one of the items that the rule excludes."""
        return self.standings[exclude].repeats

    def among_candidates(self) -> Drawn:
        """Return the counts among drawn candidates; raises ValueError if none were drawn."""
        if self.drawn is None:
            raise ValueError("this evaluator drew no candidates")
        return self.drawn

    def lists(self) -> Lists:
        """Return the lists of the best items; raises ValueError if none were asked for."""
        if self.top is None:
            raise ValueError("this evaluator asked for no lists: it has no top_lists")
        return self.top


class Tally:
    """Adds up chunks of cases: small tensors only, which stay on the device until all are in."""

    def __init__(self, store: CaseStore, evaluators: Mapping[str, Evaluator], seed: int) -> None:
        self.store, self.seed = store, seed
        self.drawers = {name: store.candidates_of(one, seed) for name, one in evaluators.items()}
        self.listed = {name: _wanted_lists(one) for name, one in evaluators.items()}
        self.weights = _wanted_weights(evaluators, store)
        self.chunks: list[dict[Exclusion, Standing]] = []
        self.drawn: dict[str, list[tuple[Counts, DrawnChunk]]] = {name: [] for name in evaluators}
        self.top: dict[str, list[Tensor]] = {name: [] for name in evaluators}
        self.invalid: list[Tensor] = []

    def add(self, scores: Tensor, cases: Cases, span: tuple[int, int]) -> None:
        """Count for the cases of a chunk, whose scores ([C, N + 2]) are not kept."""
        self.invalid.append(scores[:, 1:-1].amax(1).isnan())  # the largest of NaN and others is NaN
        self.chunks.append(stand(scores, cases, self.weights))
        for name, drawer in self.drawers.items():
            chunk = drawer.of(cases, span)
            if chunk is not None:
                counts = stand_among(scores, cases, chunk.items.to(torch.int64))
                self.drawn[name].append((counts, chunk))
        self._add_lists(scores, cases)

    def join(self, peers: Peers) -> None:
        """Put together what several processes have counted, each for its part of the chunks."""
        self.chunks = list(peers.gathered(self.chunks))
        self.invalid = list(peers.gathered(self.invalid))
        self.drawn = {name: list(peers.gathered(parts)) for name, parts in self.drawn.items()}
        self.top = {name: list(peers.gathered(parts)) for name, parts in self.top.items()}

    def ranking(self, name: str) -> CountedRanking:
        """Return what one evaluator may know; raises EvaluationError where a score was NaN."""
        self._require_numbers()
        return CountedRanking(
            seed=self.seed,
            standings=self._standings,
            drawn=self._among(name),
            top=self._lists(name),
            name=name,
        )

    @cached_property
    def _standings(self) -> dict[Exclusion, Standing]:
        """All cases under every rule, put together once for all evaluators."""
        return {rule: self._standing([chunk[rule] for chunk in self.chunks]) for rule in RULES}

    def _add_lists(self, scores: Tensor, cases: Cases) -> None:
        rng = Rng.for_rows(self.seed, cases.history_lengths, cases.rows).child("ties")
        for name, wanted in self.listed.items():
            if wanted is not None:
                self.top[name].append(best_items(scores, cases, *wanted, rng))

    def _lists(self, name: str) -> Lists | None:
        parts = self.top.get(name)
        return Lists(self._whole(parts), self.store.item_counts) if parts else None

    def _require_numbers(self) -> None:
        invalid = torch.cat(self.invalid).nonzero().flatten().tolist()
        if invalid:
            raise EvaluationError(
                f"scores that are not a number (NaN) for {len(invalid):,} of {len(self.store):,} "
                f"cases, the first of user {self.store.user_of(invalid[0])!r}; "
                "the weights are probably not finite"
            )

    def _standing(self, parts: list[Standing]) -> Standing:
        return Standing(
            self._joined([part.counts for part in parts]),
            self._whole([part.repeats for part in parts]),
            {name: self._joined([part.weights[name] for part in parts]) for name in self.weights},
        )

    def _among(self, name: str) -> Drawn | None:
        parts = self.drawn[name]
        if not parts:
            return None
        return Drawn(
            self._joined([counts for counts, _ in parts]),
            self._whole([chunk.copies for _, chunk in parts]),
            self._whole([chunk.known for _, chunk in parts]),
            self._whole([chunk.doubled for _, chunk in parts]),
            _fingerprint([chunk.items for _, chunk in parts]),
        )

    def _joined(self, parts: list[Counts]) -> Counts:
        return Counts(*(self._whole(list(field)) for field in zip(*parts, strict=True)))

    def _whole(self, parts: list[Tensor]) -> Tensor:
        return self.store.restored(torch.cat(parts).cpu())


def _wanted_lists(evaluator: Evaluator) -> tuple[Exclusion, int] | None:
    wanted: tuple[Exclusion, int] | None = getattr(evaluator, "top_lists", None)
    return wanted


def _wanted_weights(evaluators: Mapping[str, Evaluator], store: CaseStore) -> dict[str, Tensor]:
    wanted = {name: getattr(one, "item_weights", None) for name, one in evaluators.items()}
    found = {name: weights for name, weights in wanted.items() if weights is not None}
    for name, weights in found.items():
        check_item_weights(weights, store.num_items, evaluators[name])
    return {name: weights.to(store.items.device) for name, weights in found.items()}


def _fingerprint(chunks: list[Tensor]) -> str:
    """Return the SHA-256 of all candidates; how they were cut into chunks makes no difference."""
    digest = hashlib.sha256()
    for items in chunks:
        digest.update(items.cpu().numpy().tobytes())
    return digest.hexdigest()
