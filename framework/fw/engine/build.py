"""From a recipe and its data to components: each built once, in an order that never matters."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import attrs
import torch
from torch import nn

from fw.config.chosen import Chosen
from fw.config.recipe import Recipe
from fw.config.slots import InputSlot, LossSlot
from fw.data.coding import Coding
from fw.data.split import Split
from fw.data.training import TrainingRows
from fw.engine.faults.blame import blamed_on
from fw.engine.steps.step import Step, Term
from fw.interfaces import Encoder, Evaluator, Info, Task
from fw.nn.inputs import Joined, join
from fw.views import TwoViews


def make(chosen: Chosen, info: Info, seed: int, place: str = "") -> Any:
    """Build a component; its initial weights depend on the seed, its name and its place alone."""
    build = getattr(chosen.settings, "build", None)
    if build is None:
        return chosen.settings
    with (
        blamed_on(chosen.entry, "while it was built"),
        _drawing_for(f"{seed}/{chosen.kind}/{chosen.name}/{place}"),
    ):
        return build(info)


@contextmanager
def _drawing_for(words: str) -> Iterator[None]:
    """Let torch's global generator draw what follows from these words alone."""
    digest = hashlib.blake2b(words.encode(), digest_size=7).digest()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int.from_bytes(digest, "little"))
        yield


def make_info(
    recipe: Recipe,
    split: Split,
    training: TrainingRows,
    warn: Callable[[str], None],
    codings: Mapping[str, Coding],
) -> Info:
    """Gather what components may know of the data: the training part alone."""
    store = split.store
    return Info(
        num_users=len(training.users),
        num_items=store.num_items,
        max_len=recipe.max_len,
        item_counts=torch.tensor(split.item_counts),
        training=training,
        item_frame=store.item_frame,
        user_ids=store.user_ids[training.users].tolist(),
        codings=codings,
        warn=warn,
    )


class Model(nn.Module):
    """The parts of a step that score items: an encoder, and the task that makes its query."""

    def __init__(self, encoder: Encoder, task: Task) -> None:
        super().__init__()
        self.encoder, self.task = encoder, task


def build_model(recipe: Recipe, info: Info) -> Model:
    """Build what scores items, as :func:`build_step` does, and nothing else; on the CPU."""
    encoder = build_encoder(recipe, info)
    info = attrs.evolve(info, hidden_size=encoder.hidden_size)
    return Model(encoder, make(recipe.one("task"), info, recipe.seed))


def build_encoder(recipe: Recipe, info: Info) -> Encoder:
    """Build the encoder with whatever else it is to embed beside items."""
    encoder: Encoder = make(recipe.one("encoder"), info, recipe.seed)
    if recipe.many("input"):
        info = attrs.evolve(info, hidden_size=encoder.hidden_size)
        inputs = _inputs(recipe, info)
        with _drawing_for(f"{recipe.seed}/inputs"):
            join(encoder, inputs, info)
    return encoder


def build_step(recipe: Recipe, info: Info) -> Step:
    """Build everything that training needs, on the CPU."""
    encoder = build_encoder(recipe, info)
    info = attrs.evolve(info, hidden_size=encoder.hidden_size)
    task = make(recipe.one("task"), info, recipe.seed)
    info = attrs.evolve(info, task=task)
    sampler = recipe.optional("sampler")
    return Step(
        seed=recipe.seed,
        max_len=recipe.max_len,
        task=task,
        encoder=encoder,
        terms=_terms(recipe, info),
        sampler=make(sampler, info, recipe.seed) if sampler else None,
        context=info.training.context,
    )


def build_evaluators(recipe: Recipe, info: Info) -> dict[str, Evaluator]:
    """Build the evaluators, by the protocol each reports."""
    built = [make(chosen, info, recipe.seed) for chosen in recipe.many("evaluator")]
    return {evaluator.protocol: evaluator for evaluator in built}


def term_names(losses: Sequence[Chosen]) -> list[str]:
    """Name the terms: by their loss, and from the second of a kind on with a number."""
    names: list[str] = []
    for chosen in losses:
        before = sum(other.name == chosen.name for other in losses[: len(names)])
        names.append(f"{chosen.name}.{before + 1}" if before else chosen.name)
    return names


def _inputs(recipe: Recipe, info: Info) -> list[Joined]:
    return [
        Joined(make(chosen, info, recipe.seed, str(number)), cast(InputSlot, chosen.slot).combine)
        for number, chosen in enumerate(recipe.many("input"), start=1)
    ]


def _terms(recipe: Recipe, info: Info) -> list[Term]:
    losses = recipe.many("loss")
    return [
        _term(recipe, info, chosen, name)
        for chosen, name in zip(losses, term_names(losses), strict=True)
    ]


def _term(recipe: Recipe, info: Info, chosen: Chosen, name: str) -> Term:
    slot = cast(LossSlot, chosen.slot)
    if "views" not in chosen.settings.requires:
        return Term(name, make(chosen, info, recipe.seed, name), slot.weight)
    augmenters = recipe.many("augmenter") if slot.augmenters is None else slot.augmenters
    pooling_chosen = slot.pooling or recipe.one("pooling")
    distinct = recipe.views.distinct if slot.distinct is None else slot.distinct
    views = TwoViews([make(one, info, recipe.seed, name) for one in augmenters], distinct=distinct)
    pooling = make(pooling_chosen, info, recipe.seed, name)
    info = attrs.evolve(info, pooled_size=pooling.width(info.hidden_size, info.max_len))
    return Term(name, make(chosen, info, recipe.seed, name), slot.weight, views, pooling)
