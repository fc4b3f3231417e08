"""Where two data sets that are not the same first differ."""

from __future__ import annotations

import attrs
import numpy as np

from fw.data.alignment import NONE, Alignment, align_by_name, pair_up
from fw.data.colours import Colours, Painter
from fw.data.sequences import SequenceStore

# With less in common than this, a difference would be between things that do not correspond.
_ENOUGH = 0.5


@attrs.frozen(kw_only=True)
class Difference:
    """The first difference; ``user`` and ``position`` (from 0) are None if nothing corresponds."""

    message: str
    user: str | None = None
    position: int | None = None


def find_difference(a: SequenceStore, b: SequenceStore) -> Difference:
    """Find the first difference, by names where most are the same, else by who had what."""
    by_name, items = align_by_name(a, b)
    same_names = min((by_name.partners != NONE).mean(), (items[1:] > 0).mean())
    aligned, items = (by_name, items) if same_names >= _ENOUGH else _best_guess(a, b)
    if same_names < _ENOUGH and _agreement(aligned, items) < _ENOUGH:
        return Difference(message="no way was found in which users and items might correspond")
    found = aligned.first_difference(items)
    if found is None:
        extra = int(np.setdiff1d(np.arange(b.num_users), aligned.partners)[0])
        user = str(b.user_ids[extra])
        return Difference(message=f"user {user!r} is in the second alone", user=user)
    return _described(aligned, items, *found)


def _described(aligned: Alignment, items: np.ndarray, row: int, position: int) -> Difference:
    a, b, partner = aligned.a, aligned.b, int(aligned.partners[row])
    user = str(a.user_ids[row])
    if partner == NONE:
        return Difference(message=f"user {user!r} is in the first alone", user=user, position=0)
    other = str(b.user_ids[partner])
    called = "" if other == user else f" (in the second {other!r})"
    first, second = _item_at(a, row, position), _item_at(b, partner, position)
    place = f"user {user!r}{called}, position {position} (from 0)"
    message = f"{place}: {first}, in the second {second}"
    return Difference(message=message, user=user, position=position)


def _item_at(store: SequenceStore, row: int, position: int) -> str:
    if position >= store.lengths[row]:
        return "nothing"
    item = store.items[store.offsets[row] + position]
    return f"item {str(store.item_ids[item - 1])!r}"


def _best_guess(a: SequenceStore, b: SequenceStore) -> tuple[Alignment, np.ndarray]:
    """Align as many users as possible, beginning in several ways."""
    painters = Painter.of(a), Painter.of(b)
    # Two rounds tell most users apart; more would carry a single difference to everyone.
    early = [painter.next(painter.next(painter.first())).users for painter in painters]
    beginnings = (
        pair_up(*early),
        pair_up(np.arange(a.num_users), np.arange(b.num_users)),
        align_by_name(a, b)[0].partners,
    )
    guesses = [_completed(*painters, partners) for partners in beginnings]
    return max(guesses, key=lambda guess: _agreement(*guess))


def _completed(a: Painter, b: Painter, partners: np.ndarray) -> tuple[Alignment, np.ndarray]:
    """Translate items by what stands beside them, pair users who had the same, then the rest.

    Twice: items without a translation count as one item at first, and get theirs from the users
    who are paired then.
    """
    for _ in range(2):
        items = Alignment(a.store, b.store, partners).most_frequent()
        known = np.isin(np.arange(b.store.num_items + 1), items)
        partners = pair_up(_words(a, items), _words(b, np.where(known, np.arange(len(known)), 0)))
    free_a = np.flatnonzero(partners == NONE)
    free_b = np.setdiff1d(np.arange(b.store.num_users), partners)
    both = min(len(free_a), len(free_b))
    partners[free_a[:both]] = free_b[:both]
    return Alignment(a.store, b.store, partners), items


def _words(painter: Painter, items: np.ndarray) -> np.ndarray:
    """Return one number for each user's items in order; ``items`` says what each item counts as."""
    alike = np.zeros(painter.store.num_users, dtype=np.uint64)
    return painter.next(Colours(alike, items[1:].astype(np.uint64))).users


def _agreement(aligned: Alignment, items: np.ndarray) -> float:
    return float((items[aligned.a.items] == aligned.items_beside()).mean())
