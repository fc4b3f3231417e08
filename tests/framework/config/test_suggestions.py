"""What was probably meant."""

import pytest

from fw.config.suggestions import did_you_mean, listed, meant_or_known, nearest

MEANT = [
    ("learing_rate", "learning_rate"),
    ("LEARNING_RATE", "learning_rate"),
    ("lr", "learning_rate"),
    ("epoch", "epochs"),
    ("tau", "temperature"),
    ("maxlen", "max_len"),
    ("xyzzy", None),
    ("", None),
]
KNOWN = ["epochs", "learning_rate", "max_len", "temperature"]


@pytest.mark.parametrize(("word", "meant"), MEANT)
def test_the_nearest_known_word_or_none(word, meant):
    assert nearest(word, KNOWN) == meant


def test_a_synonym_counts_only_where_its_meaning_is_known():
    assert nearest("lr", ["epochs"]) is None


def test_a_suggestion_is_a_question_or_nothing():
    assert did_you_mean("epoch", KNOWN) == "did you mean 'epochs'?"
    assert did_you_mean("xyzzy", KNOWN) == ""


def test_what_is_known_is_said_below_what_was_meant_or_alone():
    assert meant_or_known("axe", ["b", "axes"], "rows") == "did you mean 'axes'?\nrows: axes, b"
    assert meant_or_known("xyzzy", [], "rows") == "rows: none"


def test_words_are_listed_in_order():
    assert listed(["b", "a"]) == "a, b"
    assert listed([]) == "none"
