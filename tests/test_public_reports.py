"""Every kind of fault that users of such software reported has a test, or a decision with one.

Cases are numbered B01 to B69. A test carries the numbers of its cases in its name or docstring, a
line of docs/decisions.md in brackets beside the name of its test.
"""

import re

import pytest

from named_tests import TESTS, all_tests, read_tests

CASES = [f"B{number:02}" for number in range(1, 70)]
CASE = re.compile(r"case_(B\d+)")
DECISIONS = (TESTS.parent / "docs" / "decisions.md").read_text(encoding="utf-8")
# What no test can show without the machine; docs/decisions.md says the same to users.
NOT_SHOWN = {
    "B22": "attention on CUDA: needs a GPU",
    "B23": "bfloat16 on CUDA: needs a GPU",
    "B29": "weights trained on CUDA and used on a CPU: needs a GPU",
    "B64": "two runs on CUDA: needs a GPU",
    "B66": "a run on Apple's GPU: needs one",
}


def cases_of(tests):
    """Return the cases that tests carry, given names and docstrings."""
    return {case for name, text in tests for case in CASE.findall(f"{name} {text}")}


def decided(page, names):
    """Return the cases of the page's paragraphs and list entries that name a test there is."""
    parts = re.split(r"\n\s*\n|\n(?=- )", page)
    held = [part for part in parts if names & set(re.findall(r"`(test_\w+)`", part))]
    return {case for part in held for case in re.findall(r"\(case_(B\d+)\)", part)}


@pytest.fixture(scope="module")
def tests():
    return all_tests()


def test_every_case_has_a_test_or_a_decision_that_has_one(tests):
    found = cases_of(tests) | decided(DECISIONS, {name for name, _ in tests})
    assert [case for case in CASES if case not in found] == []


def test_no_test_and_no_decision_carries_a_case_that_there_is_not(tests):
    carried = cases_of(tests) | set(CASE.findall(DECISIONS))
    assert sorted(carried - set(CASES)) == []


def test_what_no_test_shows_is_said_to_users(tests):
    section = DECISIONS.split("## What no test has shown")[1].split("\n## ")[0]
    said = re.findall(r"^- \(case_(B\d+)\) .", section, re.MULTILINE)
    assert said == list(NOT_SHOWN)
    assert set(NOT_SHOWN) <= cases_of(tests)  # the rest of each case has a test


SOURCE = '''
def test_case_B01_and_case_B02_of_a_name(): ...
class TestMany:
    def test_inside(self):
        """As in case_B03."""
def helper_case_B04(): ...
def test_body():
    case_B05 = "case_B06"  # case_B07
'''


def test_cases_are_taken_from_names_and_docstrings_of_tests_alone():
    assert cases_of(read_tests(SOURCE).items()) == {"B01", "B02", "B03"}


def test_a_decision_counts_only_beside_a_test_that_exists():
    page = (
        "One (case_B01): `test_a`.\n\nTwo (case_B02), no test.\n\nThree (case_B03): `test_b`.\n"
        "- Four (case_B04):\n  `test_a`\n- Five (case_B05)\n"
    )
    assert decided(page, {"test_a"}) == {"B01", "B04"}
