"""The components that are there, by kind and name: whose they are, and what could not be had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import attrs

from fw.config.suggestions import meant_or_known
from fw.entries import Entry, Failure, Name
from fw.errors import PluginError, Problem, UserError
from fw.kinds import KINDS


@attrs.frozen(eq=False)
class Registry:
    """All components, and the plugins that failed. Made by :func:`fw.discovery.discover`.

    ``clashes`` has the names that more than one plugin offers, with all that offer them.
    """

    _entries: Mapping[Name, Entry]
    failed: list[Failure] = attrs.field(factory=list)
    clashes: Mapping[Name, tuple[Entry, ...]] = MappingProxyType({})

    @classmethod
    def of(cls, plugins: Sequence[tuple[Entry, ...]], failed: Iterable[Failure] = ()) -> Registry:
        """Put together what each plugin offers, whole plugins only.

        Where plugins offer the same name, none of them is taken, so that the order in which they
        were installed does not matter; but what comes with fw is never displaced.
        """
        clashes = _clashes(plugins)
        refused = [failure for offered in plugins for failure in _refusal(offered, clashes)]
        owners = {failure.owner for failure in refused}
        taken = (entry for offered in plugins for entry in offered if entry.owner not in owners)
        return cls({entry.key: entry for entry in taken}, [*failed, *refused], clashes)

    def find(self, kind: str, name: str) -> Entry | None:
        """Return the component, or None."""
        return self._entries.get((kind, name))

    def get(self, kind: str, name: str) -> Entry:
        """Return the component; raises UserError that says what there is instead."""
        found = self.find(kind, name)
        if found is None:
            raise UserError(str(self.missing(kind, name)))
        return found

    def entries(self, kind: str | None = None) -> list[Entry]:
        """Return all components, or those of one kind, by kind and name."""
        order = list(KINDS)
        chosen = (entry for entry in self._entries.values() if kind in (None, entry.kind))
        return sorted(chosen, key=lambda entry: (order.index(entry.kind), entry.name))

    def names(self, kind: str) -> list[str]:
        """Return the names of a kind's components, sorted."""
        return [entry.name for entry in self.entries(kind)]

    def missing(self, kind: str, name: str) -> Problem:
        """Explain why there is no such component, and what there is."""
        if kind not in KINDS:
            return Problem(f"unknown kind {kind!r}", meant_or_known(kind, KINDS, "known kinds"))
        if (kind, name) in self.clashes:
            return _clash_problem(self.clashes[kind, name])
        hint = meant_or_known(name, self.names(kind), f"known components of kind {kind}")
        searched = "searched: entry points of the group 'fw', and modules given with -p"
        failures = [str(failure) for failure in self.failed]
        return Problem(f"unknown {kind} {name!r}", "\n".join([hint, searched, *failures]))


def _clashes(plugins: Iterable[tuple[Entry, ...]]) -> dict[Name, tuple[Entry, ...]]:
    offers: dict[Name, list[Entry]] = {}
    for entry in (entry for offered in plugins for entry in offered):
        offers.setdefault(entry.key, []).append(entry)
    return {name: tuple(found) for name, found in offers.items() if len(found) > 1}


def _refusal(
    offered: tuple[Entry, ...], clashes: Mapping[Name, tuple[Entry, ...]]
) -> list[Failure]:
    """Return the failure of a plugin that offers a name of another's; bundled ones never fail."""
    clashing = [entry for entry in offered if entry.key in clashes and not entry.bundled]
    if not clashing:
        return []
    reasons = [f"{_offer(e)}, as does {_others(e, clashes[e.key])}" for e in clashing]
    first = clashing[0]
    return [
        Failure(
            plugin=first.plugin,
            distribution=first.distribution,
            version=first.version,
            cause=PluginError("\n".join(reasons)),
        )
    ]


def _offer(entry: Entry) -> str:
    return f"it offers {entry.kind} {entry.name!r}"


def _others(entry: Entry, rivals: Iterable[Entry]) -> str:
    return " and ".join(sorted(rival.owner for rival in rivals if rival is not entry))


def _clash_problem(entries: tuple[Entry, ...]) -> Problem:
    owners = " and ".join(sorted(entry.owner for entry in entries))
    message = f"{entries[0].kind} {entries[0].name!r} is offered by {owners}"
    return Problem(message, "none of them is used: uninstall all but one")
