"""A component named in a recipe, as a run would read it, without a recipe around it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import tomli_w

from fw import hookimpl
from fw.config.chosen import Chosen
from fw.config.nodes import Place, made_of
from fw.config.structuring import Structurer
from fw.entries import Owned
from fw.errors import FrameworkError, RecipeError
from fw.hookspecs import Register
from fw.kinds import KINDS, Kind
from fw.offers import offers_of
from fw.registry import Registry
from fw.testing.messages import broken


def choose(kind_name: str, component: type, settings: Mapping[str, Any]) -> Chosen:
    """Read a table of a recipe that names the component with some settings.

    Ends the test, saying why, where the component cannot be registered or refuses the settings.
    """
    kind, name = KINDS[kind_name], component.__name__.lower()
    try:
        registry = Registry.of([_offer(kind, name, component)])
        return _read(kind, {"name": name, **settings}, registry)
    except FrameworkError as error:
        broken(f"{component.__name__} cannot be named in a recipe", str(error))


def read_again(chosen: Chosen) -> Chosen:
    """Write a component's whole table as TOML, and read it."""
    registry = Registry.of([(chosen.entry,)])
    return _read(KINDS[chosen.kind], chosen.table, registry)


def _offer(kind: Kind, name: str, component: type) -> Any:
    """Register the component by a hook, as a plugin does."""

    @hookimpl
    def register_it(register: Register) -> None:
        register(name, component)

    plugin = SimpleNamespace(**{kind.hook: register_it})
    return offers_of(plugin, Owned(plugin=component.__module__))


def _read(kind: Kind, table: Mapping[str, Any], registry: Registry) -> Chosen:
    text = tomli_w.dumps({kind.key: [table] if kind.many else table})
    reader = Structurer(made_of(tomllib.loads(text), {}, (), Place()), registry)
    ((_, chosen),) = reader.parts(kind)
    if chosen is None or reader.problems:
        raise RecipeError(reader.problems)
    return chosen
