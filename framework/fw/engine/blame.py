"""Whose fault an exception is: a plugin's is named with plugin and distribution."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from fw.config.recipe import Recipe
from fw.errors import FrameworkError, PluginError
from fw.registry import Entry

OURS = "fw-seqrec"


def plugin_failure(entry: Entry, doing: str, error: Exception) -> PluginError:
    """Make the error that names a plugin; the notes of the original say where it happened."""
    where = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
    return PluginError(
        f"{entry.kind} {entry.name!r} failed {doing}{where}: {type(error).__name__}: {error}\n"
        f"    it comes from plugin {entry.plugin}, distribution "
        f"{entry.distribution} {entry.version}"
    )


@contextmanager
def blamed_on(entry: Entry, doing: str) -> Iterator[None]:
    """Turn an exception of a plugin's into a PluginError that names it, the original chained."""
    try:
        yield
    except FrameworkError:
        raise
    except Exception as error:
        raise plugin_failure(entry, doing, error) from error


@contextmanager
def blamed_by_traceback(recipe: Recipe, doing: str) -> Iterator[None]:
    """Do the same where any component of the recipe may have failed.

    It is the one whose module stands innermost in the traceback. A fault of fw's own, or of a
    plugin that comes with it, is left as it is.
    """
    try:
        yield
    except FrameworkError:
        raise
    except Exception as error:
        entry = _guilty(recipe, error.__traceback__)
        if entry is None or entry.distribution == OURS:
            raise
        raise plugin_failure(entry, doing, error) from error


def _guilty(recipe: Recipe, traceback: TracebackType | None) -> Entry | None:
    """Return the component whose module stands innermost in the traceback."""
    entries = {
        chosen.entry.component.__module__: chosen.entry
        for components in recipe.components.values()
        for chosen in components
    }
    found = None
    while traceback is not None:
        found = entries.get(traceback.tb_frame.f_globals.get("__name__", ""), found)
        traceback = traceback.tb_next
    return found
