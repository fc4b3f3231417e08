"""What can be said of a data set, and what it is said about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from fw.data.sequences import SequenceStore
from fw.data.split import Split


@attrs.frozen(kw_only=True)
class Finding:
    """One thing to know: ``counts`` behind it, said in words, and what could be set.

    ``serious`` findings change what a result means; the others are good to know.
    """

    name: str
    counts: Mapping[str, float]
    message: str
    advice: str = ""
    serious: bool = False


@attrs.frozen(kw_only=True, eq=False)
class Patient:
    """A data set that was loaded, cleaned and split, and how the recipe will use it."""

    split: Split
    resplit: Callable[[SequenceStore], Split]  # the recipe's splitter
    cleaning: Mapping[str, Any]
    max_len: int

    @property
    def store(self) -> SequenceStore:
        """All users' items."""
        return self.split.store
