"""The index of a finished run: made once, kept in its folder, and how much of the best it finds."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import torch

from fw.config.chosen import Chosen
from fw.engine.evaluating.evaluation import evaluating
from fw.engine.faults.blame import blamed_on, origin
from fw.engine.finished.model import Trained, open_trained
from fw.engine.finished.near_items import checked_places
from fw.engine.finished.next_items import Histories, next_items
from fw.engine.finished.recommending import Recommender
from fw.engine.folders.files import make_folder, write_atomically, write_text
from fw.errors import EvaluationError, RunError, UserError
from fw.indexing import SEARCHING, Search
from fw.nn.items import ItemTable

FOLDER = "index"  # below the run's
COMPARED = 200  # lists with which recall is measured
LENGTHS = (10, 100)


def open_recommender(
    path: Path | str,
    *,
    index: str | None = None,
    overrides: Sequence[str] = (),
    device: str = "auto",
    data: Path | str | None = None,
    warn: Callable[[str], None] = print,
) -> Recommender:
    """Open a finished run for recommending, with the index of that name or without any.

    ``overrides``, as after ``--set``, may change the settings of the index.
    """
    _require_index(index, overrides)
    if index is not None:
        overrides = (f"index={{name={json.dumps(index)}}}", *overrides)
    run = open_trained(path, device=device, data=data, warn=warn, overrides=overrides)
    chosen = run.recipe.optional("index") if index is not None else None
    search = open_index(run, Path(path), chosen, warn) if chosen is not None else None
    return Recommender(run, search)


def _require_index(index: str | None, overrides: Sequence[str]) -> None:
    for override in overrides:
        if index is None or not override.lstrip().startswith("index."):
            raise UserError(
                f"--set {override}: of a finished run only an index can be changed here\n"
                "    such as --index hnsw --set index.search_effort=500"
            )


def open_index(run: Trained, folder: Path, chosen: Chosen, say: Callable[[str], None]) -> Search:
    """Open the index of a run below ``folder``, making it first where there is none.

    Says how many of the best items it finds. Raises UserError where the encoder's scores are no
    inner products with an item table, RunError for a file that cannot be written or opened.
    """
    vectors = item_vectors(run)
    file, facts = _files(folder / FOLDER, vectors, chosen)
    made = {} if file.exists() else {"seconds": _make(chosen, vectors, file, say)}
    search = _open(chosen, file, len(vectors))
    if not facts.exists():
        known = {**made, "bytes": file.stat().st_size, **measured_recall(run, search)}
        write_text(facts, json.dumps(known, indent=2) + "\n")
    say(f"index {chosen.name!r}: {_words(_read(facts))}")
    return search


def item_vectors(run: Trained) -> np.ndarray:
    """Return the rows of the items 1..N: [N, D] float32; raises UserError where they do not score.

    Only where a score is the inner product of a state with such a row can these be searched.
    """
    items, name = run.model.encoder.items, run.recipe.one("encoder").name
    if type(items).scores is not ItemTable.scores:
        raise UserError(
            f"no index can serve the encoder {name!r}: its scores are not inner products of a "
            "state with the rows of an item table\n"
            "    leave --index out: exact lists need none"
        )
    with torch.inference_mode(), evaluating(run.model.encoder):
        vectors = items.weight[1:-1].float().cpu().contiguous().numpy()
    if not np.isfinite(vectors).all():
        raise EvaluationError("the item table has numbers that are not finite")
    return vectors


def _files(folder: Path, vectors: np.ndarray, chosen: Chosen) -> tuple[Path, Path]:
    """Name an index by what it is made from, and what it finds by the search's settings too."""
    settings, by = chosen.settings, f"{chosen.name} from {origin(chosen.entry)}"
    made_by = attrs.asdict(settings, filter=lambda field, _: not field.metadata.get(SEARCHING))
    digest = hashlib.sha256(f"{by}: {made_by!r}".encode())
    digest.update(vectors.data.cast("B"))
    file = folder / f"{chosen.name}-{digest.hexdigest()[:16]}"
    digest.update(repr(settings).encode())
    return file, file.with_name(f"{file.name}-{digest.hexdigest()[:8]}.json")


def _make(chosen: Chosen, vectors: np.ndarray, file: Path, say: Callable[[str], None]) -> float:
    """Make an index; return the seconds that it took."""
    say(f"making the index {chosen.name!r} of {len(vectors):,} items, once for this run")
    started = time.perf_counter()
    make_folder(file.parent)
    with blamed_on(chosen.entry, "making an index"):
        write_atomically(file, lambda beside: chosen.settings.make(vectors, beside))
    return time.perf_counter() - started


def _open(chosen: Chosen, file: Path, num_items: int) -> Search:
    try:
        search: Search = chosen.settings.open(file)
    except Exception as error:
        raise RunError(
            f"index {chosen.name!r} cannot open {file}: {error}\n"
            f"    remove the folder {file.parent}, and it is made again"
        ) from error

    def blamed(queries: np.ndarray, number: int) -> np.ndarray:
        with blamed_on(chosen.entry, "in a search"):
            return checked_places(search(queries, number), (len(queries), number), num_items)

    return blamed


def measured_recall(run: Trained, search: Search) -> dict[str, Any]:
    """Say what share of exact lists the lists by an index have, over some users of the data."""
    lengths = np.diff(run.split.store.offsets)
    users = np.flatnonzero(lengths)
    users = users[np.unique(np.linspace(0, len(users) - 1, COMPARED).astype(np.int64))]
    histories = Histories.of_rows(run, users)
    recall = {}
    for length in LENGTHS:
        exact = next_items(run, histories, k=length).items
        near = next_items(run, histories, k=length, search=search).items
        recall[str(length)] = shared(exact, near)
    return {"lists": len(users), "recall": recall}


def shared(exact: np.ndarray, near: np.ndarray) -> float:
    """Return the share of the items of lists ([H, k], 0 where there is none) that others have."""
    found = (exact[:, :, None] == near[:, None, :]).any(2) & (exact > 0)
    return float(found.sum() / max((exact > 0).sum(), 1))


def _read(facts: Path) -> dict[str, Any]:
    try:
        known: dict[str, Any] = json.loads(facts.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"cannot read {facts}: {error}") from error
    return known


def _words(known: dict[str, Any]) -> str:
    shares = " and ".join(f"{share:.1%} of the best {k}" for k, share in known["recall"].items())
    return f"its lists have {shares} ({known['lists']} users' lists beside exact ones)"
