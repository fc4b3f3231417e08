"""Whose fault an exception is: a plugin's is named with plugin and distribution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType

from fw.config.chosen import Chosen
from fw.config.recipe import Recipe
from fw.engine.steps.memory import is_out_of_memory
from fw.entries import Entry
from fw.errors import FrameworkError, PluginError
from fw.outputs import WrongOutput


def plugin_failure(entry: Entry, doing: str, error: Exception) -> PluginError:
    """Make the error that names a plugin; the notes of the original say where it happened."""
    where = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
    what = str(error) if isinstance(error, WrongOutput) else f"{type(error).__name__}: {error}"
    return PluginError(
        f"{entry.kind} {entry.name!r} failed {doing}{where}: {what}\n"
        f"    it comes from {origin(entry)}"
    )


def origin(entry: Entry) -> str:
    """Say from which plugin a component is, and where that comes from."""
    if not entry.distribution:
        return f"plugin {entry.owner}"
    return f"plugin {entry.plugin}, distribution {entry.distribution} {entry.version}"


@contextmanager
def blamed_on(entry: Entry, doing: str) -> Iterator[None]:
    """Turn an exception of a plugin's into a PluginError that names it, the original chained."""
    try:
        yield
    except FrameworkError:
        raise
    except Exception as error:
        if is_out_of_memory(error):  # nobody's fault, and explained elsewhere
            raise
        raise plugin_failure(entry, doing, error) from error


@contextmanager
def blamed_by_traceback(recipe: Recipe, doing: str) -> Iterator[None]:
    """Do the same where any component of the recipe may have failed.

    It is the one that returned something wrong, or whose module stands innermost in the traceback.
    A fault of fw's own, or of a plugin that comes with it, is left as it is.
    """
    try:
        yield
    except FrameworkError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise
        entry = guilty(recipe, error)
        if entry is None or entry.bundled:
            raise
        raise plugin_failure(entry, doing, error) from error


def guilty(recipe: Recipe, error: Exception) -> Entry | None:
    """Return the component that returned something wrong, or is innermost in the traceback."""
    entries = [
        chosen.entry
        for components in recipe.components.values()
        for one in components
        for chosen in _with_nested(one)
    ]
    by_module = {entry.component.__module__: entry for entry in entries}
    if not isinstance(error, WrongOutput):
        return _innermost(by_module, error.__traceback__)
    of_kind = {entry.name: entry for entry in entries if entry.kind == error.kind}
    only = next(iter(of_kind.values())) if len(of_kind) == 1 else None
    return by_module.get(type(error.component).__module__, only)


def _with_nested(chosen: Chosen) -> Iterator[Chosen]:
    """Yield a component and those in its own table: a loss may have augmenters and a pooling."""
    yield chosen
    yield from getattr(chosen.slot, "augmenters", None) or ()
    pooling = getattr(chosen.slot, "pooling", None)
    if pooling is not None:
        yield pooling


def _innermost(entries: Mapping[str, Entry], traceback: TracebackType | None) -> Entry | None:
    found = None
    while traceback is not None:
        found = entries.get(traceback.tb_frame.f_globals.get("__name__", ""), found)
        traceback = traceback.tb_next
    return found
