"""What one plugin offers: its hooks checked against fw's, then called.

Each plugin gets a pluggy manager of its own. So its hooks are called alone, the owner of what it
registers is known, and a plugin that fails half-way has touched nothing.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import attrs
import pluggy
from pluggy import HookImpl

from fw import hookspecs
from fw.config.suggestions import did_you_mean, listed
from fw.entries import Entry, Owned
from fw.errors import PluginError
from fw.kinds import KINDS, Kind

_PARAMETERS = ("register",)
_HOOKS = {kind.hook: kind for kind in KINDS.values()}
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class NoHookError(PluginError):
    """The plugin can be imported, but implements none of fw's hooks."""


def offers_of(plugin: object, owner: Owned) -> tuple[Entry, ...]:
    """Return all components that a plugin (a module, as a rule) registers.

    Raises PluginError for a hook or parameter that fw does not know, for a component that is not
    an attrs class or cannot be named in a recipe, and :class:`NoHookError` for a plugin without any
    hook; whatever the plugin itself raises is passed on.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.register(plugin)
    _check_hooks(_implementations(manager, plugin), plugin)
    manager.add_hookspecs(hookspecs)
    offered: dict[tuple[str, str], Entry] = {}
    for kind in KINDS.values():
        hook = getattr(manager.hook, kind.hook)
        hook(register=partial(_register, offered, owner, kind))
    return tuple(offered.values())


def _implementations(manager: pluggy.PluginManager, plugin: object) -> list[tuple[str, HookImpl]]:
    callers = manager.get_hookcallers(plugin) or []
    return [(caller.name, found) for caller in callers for found in caller.get_hookimpls()]


def _check_hooks(implementations: list[tuple[str, HookImpl]], plugin: object) -> None:
    if not implementations:
        raise NoHookError(_no_hook(plugin))
    problems = [_hook_problem(*one) for one in implementations if not one[1].optionalhook]
    if any(problems):
        raise PluginError("\n".join(problem for problem in problems if problem))


def _hook_problem(name: str, implementation: HookImpl) -> str:
    if name not in _HOOKS:
        return _unlike("unknown hook", name, _HOOKS, "hooks")
    unknown = [word for word in implementation.argnames if word not in _PARAMETERS]
    where = f"hook {name!r} has an unknown parameter"
    return "\n".join(_unlike(where, word, _PARAMETERS, "parameters") for word in unknown)


def _unlike(what: str, word: str, known: Any, plural: str) -> str:
    hint = did_you_mean(word, known) or f"known {plural}: {listed(known)}"
    return f"{what} {word!r}; {hint}"


def _no_hook(plugin: object) -> str:
    unmarked = [name for name in _HOOKS if callable(getattr(plugin, name, None))]
    if unmarked:
        return f"it registers no hook: {listed(unmarked)} is not marked with @fw.hookimpl"
    return f"it registers no hook; known hooks: {listed(_HOOKS)}"


def _register(
    offered: dict[tuple[str, str], Entry], owner: Owned, kind: Kind, name: str, component: type
) -> None:
    """Be the ``register`` that a hook is given."""
    _check_component(kind, name, component)
    if (kind.name, name) in offered:
        raise PluginError(f"it registers {kind.name} {name!r} twice")
    offered[kind.name, name] = Entry(
        kind=kind.name,
        name=name,
        component=component,
        plugin=owner.plugin,
        distribution=owner.distribution,
        version=owner.version,
    )


def _check_component(kind: Kind, name: object, component: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise PluginError(
            f"{kind.name} {name!r}: a name is lower-case letters, digits and underscores"
        )
    if not isinstance(component, type) or not attrs.has(component):
        raise PluginError(f"{kind.name} {name!r}: {component!r} is not an attrs class")
    reserved = {"name", *(field.alias for field in attrs.fields(kind.slot))}
    taken = reserved & {field.alias for field in attrs.fields(component) if field.init}
    if taken:
        raise PluginError(
            f"{kind.name} {name!r}: settings must not be called {listed(taken)}, "
            f"which fw itself understands in {kind.key}"
        )
