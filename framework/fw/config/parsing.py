"""From the text of a recipe file to a tree of nodes, or one readable problem."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from fw.config.locating import Lines
from fw.config.nodes import Node, Place, made_of
from fw.errors import Problem, RecipeError

LARGEST_FILE = 1_000_000  # bytes

# tomllib takes hours for a key of very many parts. Possessive, so that the search is linear.
_LONG_KEY = re.compile(r"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){64}")
_POSITION = re.compile(r" \(at (line (?P<line>\d+), column (?P<column>\d+)|end of document)\)")
_REPEATED = re.compile("Cannot (overwrite|declare|redefine|mutate)")
TOO_DEEP = "the recipe is nested too deeply"


def parse_file(file: Path) -> Node:
    """Read a recipe file; raises RecipeError if it cannot be read or is not TOML."""
    text = _read(file)
    try:
        return _located(_parsed(text, file), text, file)
    except RecursionError:
        raise _error(TOO_DEEP, file) from None


def parse_value(text: str, place: Place) -> Node:
    """Read one TOML value, as it stands after ``--set KEY=``; a bare word is taken as text."""
    if re.fullmatch(r"[A-Za-z][\w-]*", text) and text not in ("true", "false", "inf", "nan"):
        return Node(text, place)
    try:
        data = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        data = {}
    if list(data) != ["value"]:
        hint = "numbers and true or false as they are, text in quotes, lists in [ ]"
        raise RecipeError([place.problem("what follows = is not a TOML value", hint)])
    return made_of(data["value"], {}, (), place)


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise _error(f"cannot be read: {error.strerror}", file) from error
    if len(content) > LARGEST_FILE:
        raise _error("is larger than 1 MB: this is not a recipe", file)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _error("is not UTF-8 text", file, line) from None


def _parsed(text: str, file: Path) -> dict[str, Any]:
    if long_key := _LONG_KEY.search(text):
        raise _error(TOO_DEEP, file, text.count("\n", 0, long_key.start()) + 1)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError([_syntax_problem(str(error), text, file)]) from None
    except ValueError:  # Python's own limit
        raise _error("a number has too many digits", file) from None


def _syntax_problem(message: str, text: str, file: Path) -> Problem:
    """Put the line that tomllib names where all problems have it, and keep the column."""
    position = _POSITION.search(message)
    said = _POSITION.sub("", message)
    hint = "a key or table is written twice" if _REPEATED.match(said) else ""
    lines = text.rstrip().split("\n")
    if position is None or position["line"] is None:
        place = Place(file=file, line=len(lines), text=lines[-1])
        return place.problem(f"not TOML: {said} (at the end of the file)", hint)
    line = int(position["line"])
    place = Place(file=file, line=line, text=text.split("\n")[line - 1])
    return place.problem(f"not TOML: {said} (column {position['column']})", hint)


def _located(data: dict[str, Any], text: str, file: Path) -> Node:
    lines = text.split("\n")
    places = {
        keys: Place(file=file, line=line, text=lines[line - 1])
        for keys, line in Lines(text).found.items()
    }
    return made_of(data, places, (), Place(file=file))


def _error(message: str, file: Path, line: int | None = None) -> RecipeError:
    return RecipeError([Place(file=file, line=line).problem(message)])
