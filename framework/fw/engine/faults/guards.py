"""What a plugin must never give, caught while a run starts: on the CPU, with user and item named.

A wrong id would otherwise stop a GPU with an assertion that names nothing, and a target among its
own negatives, or in the training, would only show as numbers that are too good or too bad.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from fw.config.recipe import Recipe
from fw.data.sequences import SequenceStore, check_numbers
from fw.data.split import CaseList, Split
from fw.engine.faults.blame import blamed_by_traceback, blamed_on
from fw.engine.steps.step import Step
from fw.engine.steps.targets import gathered
from fw.errors import PluginError
from fw.interfaces import Batch, Info, Negatives, Sequences
from fw.random import Rng

_TRIED = 16  # rows


def check_split(split: Split) -> None:
    """Raise ValueError where items have no number 1..N, or a target is trained on.

    Everything that is put on a device comes from here or from what is tried out below.
    """
    store = split.store
    check_numbers(store)
    if ((split.train_lengths < 0) | (split.train_lengths > store.lengths)).any():
        raise ValueError("train_lengths must lie between 0 and the lengths of the rows")
    for name, cases in (("validation", split.valid), ("test", split.test)):
        _check_places(store, name, cases)
        trained = cases.ends < split.train_lengths[cases.rows]
        if trained.any():
            row, end = (int(part[trained.argmax()]) for part in (cases.rows, cases.ends))
            item = store.item_ids[store.items[store.offsets[row] + end] - 1]
            raise ValueError(
                f"the {name} target of user {store.user_ids[row]!r}, item {item!r}, is one of the "
                f"{split.train_lengths[row]} items that this user is trained on"
            )


def try_out(recipe: Recipe, step: Step, info: Info) -> None:
    """Make a small batch, its negatives and its views; raises PluginError where they are wrong."""
    chosen = np.flatnonzero(info.training.host_lengths >= step.task.min_items)[:_TRIED]
    rows = torch.from_numpy(chosen)
    rng = Rng.for_rows(step.seed, 0, rows)  # epochs begin at 1
    task, sampler = recipe.one("task"), recipe.optional("sampler")
    doing = "when it was tried on a few rows before training"
    with blamed_on(task.entry, doing):
        batch = step.task(info.training.newest(rows, step.history_width), rng.child("task"))
        _check_items("inputs", batch.inputs, info, info.mask_item)
        _check_items("targets", batch.targets, info, info.num_items)
        batch = gathered(batch, step.task)
    if sampler is not None and step.sampler is not None and step.needs_negatives:
        with blamed_on(sampler.entry, doing):
            check_negatives(step.sampler(batch, rng.child("sampler")), batch, info)
    with blamed_by_traceback(recipe, doing):
        for term in step.terms:
            if term.contrastive:
                _check_views(step.views(term, batch, rng), term.name, info)


def check_negatives(negatives: Negatives, batch: Batch, info: Info) -> None:
    """Raise ValueError for a negative that is no item, or a target that is not said to collide."""
    targets = batch.targets.items
    _require_whole("negatives", negatives.items)
    items = negatives.items.expand(*targets.shape, negatives.items.shape[-1])
    usable = (targets > 0)[:, :, None] & ~negatives.collides
    wrong = usable & ((items < 1) | (items > info.num_items))
    if wrong.any():
        user, item = _first(wrong, items, batch.targets.rows, info)
        raise ValueError(f"negative {item} of user {user!r} is no item: 1 to {info.num_items}")
    own = usable & (items == targets[:, :, None])
    if own.any():
        user, item = _first(own, items, batch.targets.rows, info)
        raise ValueError(
            f"a target of user {user!r}, item {item}, is among its own negatives, and collides "
            "does not say so"
        )


def check_candidates(items: Tensor, targets: Tensor, num_items: int, drawer: object) -> None:
    """Raise PluginError unless candidates ([C, R, K], 0 for none) are distinct others than targets.

    An evaluator that means to draw with replacement says so: ``repeats_candidates = True``.
    """
    name = _evaluator(drawer)
    if ((items < 0) | (items > num_items)).any():
        raise PluginError(f"{name} drew candidates that are no items: 0 (none) to {num_items}")
    if getattr(drawer, "repeats_candidates", False):
        return
    for found, what in (
        ((items == targets[:, None, None]).any(), "the target among its own candidates"),
        (count_doubled(items).any(), "a candidate twice for one case"),
    ):
        if found:
            raise PluginError(f"{name} drew {what}; if it may, set repeats_candidates = True")


def check_item_weights(weights: Tensor, num_items: int, owner: object) -> None:
    """Raise PluginError unless weights of items are [N + 2] int64, none of them negative.

    Whole numbers add up to the same in any order, and so on any device and in any chunks.
    """
    found = f"{list(weights.shape)} {str(weights.dtype).removeprefix('torch.')}"
    if found != f"[{num_items + 2}] int64" or bool((weights < 0).any()):
        raise PluginError(
            f"item_weights of {_evaluator(owner)} must be [{num_items + 2}] int64 (items, PAD and "
            f"mask token), none negative; found {found}, the smallest {weights.min().item()}"
        )


def count_doubled(candidates: Tensor) -> Tensor:
    """Count the candidates ([C, R, K], 0 for none) that another one before them is: [C, R]."""
    ordered = candidates.sort(dim=2).values
    return ((ordered[:, :, 1:] == ordered[:, :, :-1]) & (ordered[:, :, 1:] > 0)).sum(2)


def _evaluator(evaluator: object) -> str:
    return f"evaluator {type(evaluator).__module__}.{type(evaluator).__qualname__}"


def _check_places(store: SequenceStore, name: str, cases: CaseList) -> None:
    if ((cases.rows < 0) | (cases.rows >= store.num_users)).any():
        raise ValueError(f"a {name} case has a row that does not exist: 0 to {store.num_users - 1}")
    if ((cases.ends < 0) | (cases.ends >= store.lengths[cases.rows])).any():
        raise ValueError(f"a {name} case has a target beyond the items of its row")


def _check_items(what: str, sequences: Sequences, info: Info, most: int) -> None:
    _require_whole(what, sequences.items)
    wrong = (sequences.items < 0) | (sequences.items > most)
    if wrong.any():
        user, item = _first(wrong, sequences.items, sequences.rows, info)
        raise ValueError(f"item {item} in the {what} of user {user!r} is out of range: 0 to {most}")


def _require_whole(what: str, items: Tensor) -> None:
    if items.dtype != torch.int64:
        found = str(items.dtype).removeprefix("torch.")
        raise ValueError(f"items in the {what} must be int64, found {found}")


def _check_views(views: Sequence[Sequences], term: str, info: Info) -> None:
    for view in views:
        try:
            _check_items("view", view, info, info.mask_item)
        except ValueError as error:
            raise PluginError(f"an augmenter of loss {term!r}: {error}") from error


def _first(found: Tensor, items: Tensor, rows: Tensor, info: Info) -> tuple[str, int]:
    """Name the user and the item of the first place that was found ([B, ...] bool)."""
    place = found.nonzero()[0].tolist()
    return info.user_ids[int(rows[place[0]])], int(items[tuple(place)])
