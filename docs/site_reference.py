"""The reference pages of the site, made from the code when the site is built (see ``conf.py``).

Nothing in them is written by hand: what a page lacks, the code lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import click
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import fw.hookspecs
import fw.interfaces
from fw.cli import COMMANDS, main
from fw.config.chosen import Slot
from fw.config.keys import OWN_TABLES, title
from fw.config.recipe import General
from fw.config.settings import settings_of
from fw.config.sources import shipped_recipes
from fw.describing import COLUMNS, description, own_settings, rows, slot_settings
from fw.entries import Entry
from fw.kinds import KINDS, Kind
from fw.registry import Registry
from fw.sweep.tables import RowKeys, SweepKeys
from fw.tune.tables import RangeKeys, TuneKeys

TEMPLATES = Path(__file__).with_name("reference_templates")
COMMAND_TABLES = {
    "[sweep]": SweepKeys,
    "[[sweep.rows]] and [[sweep.grids]]": RowKeys,
    "[tune]": TuneKeys,
    "Ranges in [tune.parameters]": RangeKeys,
}
LITERAL = re.compile(r"(``.+?``)", re.DOTALL)
SPECIAL = re.compile(r"([\\*`|_])")  # what reStructuredText takes for markup


@attrs.frozen
class Table:
    """The keys of one table of a recipe."""

    title: str
    text: str
    rows: list[tuple[str, ...]]


def pages(registry: Registry) -> dict[str, str]:
    """Return every page as reStructuredText, by the name of its file."""
    kinds = {
        f"{plural(kind)}.rst": _render("kind", kind=kind, entries=bundled(registry, kind.name))
        for kind in KINDS.values()
    }
    return {
        "components.rst": _render("components", kinds=list(KINDS.values())),
        **kinds,
        "recipe.rst": _render("recipe", tables=list(recipe_tables()), recipes=recipes()),
        "interface.rst": _render("interface", kinds=list(KINDS.values()), others=given()),
        "python.rst": _render("python"),
        "commands.rst": _render("commands", commands=dict(commands())),
    }


def bundled(registry: Registry, kind: str) -> list[Entry]:
    """Return the components of a kind that come with fw, whatever else is installed."""
    return [entry for entry in registry.entries(kind) if entry.bundled]


def plural(kind: Kind) -> str:
    """Return the plural of a kind's name."""
    return kind.hook.removeprefix("register_")


def recipe_tables() -> Iterator[Table]:
    """Yield the tables whose keys are fw's own, and what is in them."""
    yield _table("At the top", General)
    for key, own in OWN_TABLES.items():
        yield _table(title(key), own)
    for kind in KINDS.values():
        if kind.slot is not Slot:
            yield _table(title(kind.key, many=kind.many), kind.slot)
    for name, keys in COMMAND_TABLES.items():
        yield _table(name, keys)


def recipes() -> dict[str, tuple[str, str]]:
    """Return the comment at the top of every shipped recipe, and its text, by name."""
    return {name: _split(path.read_text("utf-8")) for name, path in shipped_recipes().items()}


def commands() -> Iterator[tuple[str, str]]:
    """Yield every command with its help."""
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        yield from _helps(f"fw {name}", command)


def given() -> list[str]:
    """Return the names in ``fw.interfaces`` of what components are given or return."""
    protocols = {kind.protocol for kind in KINDS.values()}
    return [
        name
        for name, value in vars(fw.interfaces).items()
        if isinstance(value, type) and value.__module__.startswith("fw.") and name not in protocols
    ]


def _helps(name: str, command: Any) -> Iterator[tuple[str, str]]:
    yield name, command.get_help(click.Context(command, info_name=name))
    for inner, one in getattr(command, "commands", {}).items():
        yield from _helps(f"{name} {inner}", one)


def _split(text: str) -> tuple[str, str]:
    lines = text.splitlines()
    end = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    return " ".join(line.lstrip("# ") for line in lines[:end]), "\n".join(lines[end:])


def _table(name: str, settings: type) -> Table:
    return Table(name, settings.__doc__ or "", rows(settings_of(settings).values()))


def _render(template: str, **values: object) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters |= {"heading": _heading, "escaped": _escaped, "plural": plural}
    environment.globals |= _TOOLS
    return environment.get_template(f"{template}.rst.j2").render(values)


def _heading(text: str, line: str = "=") -> str:
    return f"{text}\n{line * len(text)}"


def _escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text)


def _docstring(entry: Entry) -> str:
    """Return a docstring, in which a bar is a bar (``|x|``, a size) and no substitution."""
    parts = LITERAL.split(description(entry))
    parts[::2] = [part.replace("|", r"\|") for part in parts[::2]]
    return "".join(parts)


def _offer(kind: Kind) -> str:
    return (getattr(fw.hookspecs, kind.hook).__doc__ or "").strip()


_TOOLS: Mapping[str, Any] = {
    "COLUMNS": COLUMNS,
    "docstring": _docstring,
    "offer": _offer,
    "own_settings": own_settings,
    "rows": rows,
    "slot_settings": slot_settings,
    "table_title": lambda kind: title(kind.key, many=kind.many),
}
