"""Titles and genres of MovieLens' films, from any of the forms in which they are published."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from fw.data.text_tables import TextTable

# The columns of flags in u.item, in order (u.genre of MovieLens-100K).
_GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance"),
    *("Sci-Fi", "Thriller", "War", "Western"),
)
_FIRST_FLAG = 5


def read_titles(path: Path, name: str, member: str | None) -> pd.DataFrame:
    """Return ``title`` (with the year behind it) and ``genres`` ("Action|Comedy") by item id.

    ``name`` is the publisher's name of the file, from which its form follows.
    """
    titles = _READERS[name.rpartition("/")[2]](path, member)
    return titles.set_index("item")


def _read_movies_dat(path: Path, member: str | None) -> pd.DataFrame:
    table = TextTable.open(path, separator="::", header=False, encoding="latin-1", member=member)
    return _frame(*_columns(table, 0, 1, 2))


def _read_movies_csv(path: Path, member: str | None) -> pd.DataFrame:
    return _frame(*_columns(TextTable.open(path, separator=",", member=member), 0, 1, 2))


def _read_items_tsv(path: Path, member: str | None) -> pd.DataFrame:
    item, title, year, genres = _columns(
        TextTable.open(path, separator="\t", member=member, quoted=False), 0, 1, 2, 3
    )
    dated = np.where(year == "", title, title + " (" + year + ")")
    return _frame(item, dated, pd.Series(genres).str.replace(" ", "|").to_numpy())


def _read_u_item(path: Path, member: str | None) -> pd.DataFrame:
    table = TextTable.open(
        path, separator="|", header=False, encoding="latin-1", member=member, quoted=False
    )
    flags = range(_FIRST_FLAG, _FIRST_FLAG + len(_GENRES))
    item, title, *genres = _columns(table, 0, 1, *flags)
    joined = sum(
        (
            np.where(flag == "1", f"|{name}", "").astype(object)
            for flag, name in zip(genres, _GENRES, strict=True)
        ),
        start=np.full(len(item), "", dtype=object),
    )
    return _frame(item, title, pd.Series(joined).str.removeprefix("|").to_numpy())


def _columns(table: TextTable, *numbers: int) -> list[np.ndarray]:
    return [cells.to_numpy(zero_copy_only=False) for cells in table.columns(numbers)]


def _frame(item: np.ndarray, title: np.ndarray, genres: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"item": item, "title": title, "genres": genres})


_READERS = {
    "movies.dat": _read_movies_dat,
    "movies.csv": _read_movies_csv,
    "items.tsv": _read_items_tsv,
    "u.item": _read_u_item,
}
