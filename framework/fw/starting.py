"""Starting a plugin: a small distribution of one component, which passes its own tests."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

import attrs
from jinja2 import Environment, PackageLoader, StrictUndefined

from fw import __version__
from fw.errors import UserError
from fw.kinds import Kind
from fw.registry import Registry

_NAME = re.compile(r"[a-z][a-z0-9_]*")
# What the component of each kind does, to begin with.
_SUMMARIES = {
    "augmenter": "Drop items at random.",
    "dataset": "Read interactions from a CSV file.",
    "encoder": "Encode sequences with gated recurrent units.",
    "executor": "Run the jobs of a sweep one after another, with pauses.",
    "evaluator": "Rank among all items but those of the training part.",
    "index": "Search by the numbers in which items differ most.",
    "input": "Embed how popular each item is.",
    "loader": "Gather batches in host memory.",
    "loss": "Keep targets a margin ahead of their negatives.",
    "optimizer": "Train by stochastic gradient descent with momentum.",
    "pooling": "Average hidden states, newer ones weighing more.",
    "sampler": "Draw negatives uniformly from all items.",
    "schedule": "Let the learning rate fall in steps.",
    "splitter": "Hold out the last items of every user.",
    "task": "Predict the newest item alone.",
    "tracker": "Write every number of a run to a CSV file.",
}


@attrs.frozen(kw_only=True)
class NewPlugin:
    """A plugin that is yet to be written, with one component of a kind."""

    kind: Kind
    name: str

    @property
    def module(self) -> str:
        """The name of its module."""
        return f"fw_{self.name}"

    @property
    def distribution(self) -> str:
        """The name of its distribution, and of the folder it is in."""
        return self.module.replace("_", "-")

    @property
    def class_name(self) -> str:
        """The name of its class; with the kind at its end it is none that it imports."""
        words = "".join(word.capitalize() for word in self.name.split("_"))
        return words.removesuffix(self.kind.protocol) + self.kind.protocol

    def files(self) -> dict[str, str]:
        """Return the text of every file by name."""
        return {
            "pyproject.toml": self._text("pyproject.toml"),
            "README.md": self._text("README.md"),
            f"{self.module}.py": self._text(f"{self.kind.name}.py"),
            f"test_{self.module}.py": self._text("test.py"),
        }

    def check(self, registry: Registry) -> None:
        """Raise UserError if it cannot have this name, or if the name is taken."""
        if not _NAME.fullmatch(self.name):
            raise UserError(_bad_name(self.name))
        entry = registry.find(self.kind.name, self.name)
        if entry is not None:
            raise UserError(_taken(f"{entry.kind} {entry.name!r}", f"from {entry.owner}"))
        if find_spec(self.module) is not None:
            raise UserError(_taken(f"a module {self.module!r}"))
        if _is_installed(self.distribution):
            raise UserError(_taken(f"a distribution {self.distribution!r}"))

    def write(self, folder: Path) -> None:
        """Write all files into a new folder; raises UserError if it is there or cannot be made."""
        try:
            folder.mkdir(parents=True)
            for name, text in self.files().items():
                (folder / name).write_text(text, encoding="utf-8")
        except FileExistsError:
            raise UserError(f"{folder} is there already\n    name another with -o") from None
        except OSError as error:
            raise UserError(f"cannot write {error.filename}: {error.strerror}") from error

    def _text(self, template: str) -> str:
        environment = Environment(
            loader=PackageLoader("fw", "plugin_templates"),
            undefined=StrictUndefined,
            trim_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,
        )
        return environment.get_template(f"{template}.j2").render(
            kind=self.kind.name,
            hook=self.kind.hook,
            table=f"[[{self.kind.key}]]" if self.kind.many else f"[{self.kind.key}]",
            contract=f"{self.kind.protocol}Contract",
            name=self.name,
            module=self.module,
            distribution=self.distribution,
            class_name=self.class_name,
            summary=_SUMMARIES[self.kind.name],
            versions=compatible_versions(__version__),
        )


def compatible_versions(version: str) -> str:
    """Return the versions with the same plugin interface, as a requirement has them.

    By semantic versioning: before 1.0 those with the same second number, then with the first.
    """
    major, minor = map(int, version.split(".")[:2])
    following = f"{major + 1}" if major else f"0.{minor + 1}"
    return f">={major}.{minor},<{following}"


def _bad_name(name: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    hint = f"\n    write {plain}" if _NAME.fullmatch(plain) else ""
    rule = "a name is lower-case letters, digits and underscores, and begins with a letter"
    return f"{name!r} cannot name a component: {rule}{hint}"


def _taken(what: str, whence: str = "") -> str:
    return f"there is already {what} {whence}".rstrip() + "\n    choose another name"


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
