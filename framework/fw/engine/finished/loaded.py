"""A run for use from Python: what it recommends, its ranks and its epochs, as pandas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import attrs
import pandas as pd

from fw.engine.finished.model import Trained, open_trained
from fw.engine.finished.recommending import Recommender, Request
from fw.engine.finished.remarks import remarks
from fw.engine.finished.similar import similar_items
from fw.engine.folders.folder import RANKS, RunFolder
from fw.engine.notebook import as_html
from fw.engine.restore import read_result
from fw.errors import UserError
from fw.parquet import read_frame


@attrs.define(eq=False, slots=False)
class LoadedRun:
    """A run; its model is loaded when it is first used, and needs no data set."""

    folder: RunFolder = attrs.field(repr=lambda folder: repr(str(folder.path)))
    device: str = attrs.field(default="auto", repr=False)
    data: Path | str | None = attrs.field(default=None, repr=False)
    warn: Callable[[str], None] = attrs.field(default=print, repr=False)

    def recommend(
        self,
        users: str | Sequence[str] | None = None,
        *,
        items: Sequence[str] | None = None,
        k: int = 10,
        seen: bool = False,
    ) -> pd.DataFrame:
        """Recommend to a user, to several, after a history of ``items``, or else to everybody.

        Ids are text, as in the data. Returns a row an item, best first: ``user``, ``rank``,
        ``item``, ``score``, ``method``, and ``title`` where the data has titles. Raises UserError
        for an unknown user, and RunError if the run is not finished.
        """
        request = self._request(users, items)
        found = self._recommender.lists(request, k=k, seen=seen)
        for remark in remarks(request, found):
            self.warn(remark)
        return self._recommender.frame(request, found)

    def similar(self, item: str, *, k: int = 10) -> pd.DataFrame:
        """Return the items most like an item: ``rank``, ``item``, ``score`` (cosine), ``title``."""
        found = similar_items(self._trained, item, k=k)
        frame = pd.DataFrame(map(attrs.asdict, found), columns=["rank", "item", "score", "title"])
        return frame if frame["title"].any() else frame.drop(columns="title")

    @cached_property
    def ranks(self) -> pd.DataFrame:
        """What ``ranks.parquet`` holds: a row a case, with its rank and metrics by protocol.

        Raises RunError if the run is not finished.
        """
        read_result(self.folder)
        return read_frame(self.folder.path / RANKS)

    @property
    def history(self) -> pd.DataFrame:
        """What ``metrics.jsonl`` holds so far: a row an epoch, ``losses/bce``, ``metrics/...``."""
        return pd.json_normalize(self.folder.lines(), sep="/")

    def _repr_html_(self) -> str:
        """Show the run in a notebook."""
        return as_html(self.folder)

    def _request(self, users: str | Sequence[str] | None, items: Sequence[str] | None) -> Request:
        if users is not None and items is not None:
            raise UserError("recommend: give users or items, not both")
        if isinstance(items, str):
            raise UserError(f"recommend: items must be a list of ids, found the text {items!r}")
        if items is not None:
            return self._recommender.given([items])
        if users is None:
            return self._recommender.everybody()
        return self._recommender.users([users] if isinstance(users, str) else users)

    @cached_property
    def _recommender(self) -> Recommender:
        return Recommender(self._trained)

    @cached_property
    def _trained(self) -> Trained:
        return open_trained(self.folder.path, device=self.device, data=self.data, warn=self.warn)


def load(
    run: Path | str,
    *,
    device: str = "auto",
    data: Path | str | None = None,
    warn: Callable[[str], None] = print,
) -> LoadedRun:
    """Open a run folder for use from Python.

    ``data`` is where the data set is looked for, if the run keeps no histories. Raises RunError if
    there is no run.
    """
    return LoadedRun(RunFolder.open(Path(run)), device, data, warn)
