"""Where recipes are: files, and the recipes that are shipped with fw."""

from __future__ import annotations

import os.path
from collections.abc import Iterable
from pathlib import Path

import fw
from fw.config.suggestions import listed, nearest
from fw.errors import Problem


def shipped_recipes() -> dict[str, Path]:
    """Return the shipped recipes by name: ``"sasrec"``, ``"published/sasrec_paper"``."""
    folder = _shipped_folder()
    files = sorted(folder.rglob("*.toml"))
    return {file.relative_to(folder).with_suffix("").as_posix(): file for file in files}


def find_recipe(source: str | Path, folder: Path) -> Path | Problem:
    """Return the file that ``source`` means, or what is wrong with it.

    It is a file, a relative one starting from ``folder``; else the name of a shipped recipe, with
    or without ``.toml``.
    """
    file = Path(os.path.abspath(folder / source))
    if os.path.isfile(file):  # unlike Path.is_file, never raises
        return file
    shipped = shipped_recipes()
    name = str(source).removesuffix(".toml")
    return shipped[name] if name in shipped else _missing(file, name, shipped)


def _missing(file: Path, name: str, shipped: Iterable[str]) -> Problem:
    names = list(shipped)
    close = nearest(name, names) or nearest(Path(name).name, names)
    meant = f"did you mean the shipped recipe {close!r}?\n" if close else ""
    hint = f"{meant}shipped recipes: {listed(names)}"
    if os.path.isdir(file):
        return Problem(f"this is a folder, not a recipe: {file}", hint)
    return Problem(f"there is no such recipe: {file}", hint)


def _shipped_folder() -> Path:
    """Return the folder of shipped recipes: in the package, or beside it in a checkout."""
    package = Path(fw.__file__).parent
    installed = package / "recipes"
    return installed if installed.is_dir() else package.parents[1] / "recipes"
