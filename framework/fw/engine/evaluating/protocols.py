"""The protocols that the installed evaluators can report, by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import indent
from typing import Any, Literal, get_args, get_origin

from fw.config.chosen import Chosen, Slot
from fw.config.recipe import Recipe
from fw.config.settings import Setting, settings_of_entry
from fw.config.suggestions import meant_or_known
from fw.entries import Entry
from fw.errors import UserError
from fw.registry import Registry


def known_protocols(recipe: Recipe, registry: Registry) -> dict[str, Chosen]:
    """Return an evaluator for each protocol: the recipe's own, or else one with default settings.

    A protocol is found if an evaluator's settings name it as ``protocol`` with their defaults or
    with one choice (a ``Literal``) set to another of its values.
    """
    known = {_protocol(chosen): chosen for chosen in recipe.many("evaluator")}
    for entry in registry.entries("evaluator"):
        for chosen in _variants(entry):
            known.setdefault(_protocol(chosen), chosen)
    return {name: chosen for name, chosen in known.items() if name}


def choose_protocols(known: dict[str, Chosen], wanted: Sequence[str]) -> dict[str, Chosen]:
    """Return the evaluators of the wanted protocols, of all if none is named.

    Raises UserError for a name that no evaluator reports.
    """
    for name in wanted:
        if name not in known:
            hint = indent(meant_or_known(name, known, "known"), "    ")
            raise UserError(f"unknown protocol {name!r}\n{hint}")
    return {name: known[name] for name in (wanted or known)}


def _protocol(chosen: Chosen) -> str:
    return str(getattr(chosen.settings, "protocol", ""))


def _variants(entry: Entry) -> Iterator[Chosen]:
    settings = settings_of_entry(entry)
    if any(setting.required for setting in settings.values()):
        return
    choices: list[dict[str, Any]] = [{}]
    choices += [{key: value} for key, s in settings.items() for value in _values(s)]
    for choice in choices:
        try:
            made = entry.component(**choice)
        except (TypeError, ValueError):
            continue  # does not go with the other settings' defaults
        yield Chosen(kind=entry.kind, name=entry.name, settings=made, slot=Slot(), entry=entry)


def _values(setting: Setting) -> tuple[Any, ...]:
    return get_args(setting.type) if get_origin(setting.type) is Literal else ()
