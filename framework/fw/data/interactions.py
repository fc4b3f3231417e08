"""Interactions as a data set gives them: raw ids, in file order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

# Given row numbers of the frame, the true probability of every item (in the order of the item
# categories) to be what came next there: [rows, items].
Oracle = Callable[["np.ndarray"], "np.ndarray"]


@attrs.frozen(eq=False, kw_only=True)
class Interactions:
    """Who had what, in the order of the source.

    ``frame`` has the columns ``user`` and ``item`` (categorical, of text: ids are never numbers),
    optionally ``time`` (int64, larger is later; without it the order of the rows is the order in
    time), and any further columns of numbers (``rating`` ...) or, categorical too, of text.
    ``item_frame`` is indexed by item id and may hold ``title`` and features. ``counts`` says what
    the reader left out and why. ``files`` are the files that were read, for their fingerprints.
    """

    frame: pd.DataFrame
    item_frame: pd.DataFrame | None = None
    counts: Mapping[str, int] = MappingProxyType({})
    files: tuple[Path, ...] = ()
    oracle: Oracle | None = None
