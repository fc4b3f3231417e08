"""Tables of fw's own that hold plain values: those of ``[sweep]`` and ``[tune]``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fw.config.instances import Table
from fw.config.keys import Homes, unknown_key
from fw.config.nodes import Node
from fw.config.settings import settings_of
from fw.errors import Problem


def read_keys(
    node: Node, title: str, keys: type, problems: list[Problem], more: Iterable[str] = ()
) -> Any:
    """Read a table into an attrs class; what is wrong is added to ``problems``, and None returned.

    ``more`` are keys of the table that are read elsewhere.
    """
    settings = settings_of(keys)
    known = {*settings, *more}
    for key, child in node.value.items():
        if key not in known:
            problems.append(unknown_key(str(key), child, f"in {title}", known, Homes({})))
    return Table(node, title, settings, problems=problems).make(keys)
