"""Types and ranges of settings in words."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from fw.config.settings import Setting
from fw.config.validators import Range
from fw.config.values import expected, toml


def type_words(setting: Setting) -> str:
    """Say the type of a setting; the choices of a Literal are left to :func:`allowed`."""
    literal = get_origin(setting.type) is Literal
    words = expected(type(get_args(setting.type)[0])) if literal else setting.words
    return words.removeprefix("an ").removeprefix("a ")


def words_with_range(setting: Setting) -> str:
    """Say what a setting may hold in one phrase: "a number between 0 and 1"."""
    limit = setting.attribute.validator
    return f"{setting.words} {limit}" if isinstance(limit, Range) else setting.words


def allowed(setting: Setting) -> str:
    """Say the range or the choices of a setting, as far as its type and validator tell."""
    return "; ".join([*_choices(setting.type), *_limits(setting.attribute.validator)])


def _choices(wanted: Any) -> Iterator[str]:
    if get_origin(wanted) is Literal:
        yield ", ".join(map(toml, get_args(wanted)))
    elif get_origin(wanted) in (Union, UnionType, tuple):
        for one in get_args(wanted):
            yield from _choices(one)


def _limits(validator: Any) -> Iterator[str]:
    """Say what a validator wants: fw's own, or one of attrs', told by what it holds."""
    if isinstance(validator, Range):
        yield str(validator)
    elif hasattr(validator, "compare_op") and hasattr(validator, "bound"):
        yield f"{validator.compare_op} {validator.bound}"
    elif hasattr(validator, "options"):
        yield ", ".join(map(toml, validator.options))
    elif hasattr(validator, "min_length"):
        yield f"at least {validator.min_length} long"
    elif hasattr(validator, "max_length"):
        yield f"at most {validator.max_length} long"
    for inner in _inner(validator):
        yield from _limits(inner)


def _inner(validator: Any) -> Iterator[Any]:
    yield from getattr(validator, "_validators", ())
    names = ("validator", "iterable_validator", "member_validator")
    yield from (getattr(validator, name) for name in names if hasattr(validator, name))
