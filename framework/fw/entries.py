"""What plugins offer: components with their owners, and plugins that could not be used."""

from __future__ import annotations

import inspect

import attrs

from fw.errors import PluginError

BUNDLED = "fw-seqrec"
Name = tuple[str, str]  # kind and name


@attrs.frozen(kw_only=True)
class Owned:
    """Something of a plugin's.

    ``plugin`` is the name of its entry point, or the module that was given with ``-p``; for the
    latter ``distribution`` and ``version`` are empty.
    """

    plugin: str
    distribution: str = ""
    version: str = ""

    @property
    def owner(self) -> str:
        """The plugin and where it comes from, in words."""
        return f"{self.plugin} ({self.source})"

    @property
    def source(self) -> str:
        """The distribution and its version, in words."""
        return f"{self.distribution} {self.version}".strip() or "given with -p"

    @property
    def bundled(self) -> bool:
        """Whether the plugin comes with fw itself."""
        return self.distribution == BUNDLED


@attrs.frozen(kw_only=True)
class Entry(Owned):
    """One component that a recipe may name, and the plugin that offers it."""

    kind: str
    name: str
    component: type

    @property
    def key(self) -> Name:
        """Kind and name."""
        return self.kind, self.name

    @property
    def summary(self) -> str:
        """The first line of the component's docstring."""
        return (inspect.getdoc(self.component) or "").partition("\n")[0]


@attrs.frozen(kw_only=True)
class Failure(Owned):
    """A plugin that could not be used: nothing of it is in the registry."""

    cause: BaseException

    @property
    def message(self) -> str:
        """What went wrong: fw's own words, or the type and text of the plugin's exception."""
        if isinstance(self.cause, PluginError):
            return str(self.cause)
        return f"{type(self.cause).__name__}: {self.cause}"

    def __str__(self) -> str:
        return f"plugin {self.owner} was not loaded: {self.message}"
