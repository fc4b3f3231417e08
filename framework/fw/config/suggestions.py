"""What was probably meant: the nearest known word."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

# What other programs and papers call a setting that fw spells out.
_SYNONYMS = {
    "lr": "learning_rate",
    "l2": "weight_decay",
    "wd": "weight_decay",
    "bs": "batch_size",
    "maxlen": "max_len",
    "max_length": "max_len",
    "num_epochs": "epochs",
    "n_epochs": "epochs",
    "dim": "hidden_size",
    "hidden_units": "hidden_size",
    "embedding_size": "hidden_size",
    "num_layers": "num_blocks",
    "n_layers": "num_blocks",
    "n_heads": "num_heads",
    "dropout_rate": "dropout",
    "tau": "temperature",
    "model": "encoder",
}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was most probably meant, or None if none is near."""
    words = sorted(known)
    synonym = _SYNONYMS.get(word.lower())
    if synonym in words:
        return synonym
    lowered = {known_word.lower(): known_word for known_word in words}
    close = get_close_matches(word.lower(), lowered, n=1, cutoff=0.6)
    return lowered[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "did you mean ...?", or nothing if no known word is near."""
    found = nearest(word, known)
    return f"did you mean {found!r}?" if found else ""


def meant_or_known(word: str, known: Iterable[str], what: str) -> str:
    """Return what was probably meant, if any word is near, and below it the known words.

    ``what`` is said before these: ``rows: plain, wider``.
    """
    words = list(known)
    return f"{did_you_mean(word, words)}\n{what}: {listed(words)}".strip()


def listed(words: Iterable[str]) -> str:
    """Return the words, sorted, one after the other, or "none"."""
    return ", ".join(sorted(words)) or "none"
