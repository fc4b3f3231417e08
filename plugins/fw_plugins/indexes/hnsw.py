"""A graph of neighbours, by usearch."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np
import torch
from attrs.validators import in_

from fw import hookimpl, validators
from fw.extras import require_extra
from fw.indexing import SEARCHING, Search

_METRICS = {"distance": "l2sq", "inner_product": "ip"}
_DTYPES = {"float32": "f32", "float16": "f16"}


@attrs.frozen(kw_only=True)
class Hnsw:
    """A graph in which each item has its neighbours, walked towards the query (HNSW).

    Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
    Hierarchical Navigable Small World graphs", 2018, by the library usearch. With ``nearness =
    "distance"`` every vector is made as long as the longest by one more number, which is 0 in
    queries: those with the largest inner products are then the nearest (Bachrach et al., "Speeding
    up the Xbox recommender system", 2014). The file is mapped, so that no more of it is in memory
    than is walked through.
    """

    connections: int = attrs.field(
        default=16,
        validator=validators.between(2, 512),
        metadata={"help": "neighbours of an item; more find more, and take memory"},
    )
    effort: int = attrs.field(
        default=128,
        validator=validators.at_least(1),
        metadata={"help": "candidates looked at for an item that is added"},
    )
    search_effort: int = attrs.field(
        default=256,
        validator=validators.at_least(1),
        metadata={
            "help": "candidates looked at in a search, and never fewer than are asked for",
            SEARCHING: True,
        },
    )
    nearness: Literal["distance", "inner_product"] = attrs.field(
        default="distance",
        validator=in_(tuple(_METRICS)),
        metadata={"help": "what the graph is made by: distance or inner_product"},
    )
    precision: Literal["float32", "float16"] = attrs.field(
        default="float32",
        validator=in_(tuple(_DTYPES)),
        metadata={"help": "of the vectors in the graph: float32 or float16"},
    )

    def make(self, vectors: np.ndarray, file: Path) -> None:
        """Add all vectors, with as many threads as torch has, and write the graph."""
        if self.nearness == "distance":
            vectors = _equally_long(vectors)
        index = _library().Index(
            ndim=vectors.shape[1],
            metric=_METRICS[self.nearness],
            dtype=_DTYPES[self.precision],
            connectivity=self.connections,
            expansion_add=self.effort,
            enable_key_lookups=False,
        )
        index.add(np.arange(len(vectors)), vectors, threads=torch.get_num_threads())
        index.save(str(file))

    def open(self, file: Path) -> Search:
        """Map the graph; raises ValueError if it is none."""
        index = _library().Index.restore(str(file), view=True)
        if index is None:
            raise ValueError("it is no graph of usearch")

        def search(queries: np.ndarray, number: int) -> np.ndarray:
            queries = np.pad(queries, ((0, 0), (0, index.ndim - queries.shape[1])))
            index.expansion_search = max(self.search_effort, number)
            found = index.search(queries, number, threads=torch.get_num_threads())
            return _places(found, len(queries), number)

        return search


def _library() -> Any:
    require_extra("the index 'hnsw'", "index", "usearch")
    import usearch.index

    return usearch.index


def _equally_long(vectors: np.ndarray) -> np.ndarray:
    """Add a number to each vector, so that all are as long as the longest: [N, D + 1]."""
    squares = np.einsum("nd,nd->n", vectors, vectors)
    missing = np.sqrt(squares.max(initial=0) - squares)
    return np.concatenate([vectors, missing[:, None]], axis=1, dtype=np.float32)


def _places(found: Any, rows: int, number: int) -> np.ndarray:
    """Return what was found as [rows, number] int64, -1 where there is nothing."""
    keys = np.atleast_2d(found.keys)  # those of one query have no axis for it
    counts = found.counts if rows != 1 else np.array([keys.shape[1]])
    places = np.full((rows, number), -1, dtype=np.int64)
    real = np.arange(keys.shape[1]) < np.asarray(counts)[:, None]
    places[:, : keys.shape[1]][real] = keys[real].astype(np.int64)
    return places


@hookimpl
def register_indexes(register):
    """Offer ``hnsw``."""
    register("hnsw", Hnsw)
