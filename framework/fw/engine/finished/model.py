"""A finished run's model, brought back from the run folder alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import torch
from torch import Tensor

from fw.config.recipe import Recipe
from fw.data.asked import codings_of
from fw.data.split import Split
from fw.data.training import TrainingRows
from fw.engine.build import Model, build_model, make_info
from fw.engine.evaluating.evaluation import ModelScorer
from fw.engine.folders.folder import RunFolder
from fw.engine.folders.histories import read_histories
from fw.engine.restore import fit, kept_weights, load_kept_data, read_kept_recipe, read_result
from fw.engine.steps.device import choose_device
from fw.errors import EvaluationError
from fw.interfaces import Info, Sequences

_NOT_FINITE = "scores that are not finite: the weights probably are not either"


@attrs.frozen(kw_only=True, eq=False)
class Trained:
    """What a run learned: a model with the best weights, items' and users' ids, histories."""

    recipe: Recipe
    split: Split
    info: Info
    model: Model
    device: torch.device

    def states(self, history: Sequences) -> Tensor:
        """Return what stands for each history, [B, D]; raises EvaluationError unless finite."""
        states = ModelScorer(self.model.encoder, self.model.task).states(history.to(self.device))
        if not bool(states.isfinite().all()):
            raise EvaluationError(_NOT_FINITE)
        return states

    def scores(self, history: Sequences) -> Tensor:
        """Score what may come next: [B, N + 2] float32; columns 0 and N + 1 mean nothing.

        Raises EvaluationError where a score is not finite.
        """
        scores = ModelScorer(self.model.encoder, self.model.task).score(history.to(self.device))
        if not bool(scores[:, 1:-1].isfinite().all()):
            raise EvaluationError(_NOT_FINITE)
        return scores


def open_trained(
    path: Path | str,
    *,
    device: str = "auto",
    data: Path | str | None = None,
    warn: Callable[[str], None] = print,
    overrides: Sequence[str] = (),
) -> Trained:
    """Open a finished run: rebuild its model, with the weights of the best epoch.

    Only where the run keeps no histories is its data set loaded again, from ``data`` if that is
    given. ``overrides``, as after ``--set``, may change what the model does not hang on.
    Raises RunError if the run is not finished, or something in its folder is damaged.
    """
    folder = RunFolder.open(Path(path))
    result = read_result(folder)
    recipe, _, _ = read_kept_recipe(folder, warn, overrides)
    chosen = choose_device(device)
    split = read_histories(folder) or load_kept_data(folder, recipe, data, warn).split
    codings = codings_of(recipe, split, ("input",))  # what losses look at is for training
    info = make_info(recipe, split, TrainingRows(split), warn, codings)
    model = build_model(recipe, info)
    weights, file = kept_weights(folder, result)
    parts = tuple(f"{name}." for name, _ in model.named_children())
    fit(model, {name: w for name, w in weights.items() if name.startswith(parts)}, file)
    return Trained(recipe=recipe, split=split, info=info, model=model.to(chosen), device=chosen)
