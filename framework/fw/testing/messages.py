"""How a broken contract is told: what is wrong and what would be right, without a traceback."""

from __future__ import annotations

from typing import NoReturn

import pytest


def broken(wrong: str, right: str = "") -> NoReturn:
    """End the test with what is wrong and, on lines of their own, what would be right."""
    __tracebackhide__ = True
    lines = [wrong, *(f"    {line}" for line in right.splitlines())]
    pytest.fail("\n".join(lines), pytrace=False)


def require(condition: object, wrong: str, right: str = "") -> None:
    """End the test unless the condition holds."""
    __tracebackhide__ = True
    if not condition:
        broken(wrong, right)
