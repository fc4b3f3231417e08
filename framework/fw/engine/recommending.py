"""What a finished run recommends, in raw ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal

import attrs
import numpy as np
import torch
from torch import Tensor

from fw.engine.evaluation import ModelScorer
from fw.engine.restore import Restored
from fw.errors import EvaluationError, UserError
from fw.interfaces import Sequences

Method = Literal["model", "popularity"]


@attrs.frozen(kw_only=True)
class Recommended:
    """One item of a list."""

    rank: int
    item: str
    score: float
    title: str | None = None


@attrs.frozen(kw_only=True)
class Recommendation:
    """A list, best first, and what it was made from.

    ``method`` is ``popularity`` (``score`` is then how often the item occurs in training) where no
    known item was in the history, so that there was nothing for the model to go by.
    """

    user: str | None  # None for a history that was given
    items: tuple[Recommended, ...]
    method: Method
    history_length: int  # known items
    unknown_items: tuple[str, ...] = ()


@attrs.define(eq=False, slots=False)
class Recommender:
    """Recommends with the best weights of a finished run."""

    run: Restored

    def for_user(self, user: str, *, k: int = 10, include_seen: bool = False) -> Recommendation:
        """Recommend to a user of the data set after all that the data set has of them.

        Raises UserError if there is no such user, or k is below 1.
        """
        require_positive(k)
        row = self._rows.get(user)
        if row is None:
            raise UserError(
                f"unknown user {user!r}: not one of the {len(self._rows):,} users of the run's "
                "data, after cleaning"
            )
        store = self.run.data.split.store
        history = store.items[store.offsets[row] : store.offsets[row + 1]]
        made = self._recommend(np.asarray(history), row, k, include_seen)
        return attrs.evolve(made, user=user)

    def for_items(
        self, items: Sequence[str], *, k: int = 10, include_seen: bool = False
    ) -> Recommendation:
        """Recommend after a history of raw item ids, oldest first; unknown ones are left out.

        Raises UserError if k is below 1.
        """
        require_positive(k)
        known = [self._numbers[item] for item in items if item in self._numbers]
        made = self._recommend(np.array(known, dtype=np.int64), 0, k, include_seen)
        unknown = tuple(item for item in items if item not in self._numbers)
        return attrs.evolve(made, unknown_items=unknown)

    def _recommend(
        self, history: np.ndarray, row: int, k: int, include_seen: bool
    ) -> Recommendation:
        scores = self._scores(history, row)
        hidden = np.array([], dtype=np.int64) if include_seen else history
        items = np.setdiff1d(np.arange(1, self.run.parts.info.num_items + 1), hidden)
        order = np.argsort(-scores[items], kind="stable")[:k]  # ties: the item that came first
        chosen = [(int(item), float(scores[item])) for item in items[order]]
        return Recommendation(
            user=None,
            items=tuple(self._shown(rank, *one) for rank, one in enumerate(chosen, start=1)),
            method="model" if len(history) else "popularity",
            history_length=len(history),
        )

    def _scores(self, history: np.ndarray, row: int) -> np.ndarray:
        """Return a score of every item: [N + 2] float64."""
        if not len(history):
            return self.run.parts.info.item_counts.double().cpu().numpy()
        scores = self._model_scores(history[-self.run.parts.info.max_len :], row)[0]
        if not bool(scores[1:-1].isfinite().all()):
            raise EvaluationError("scores that are not finite: the weights probably are not either")
        return scores.double().cpu().numpy()

    def _model_scores(self, newest: np.ndarray, row: int) -> Tensor:
        step = self.run.parts.step
        device = next(step.parameters()).device
        items = torch.from_numpy(newest.astype(np.int64)).to(device)[None]
        lengths, rows = (torch.tensor([one], device=device) for one in (items.shape[1], row))
        return ModelScorer(step.encoder, step.task).score(Sequences(items, lengths, rows))

    def _shown(self, rank: int, number: int, score: float) -> Recommended:
        item = str(self.run.data.split.store.item_ids[number - 1])
        return Recommended(rank=rank, item=item, score=score, title=self._titles.get(item))

    @cached_property
    def _rows(self) -> Mapping[str, int]:
        return {user: row for row, user in enumerate(self.run.data.split.store.user_ids)}

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        ids = self.run.data.split.store.item_ids
        return {item: number for number, item in enumerate(ids, start=1)}

    @cached_property
    def _titles(self) -> Mapping[str, str]:
        frame = self.run.data.split.store.item_frame
        if frame is None or "title" not in frame:
            return {}
        return {str(item): str(title) for item, title in frame["title"].dropna().items()}


def require_positive(k: int) -> None:
    """Raise UserError unless k is at least 1."""
    if k < 1:
        raise UserError(f"k must be at least 1, found {k}")
