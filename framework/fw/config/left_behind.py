"""What a recipe leaves behind by naming another component than the recipe that it extends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fw.config.chosen import Chosen, plain_fields
from fw.config.nodes import Node, Place


def notes_of(parts: Iterable[tuple[Node, Chosen]]) -> Iterator[str]:
    """Say which settings of a replaced component its successor has too, and what they are now.

    That is the rule of ``extends``, and easily forgotten where both have the same keys. Keys of
    fw's own are not looked at: how data is cleaned belongs to the data.
    """
    for node, chosen in parts:
        if node.replaced is not None:
            yield from _notes(node, node.replaced, chosen)


def _notes(node: Node, replaced: Node, chosen: Chosen) -> Iterator[str]:
    settings = plain_fields(chosen.settings)
    for key, old in replaced.value.items():
        if key in node.value or key not in settings or settings[key] == old.plain():
            continue
        yield (
            f"{chosen.kind} {chosen.name!r} has {key} = {settings[key]!r}, its default: "
            f"{key} = {old.plain()!r} of {_where(old.place)} was for "
            f"{replaced.value['name'].value!r}"
        )


def _where(place: Place) -> str:
    if place.override:
        return f"--set {place.override}"
    name = place.file.name if place.file else "the recipe"
    return name if place.line is None else f"{name}:{place.line}"
