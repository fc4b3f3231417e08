"""What docs/reliability.md promises is held by tests that exist."""

import re
from pathlib import Path

from named_tests import all_tests, read_tests

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`(test_\w+)`", PAGE))


def names_of(path):
    return set(read_tests(path.read_text(encoding="utf-8")))


def test_every_test_that_is_named_exists():
    assert len(NAMED) > 40
    assert sorted(NAMED - {name for name, _ in all_tests()}) == []


def test_every_promise_names_a_test():
    promises = re.findall(r"^- (.*(?:\n  .*)*)", PAGE, re.MULTILINE)
    assert len(promises) > 25
    assert [promise for promise in promises if not re.search(r"`test_\w+`", promise)] == []


def test_every_fault_that_is_caused_is_promised_somewhere():
    files = list((ROOT / "tests" / "faults").glob("test_*.py"))
    assert len(files) > 5
    assert [path.name for path in files if not NAMED & names_of(path)] == []
