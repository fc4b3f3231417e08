"""When interactions were, as columns beside the items of sequences, for encoders that ask for them.

``"time"`` is the time of an interaction, in whatever unit the data set has; ``"next_time"`` that of
the row's next one, and its own where there is none. So where the input of a case ends,
``next_time`` is the time of the target.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from fw.errors import DataError

if TYPE_CHECKING:
    from fw.config.recipe import Recipe
    from fw.data.sequences import SequenceStore

TIME, NEXT_TIME = "time", "next_time"


def moments(times: np.ndarray, offsets: np.ndarray) -> dict[str, np.ndarray]:
    """Return both columns ([T] int64) of rows that begin at ``offsets`` ([U + 1]), laid flat."""
    following = np.append(times[1:], times[-1:])
    last = offsets[1:][np.diff(offsets) > 0] - 1
    following[last] = times[last]
    return {TIME: times, NEXT_TIME: following}


def asked_for(recipe: Recipe, store: SequenceStore) -> Mapping[str, np.ndarray]:
    """Return the columns that the recipe's encoder asks for by ``columns``, of all interactions.

    Raises DataError where the data set has no times.
    """
    encoder = recipe.one("encoder")
    names = getattr(encoder.settings, "columns", ())
    if not names:
        return {}
    if store.times is None:
        raise DataError(
            f"encoder {encoder.name!r}, with these settings, needs the time of every interaction, "
            f"and data set {recipe.one('dataset').name!r} has no times\n"
            "    give it data with times, or settings or an encoder that need none"
        )
    found = moments(store.times, store.offsets)
    return {name: found[name] for name in names}
