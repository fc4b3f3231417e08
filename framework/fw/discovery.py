"""From entry points and modules to the registry.

A plugin that cannot be loaded is reported and left out, whole; the others are not affected. The
bundled plugins go the same way as everyone else's, only first.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from functools import partial
from importlib import import_module
from importlib.metadata import Distribution, EntryPoint, entry_points
from pathlib import Path

import attrs

from fw.entries import Entry, Failure, Owned
from fw.errors import PluginError, UserError
from fw.offers import NoHookError, offers_of
from fw.registry import Registry

GROUP = "fw"


@attrs.frozen(kw_only=True)
class _Source(Owned):
    """A plugin that is yet to be loaded; ``target`` is what its entry point names."""

    target: str
    load: Callable[[], object]


def discover(modules: Sequence[str] = ()) -> Registry:
    """Load all installed plugins, and the given modules, which may lie in the current folder.

    Raises nothing for a plugin that fails: see :attr:`fw.registry.Registry.failed`.
    """
    loaded = [_load(source) for source in _without_repeats([*_installed(), *_named(modules)])]
    failures = [one for one in loaded if isinstance(one, Failure)]
    return Registry.of([one for one in loaded if isinstance(one, tuple)], failures)


def discover_or_explain(modules: Sequence[str], warn: Callable[[str], None]) -> Registry:
    """Discover, and warn of each plugin that failed.

    A module that was asked for with ``-p`` must load: raises UserError if there is no such module,
    PluginError if it fails.
    """
    registry = discover(modules)
    for failure in registry.failed:
        if failure.plugin in modules and not isinstance(failure.cause, NoHookError):
            raise _explained(failure) from failure.cause
        warn(str(failure))
    return registry


def _installed() -> Iterator[_Source]:
    points = entry_points(group=GROUP)
    # Once for each distribution: whenever it is asked, it reads and parses its metadata anew.
    owners = {dist: _owner(dist) for dist in {point.dist for point in points}}
    sources = [_source(point, *owners[point.dist]) for point in points]
    yield from sorted(sources, key=lambda one: (not one.bundled, one.distribution, one.plugin))


def _owner(dist: Distribution | None) -> tuple[str, str]:
    """Return name and version of a distribution.

    What an interrupted (un)installation leaves behind may have none.
    """
    return _said(dist, "name") or "unknown distribution", _said(dist, "version") or ""


def _said(dist: Distribution | None, word: str) -> str | None:
    """Return what a distribution says of itself; None if its metadata is gone.

    Where the backport ``importlib_metadata`` has been imported, it raises for that.
    """
    try:
        return getattr(dist, word, None)
    except (OSError, KeyError):
        return None


def _source(point: EntryPoint, distribution: str, version: str) -> _Source:
    return _Source(
        plugin=point.name,
        distribution=distribution,
        version=version,
        target=point.value,
        load=point.load,
    )


def _named(modules: Iterable[str]) -> Iterator[_Source]:
    for module in modules:
        yield _Source(plugin=module, target=module, load=partial(_import_from_here, module))


def _import_from_here(module: str) -> object:
    """Import a module; the current folder comes last, so that nothing in it hides a library."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    return import_module(module)


def _without_repeats(sources: Iterable[_Source]) -> list[_Source]:
    """Leave out what was named before: a module has one entry point for each of its kinds."""
    first: dict[tuple[str, str], _Source] = {}
    for source in sources:
        installed = {target for _, target in first}
        if source.distribution or source.target not in installed:
            first.setdefault((source.distribution, source.target), source)
    return list(first.values())


def _load(source: _Source) -> tuple[Entry, ...] | Failure:
    try:
        # What a plugin prints must not get between the lines of --json.
        with redirect_stdout(sys.stderr):
            return offers_of(source.load(), source)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a SystemExit in a plugin must not end fw
        return Failure(
            plugin=source.plugin,
            distribution=source.distribution,
            version=source.version,
            cause=error,
        )


def _explained(failure: Failure) -> UserError | PluginError:
    cause, module = failure.cause, failure.plugin
    if isinstance(cause, ModuleNotFoundError) and _is_part(cause.name or "", module):
        return UserError(f"-p {module}: {cause}\n    {_MODULE_RULE}")
    return PluginError(str(failure))


_MODULE_RULE = "-p takes the name of a module, installed or in the current folder"


def _is_part(package: str, module: str) -> bool:
    return module == package or module.startswith(f"{package}.")
