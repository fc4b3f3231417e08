"""What there is to say about lists beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from fw.engine.finished.next_items import Lists
from fw.engine.finished.recommending import Request

_NAMED = 3


def remarks(request: Request, found: Lists) -> Iterator[str]:
    """Say which items were left out, who got the most popular ones, and for whom nothing is left.

    One line each, however many it is about.
    """
    unknown = [item for items in request.unknown.values() for item in items]
    if unknown:
        names = _some([repr(item) for item in unknown[:_NAMED]], len(unknown))
        yield f"items that the data does not know, left out ({len(unknown):,}): {names}"
    if request.absent:
        names = ", ".join(sorted(request.absent))
        yield f"histories were given without {names}: to the model that is not known of their items"
    popular = _names(request, found.popular)
    if popular:
        yield f"no known item in the history, so these are the most popular items: {popular}"
    empty = _names(request, np.equal(found.items, 0).all(axis=1))
    if empty:
        yield f"nothing is left to recommend, every item is in the history: {empty}"


def _names(request: Request, chosen: np.ndarray) -> str:
    numbers = np.flatnonzero(chosen)
    return _some([request.named(number) for number in numbers[:_NAMED].tolist()], len(numbers))


def _some(names: Sequence[str], number: int) -> str:
    more = [f"and {number - _NAMED:,} more"] if number > _NAMED else []
    return " ".join([", ".join(names[:_NAMED]), *more])
