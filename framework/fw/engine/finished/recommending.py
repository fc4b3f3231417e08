"""What a finished run recommends, in raw ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import attrs
import numpy as np
import pandas as pd

from fw.data.interactions import Interactions
from fw.engine.finished.catalogue import Catalogue, Item, Recommended
from fw.engine.finished.model import Trained
from fw.engine.finished.next_items import Histories, Lists, next_items
from fw.errors import UserError
from fw.indexing import Search

Method = Literal["model", "popularity"]
LATEST = 5  # items of a history that are shown with a list


@attrs.frozen(kw_only=True)
class Recommendation:
    """A list, best first, and what it was made from.

    ``method`` is ``popularity`` (``score`` is then how often the item occurs in training) where no
    known item was in the history, so that there was nothing for the model to go by.
    """

    user: str | None  # None for a history that was given without one
    items: tuple[Recommended, ...]
    method: Method
    history_length: int  # known items
    latest: tuple[Item, ...] = ()  # the newest known items, the very newest last
    unknown_items: tuple[str, ...] = ()


@attrs.frozen(eq=False)
class Request:
    """Whom lists are asked for: H users, or histories without one."""

    users: Sequence[str | None]  # [H]
    histories: Histories  # [H]
    unknown: Mapping[int, tuple[str, ...]] = attrs.field(factory=dict)  # by history, left out
    absent: frozenset[str] = frozenset()  # columns that the model looks at and some do not have

    @classmethod
    def joined(cls, parts: Sequence[Request]) -> Request:
        """Make one request of several."""
        users: list[str | None] = []
        unknown: dict[int, tuple[str, ...]] = {}
        for part in parts:
            unknown |= {len(users) + number: items for number, items in part.unknown.items()}
            users += part.users
        absent = frozenset().union(*(part.absent for part in parts))
        return cls(users, Histories.joined([part.histories for part in parts]), unknown, absent)

    def __len__(self) -> int:
        return len(self.users)

    def named(self, number: int) -> str:
        """Name one of the H for a message."""
        user = self.users[number]
        if user is not None:
            return f"user {user}"
        given = [one for one, user in enumerate(self.users) if user is None]
        return f"history {given.index(number) + 1}" if len(given) > 1 else "the history"


@attrs.define(eq=False, slots=False)
class Recommender:
    """Recommends with the best weights of a finished run."""

    run: Trained
    search: Search | None = None  # of an index, where not every item is to be scored

    def for_user(self, user: str, *, k: int = 10, seen: bool = False) -> Recommendation:
        """Recommend to a user of the data set after all that the data set has of them.

        Raises UserError if there is no such user, or k is below 1.
        """
        return self.answers(self.users([user]), k=k, seen=seen)[0]

    def for_items(self, items: Sequence[str], *, k: int = 10, seen: bool = False) -> Recommendation:
        """Recommend after a history of raw item ids, oldest first; unknown ones are left out.

        Raises UserError if k is below 1.
        """
        return self.answers(self.given([items]), k=k, seen=seen)[0]

    def everybody(self) -> Request:
        """Ask for all users of the data set."""
        store = self.run.split.store
        rows = np.arange(store.num_users)
        return Request(store.user_ids.tolist(), Histories.of_rows(self.run, rows))

    def users(self, users: Sequence[str]) -> Request:
        """Ask for users of the data set; raises UserError for the first that it does not have."""
        rows = np.array([self.catalogue.row_of(user) for user in users], dtype=np.int64)
        return Request(users, Histories.of_rows(self.run, rows))

    def given(self, histories: Sequence[Sequence[str]]) -> Request:
        """Ask for histories of raw item ids, oldest first."""
        owners = np.repeat(np.arange(len(histories)), [len(items) for items in histories])
        words = np.array([item for items in histories for item in items], dtype=object)
        return self._request([None] * len(histories), owners, words)

    def read(self, interactions: Interactions) -> Request:
        """Ask for the users of interactions, whether the data set has them or not.

        A user's history is what the interactions have of them, in the order of time, or of the rows
        if there are no times.
        """
        frame = interactions.frame
        times = frame["time"] if "time" in frame else np.zeros(len(frame))
        users, names = pd.factorize(frame["user"])
        order = np.lexsort((times, users))  # stable: rows of one time stay in their order
        words = frame["item"].astype(object).to_numpy()
        known = np.asarray(times)[order] if "time" in frame else None
        numbers, texts = self.columns
        raw = {name: frame[name].to_numpy()[order] for name in numbers if name in frame}
        raw |= {name: frame[name].to_numpy(dtype=str)[order] for name in texts if name in frame}
        return self._request(list(map(str, names)), users[order], words[order], known, raw)

    def answers(self, request: Request, *, k: int = 10, seen: bool = False) -> list[Recommendation]:
        """Answer with one recommendation a history; raises UserError if k is below 1."""
        found = self.lists(request, k=k, seen=seen)
        return [self.answer(request, found, number) for number in range(len(request))]

    def lists(self, request: Request, *, k: int = 10, seen: bool = False) -> Lists:
        """Answer with arrays, as :func:`fw.engine.finished.next_items.next_items` does.

        Raises UserError if k is below 1.
        """
        require_positive(k)
        return next_items(self.run, request.histories, k=k, seen=seen, search=self.search)

    def answer(self, request: Request, found: Lists, number: int) -> Recommendation:
        """Return one list of many in words."""
        history = request.histories.items_of(np.array([number]))
        return Recommendation(
            user=request.users[number],
            items=self.catalogue.listed(found.items[number], found.scores[number]),
            method="popularity" if found.popular[number] else "model",
            history_length=len(history),
            latest=tuple(map(self.catalogue.item, history[-LATEST:].tolist())),
            unknown_items=request.unknown.get(number, ()),
        )

    def frame(self, request: Request, found: Lists) -> pd.DataFrame:
        """Lay lists out with a row an item: ``user``, ``rank``, ``item``, ``score``, ``method``.

        ``title`` is there too where the data has titles, and ``history`` (from 1) where a history
        was given without a user.
        """
        owners, places = np.nonzero(found.items)
        items = found.items[owners, places] - 1
        columns = {
            "history": owners + 1,
            "user": np.array(request.users, dtype=object)[owners],
            "rank": places + 1,
            "item": self.run.split.store.item_ids[items],
            "score": found.scores[owners, places],
            "title": self.catalogue.titles[items],
            "method": np.where(found.popular, "popularity", "model")[owners],
        }
        if None not in request.users:
            del columns["history"]
        if not self.catalogue.titles.any():
            del columns["title"]
        return pd.DataFrame(columns)

    @cached_property
    def columns(self) -> tuple[Sequence[str], Sequence[str]]:
        """Columns of interactions that the model looks at: those of numbers, and those of text."""
        kept = self.run.split.store.columns
        wanted = {coding.use.name for coding in self.run.info.codings.values()}
        texts = {name for name in wanted if name in kept and kept[name].dtype.kind == "U"}
        return sorted(wanted - texts), sorted(texts)

    @cached_property
    def catalogue(self) -> Catalogue:
        """Items and users by id."""
        return Catalogue(self.run.split.store)

    def _request(
        self,
        users: Sequence[str | None],
        owners: np.ndarray,
        words: np.ndarray,
        times: np.ndarray | None = None,
        raw: Mapping[str, np.ndarray] = MappingProxyType({}),
    ) -> Request:
        """Gather histories from items by id; ``owners`` (which user each is of) never fall."""
        numbers = self.catalogue.numbers_of(words)
        known = numbers > 0
        unknown: dict[int, tuple[str, ...]] = {}
        for owner, word in zip(owners[~known].tolist(), words[~known], strict=True):
            unknown[owner] = (*unknown.get(owner, ()), word)
        kept = None if times is None else times[known]
        columns = {name: column[known] for name, column in raw.items()}
        histories = Histories.new(
            self.run, numbers[known], owners[known], len(users), kept, columns
        )
        absent = {
            coding.use.name
            for key, coding in self.run.info.codings.items()
            if key not in histories.columns
        }
        return Request(users, histories, unknown, frozenset(absent))


def require_positive(k: int) -> None:
    """Raise UserError unless k is at least 1."""
    if k < 1:
        raise UserError(f"k must be at least 1, found {k}")
