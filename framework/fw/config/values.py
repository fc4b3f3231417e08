"""What a setting may hold, said in words and held to: no value is silently turned into another.

A boolean is not a number. An integer is taken where a float is wanted (``1`` is ``1.0``), a float
never where an integer is, ``2.0`` neither: a recipe says what it means. A string is not a list.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from cattrs import Converter

_LONGEST = 60
_WORDS = {
    bool: ("true or false", "booleans"),
    int: ("an integer", "integers"),
    float: ("a number", "numbers"),
    str: ("a string", "strings"),
    Path: ("a path", "paths"),
}
_NAMES = {
    bool: "boolean",
    int: "integer",
    float: "float",
    str: "string",
    list: "list",
    dict: "table",
    date: "date",
    datetime: "date and time",
    time: "time",
}


class MismatchError(ValueError):
    """A value is not of the type that is wanted; the message says both."""


def convert(value: Any, wanted: Any) -> Any:
    """Return a plain value as the type of a setting.

    Raises MismatchError, or TypeError if the type is none that a setting may have: bool, int,
    float, str, Path, Literal, tuple, and unions of these with each other or None.
    """
    words = expected(wanted)
    try:
        return _converter.structure(value, wanted)
    except MismatchError:
        raise MismatchError(f"must be {words}, found {found(value)}") from None


def repaired(value: Any, wanted: Any) -> str:
    """Return, as TOML, what was probably meant by a value of the wrong type, or nothing."""
    for candidate in _candidates(value):
        try:
            convert(candidate, wanted)
        except MismatchError:
            continue
        return toml(candidate)
    return ""


def expected(wanted: Any, *, plural: bool = False) -> str:
    """Say a type in words; raises TypeError if it is none that a setting may have."""
    if wanted in _WORDS:
        return _WORDS[wanted][plural]
    if _is_literal(wanted):
        return f"{'' if plural else 'one of '}{', '.join(map(toml, get_args(wanted)))}"
    if _is_tuple(wanted):
        return ("lists of " if plural else "a list of ") + _entries(get_args(wanted))
    if _is_union(wanted):
        return " or ".join(expected(one, plural=plural) for one in _alternatives(wanted))
    raise TypeError(f"{getattr(wanted, '__name__', wanted)} is no type that a setting may have")


def found(value: Any) -> str:
    """Say a value and its type, such as ``"0.001" (string)``."""
    text = toml(value)
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return f"{shown} ({_NAMES[type(value)]})"


def toml(value: Any) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if _fits(value) else hex(value)  # hex has no limit of digits
    if isinstance(value, (str, Path)):
        return _quoted(str(value))
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        pairs = (f"{_quoted(key)} = {toml(inner)}" for key, inner in value.items())
        return f"{{{', '.join(pairs)}}}"
    return str(value)


def _quoted(text: str) -> str:
    """Quote as TOML: as JSON does, but for the one character that only JSON lets stand."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _is_literal(wanted: Any) -> bool:
    return get_origin(wanted) is Literal


def _is_tuple(wanted: Any) -> bool:
    return get_origin(wanted) is tuple


def _is_union(wanted: Any) -> bool:
    return get_origin(wanted) in (Union, UnionType)


def _entries(arguments: tuple[Any, ...]) -> str:
    kinds = {expected(one, plural=True) for one in arguments if one is not Ellipsis}
    count = "" if Ellipsis in arguments else f"{len(arguments)} "
    return count + " or ".join(sorted(kinds))


def _alternatives(wanted: Any) -> list[Any]:
    return [one for one in get_args(wanted) if one is not NoneType]


def _candidates(value: Any) -> Iterator[Any]:
    yield [value]
    if isinstance(value, float) and value.is_integer():
        yield int(value)
    if isinstance(value, list) and len(value) == 1:
        yield value[0]
    if isinstance(value, str) and len(value) <= _LONGEST:
        try:
            yield from tomllib.loads(f"value = {value.lower()}").values()
        except ValueError:
            return


def _fits(value: int) -> bool:
    return -(2**63) <= value < 2**63


def _require(condition: bool, value: Any) -> Any:
    if not condition:
        raise MismatchError
    return value


def _boolean(value: Any, _: Any) -> bool:
    return bool(_require(isinstance(value, bool), value))


def _integer(value: Any, _: Any) -> int:
    return int(_require(type(value) is int and _fits(value), value))


def _number(value: Any, _: Any) -> float:
    if isinstance(value, float):
        return float(_require(not math.isnan(value), value))
    return float(_integer(value, int))


def _string(value: Any, _: Any) -> str:
    return str(_require(isinstance(value, str), value))


def _path(value: Any, _: Any) -> Path:
    return Path(_require(isinstance(value, str) and value != "", value))


def _choice(value: Any, wanted: Any) -> Any:
    same = [one for one in get_args(wanted) if type(one) is type(value) and one == value]
    return _require(bool(same), value)


def _tuple(value: Any, wanted: Any) -> tuple[Any, ...]:
    _require(isinstance(value, list), value)
    types = get_args(wanted)
    if Ellipsis in types:
        types = types[:1] * len(value)
    _require(len(types) == len(value), value)
    return tuple(_converter.structure(*pair) for pair in zip(value, types, strict=True))


def _union(value: Any, wanted: Any) -> Any:
    for one in _alternatives(wanted):
        try:
            return _converter.structure(value, one)
        except MismatchError:
            continue
    raise MismatchError


_converter = Converter(detailed_validation=False)
for _type, _hook in (
    (bool, _boolean),
    (int, _integer),
    (float, _number),
    (str, _string),
    (Path, _path),
):
    _converter.register_structure_hook(_type, _hook)
_converter.register_structure_hook_func(_is_literal, _choice)
_converter.register_structure_hook_func(_is_tuple, _tuple)
_converter.register_structure_hook_func(_is_union, _union)
