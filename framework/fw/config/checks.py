"""What no single table of a recipe can know: whether its parts fit together.

Each check is one small function from a draft to the problems it finds. They run on what could be
read, so that one mistake in a table does not hide that another table is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs

from fw.config.chosen import Chosen
from fw.config.nodes import Node
from fw.config.recipe import General, Training, Views
from fw.config.structuring import Part
from fw.config.suggestions import listed, meant_or_known
from fw.config.values import toml
from fw.errors import PluginError, Problem
from fw.kinds import KINDS
from fw.registry import Registry


@attrs.frozen(eq=False)
class Draft:
    """A recipe as far as it could be read; what was wrong is None, and has been reported."""

    root: Node
    parts: Mapping[str, list[Part]]
    training: Training | None
    views: Views | None
    registry: Registry

    def has(self, kind: str) -> bool:
        """Whether the recipe names a component of the kind, rightly or wrongly."""
        return bool(self.parts[kind])

    def read(self, kind: str) -> Iterator[tuple[Node, Chosen]]:
        """Yield the components of a kind that could be read, with their tables."""
        for node, chosen in self.parts[kind]:
            if chosen is not None:
                yield node, chosen


def check_required_kinds(draft: Draft) -> Iterator[Problem]:
    """Find kinds that every recipe must name and this one does not.

    Where nothing is trained, neither losses nor an optimizer are needed.
    """
    unneeded = () if _trains(draft) else ("loss", "optimizer")
    for kind in KINDS.values():
        if kind.required and kind.name not in unneeded and not draft.has(kind.name):
            table = f"[[{kind.key}]]" if kind.many else f"[{kind.key}]"
            hint = f'with name = "...", one of: {listed(draft.registry.names(kind.name))}'
            yield draft.root.place.problem(f"the recipe has no {table}", f"add {table} {hint}")


def check_negatives(draft: Draft) -> Iterator[Problem]:
    """Find losses that need negatives where no sampler draws any."""
    for node, loss in draft.read("loss"):
        if "negatives" in _requires(loss) and not draft.has("sampler"):
            hint = f'add [sampler] with name = "...", one of: {_names(draft, "sampler")}'
            yield node.place.problem(f"loss {loss.name!r} needs negatives from a sampler", hint)


def check_views(draft: Draft) -> Iterator[Problem]:
    """Find losses that compare views where the recipe does not say how to make or pool them."""
    for node, loss in draft.read("loss"):
        if "views" not in _requires(loss):
            continue
        if not _num_augmenters(draft, loss):
            hint = f'add [[augmenters]] with name = "...", one of: {_names(draft, "augmenter")}'
            yield node.place.problem(f"loss {loss.name!r} needs augmenters to make views", hint)
        if _own(loss, "pooling") is None and not draft.has("pooling"):
            hint = f'add [pooling] with name = "...", one of: {_names(draft, "pooling")}'
            yield node.place.problem(f"loss {loss.name!r} needs a pooling of views", hint)


def check_distinct(draft: Draft) -> Iterator[Problem]:
    """Find losses that are to draw two different augmenters but have only one."""
    for node, loss in draft.read("loss"):
        own = _own(loss, "distinct")
        distinct = own if own is not None else draft.views is not None and draft.views.distinct
        if "views" in _requires(loss) and distinct and _num_augmenters(draft, loss) == 1:
            message = f"loss {loss.name!r} is to draw two distinct augmenters, but has one"
            yield node.place.problem(message, "add another to [[augmenters]], or distinct = false")


def check_causality(draft: Draft) -> Iterator[Problem]:
    """Find encoders that see what they are to predict."""
    for node, encoder in draft.read("encoder"):
        for _, task in draft.read("task"):
            needed = getattr(task.settings, "requires_causal", False)
            if needed and not getattr(encoder.settings, "causal", True):
                message = f"encoder {encoder.name!r} is not causal, as task {task.name!r} requires"
                hint = "it would see the item it is to predict: choose another encoder, or a task "
                yield node.place.problem(message, f"{hint}that hides it: {_open_tasks(draft)}")


def check_something_to_train(draft: Draft) -> Iterator[Problem]:
    """Find encoders without anything to train that are to be trained."""
    for node, encoder in draft.read("encoder"):
        if _trains(draft) and not getattr(encoder.settings, "trainable", True):
            message = f"encoder {encoder.name!r} has nothing to train"
            hint = "set epochs = 0 in [training]; [[losses]] and [optimizer] are then not needed"
            yield node.place.problem(message, hint)


def check_inputs(draft: Draft) -> Iterator[Problem]:
    """Find inputs that the encoder would not look at."""
    for node, encoder in draft.read("encoder"):
        if draft.has("input") and not getattr(encoder.settings, "embeds_inputs", False):
            message = f"encoder {encoder.name!r} embeds items alone, no [[inputs]]"
            hint = f"leave [[inputs]] out, or choose an encoder that does: {_embedding(draft)}"
            yield node.place.problem(message, hint)


def check_windows(draft: Draft) -> Iterator[Problem]:
    """Find windows that leave items between them which none predicts."""
    stride = None if draft.training is None else draft.training.window_stride
    given = draft.root.get("max_len")
    most = attrs.fields(General).max_len.default if given is None else given.value
    if stride is not None and isinstance(most, int) and stride > most:
        node = (draft.root.get("training") or draft.root).get("window_stride") or draft.root
        message = f"window_stride must be at most max_len ({most}), found {stride}"
        yield node.place.problem(message, "items between two windows would never be predicted")


def check_protocols(draft: Draft) -> Iterator[Problem]:
    """Find evaluators that report under one name."""
    seen: set[object] = set()
    for node, evaluator in draft.read("evaluator"):
        protocol = getattr(evaluator.settings, "protocol", None)
        if protocol in seen:
            message = f"two evaluators report the protocol {protocol!r}"
            yield node.place.problem(message, 'give one of them another: protocol = "..."')
        if protocol is not None:
            seen.add(protocol)


def check_monitor(draft: Draft) -> Iterator[Problem]:
    """Find a monitor that is not reported on the validation cases."""
    node = (draft.root.get("training") or draft.root).get("monitor")
    if draft.training is None or node is None:
        return
    split, _, rest = draft.training.monitor.partition("/")
    if split == "test":
        hint = "what is selected by its test score has too good a test score: use valid/..."
        yield node.place.problem("monitor must not look at the test cases", hint)
    elif split != "valid" or rest.count("/") != 1:
        yield node.place.problem(
            f'monitor must be "valid/<protocol>/<metric>", found {toml(node.value)}',
            _reported_hint(draft, draft.training.monitor),
        )
    elif _all_known(draft) and draft.training.monitor not in _reported(draft):
        message = f"no evaluator of this recipe reports {toml(node.value)}"
        yield node.place.problem(message, _reported_hint(draft, draft.training.monitor))


CHECKS: tuple[Callable[[Draft], Iterator[Problem]], ...] = (
    check_required_kinds,
    check_negatives,
    check_views,
    check_distinct,
    check_causality,
    check_something_to_train,
    check_inputs,
    check_windows,
    check_protocols,
    check_monitor,
)


def _open_tasks(draft: Draft) -> str:
    """Name the tasks whose targets no encoder can see."""
    tasks = draft.registry.entries("task")
    return listed(t.name for t in tasks if not getattr(t.component, "requires_causal", False))


def _embedding(draft: Draft) -> str:
    """Name the encoders that embed inputs."""
    encoders = draft.registry.entries("encoder")
    return listed(e.name for e in encoders if getattr(e.component, "embeds_inputs", False))


def _trains(draft: Draft) -> bool:
    return draft.training is None or draft.training.epochs > 0


def _requires(loss: Chosen) -> frozenset[str]:
    required: frozenset[str] = getattr(loss.settings, "requires", frozenset())
    return required


def _own(loss: Chosen, key: str) -> Any:
    return getattr(loss.slot, key)


def _num_augmenters(draft: Draft, loss: Chosen) -> int:
    own = _own(loss, "augmenters")
    return len(draft.parts["augmenter"] if own is None else own)


def _names(draft: Draft, kind: str) -> str:
    return listed(draft.registry.names(kind))


def _reports(evaluator: Chosen) -> bool:
    """Whether an evaluator says what it reports before it is built."""
    return all(hasattr(evaluator.settings, name) for name in ("protocol", "metric_names"))


def _all_known(draft: Draft) -> bool:
    return all(chosen and _reports(chosen) for _, chosen in draft.parts["evaluator"])


def _reported(draft: Draft) -> list[str]:
    return [
        f"valid/{evaluator.settings.protocol}/{metric}"
        for _, evaluator in draft.read("evaluator")
        if _reports(evaluator)
        for metric in _metric_names(evaluator)
    ]


def _metric_names(evaluator: Chosen) -> tuple[str, ...]:
    try:
        return tuple(evaluator.settings.metric_names())
    except Exception as error:
        raise PluginError(
            f"evaluator {evaluator.name!r} of plugin {evaluator.entry.owner} failed to name its "
            f"metrics: {type(error).__name__}: {error}"
        ) from error


def _reported_hint(draft: Draft, monitor: str) -> str:
    reported = _reported(draft)
    return meant_or_known(monitor, reported, "reported")
