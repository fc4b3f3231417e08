"""All components that come with fw, of a kind, each with the settings it is tested with."""

import pytest

from fw.discovery import discover
from fw.testing.recipes import choose

REGISTRY = discover()


def registered(kind, **settings):
    """Return what parametrises the fixture ``chosen``: every component of a kind that fw brings.

    ``settings`` are by component: a list of tables. A component that is not named there is tested
    with its defaults, so that none is left out.
    """
    entries = [entry for entry in REGISTRY.entries(kind) if entry.bundled]
    unknown = set(settings) - {entry.name for entry in entries}
    assert not unknown, f"no such {kind}: {unknown}"
    return [
        pytest.param(lambda e=entry, t=table: choose(kind, e.component, t), id=_name(entry, table))
        for entry in entries
        for table in settings.get(entry.name, [{}])
    ]


def _name(entry, table):
    return " ".join([entry.name, *(f"{key}={value}" for key, value in table.items())])
