"""What docs/reliability.md promises is held by tests that exist."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`(test_\w+)`", PAGE))


def names_of(path):
    """Return the names of a file's test functions, those of its classes too."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    functions = [node.name for node in nodes if isinstance(node, ast.FunctionDef)]
    return [name for name in functions if name.startswith("test_")]


def test_every_test_that_is_named_exists():
    assert len(NAMED) > 40
    exist = {name for path in (ROOT / "tests").rglob("test_*.py") for name in names_of(path)}
    assert sorted(NAMED - exist) == []


def test_every_promise_names_a_test():
    promises = re.findall(r"^- (.*(?:\n  .*)*)", PAGE, re.MULTILINE)
    assert len(promises) > 25
    assert [promise for promise in promises if not re.search(r"`test_\w+`", promise)] == []


def test_every_fault_that_is_caused_is_promised_somewhere():
    files = list((ROOT / "tests" / "faults").glob("test_*.py"))
    assert len(files) > 5
    assert [path.name for path in files if not NAMED & set(names_of(path))] == []
