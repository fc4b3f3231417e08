"""A small made-up world: enough data to build every kind of component, and batches of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from fw.data.coding import Coding, ColumnUse, coded, raw_column
from fw.data.sequences import SequenceStore
from fw.data.split import CaseList, Split
from fw.data.training import TrainingRows
from fw.interfaces import NO_COLUMNS, Batch, Info, Sequences
from fw.nn.items import ItemTable
from fw.random import Rng

NUM_ITEMS = 30
GENRES = ("Action", "Comedy", "Drama")  # an item has the first few, and every fourth has none
MAX_LEN = 8
HIDDEN_SIZE = 8
# Training items of each row: longer than MAX_LEN, short, and none. Two more are held out.
LENGTHS = (3, 8, 1, 2, 11, 8, 5, 0, 4, 1)
ROWS = tuple(range(len(LENGTHS)))


def make_store() -> SequenceStore:
    """Make users with 2 to 13 of 30 items, some of them twice, at increasing times."""
    lengths = np.array(LENGTHS) + 2
    total = int(lengths.sum())
    draw = np.random.default_rng(3)
    items = draw.integers(1, NUM_ITEMS + 1, total)
    return SequenceStore(
        items=items.astype(np.int32),
        offsets=np.concatenate([[0], lengths.cumsum()]),
        source_rows=np.arange(total),
        user_ids=np.array([f"user {row}" for row in ROWS], dtype=object),
        item_ids=np.array([f"item {item}" for item in range(1, NUM_ITEMS + 1)], dtype=object),
        times=1_000_000_000 + draw.permutation(total).cumsum(),
        columns={"rating": draw.integers(1, 6, total)},
        item_frame=pd.DataFrame(
            {
                "title": [f"Title {item}" for item in range(1, NUM_ITEMS + 1)],
                "genres": ["|".join(GENRES[: item % 4]) for item in range(1, NUM_ITEMS + 1)],
                "year": 1990 + np.arange(NUM_ITEMS) % 7,
            }
        ),
    )


def make_split(store: SequenceStore) -> Split:
    """Hold out the last two items of every user."""
    users, lengths = np.arange(store.num_users), store.lengths
    return Split(
        store=store,
        train_lengths=lengths - 2,
        valid=CaseList(users, lengths - 2),
        test=CaseList(users, lengths - 1),
    )


def make_info(uses: Sequence[object] = ()) -> Info:
    """Make what ``build`` is given: the training part, with the column ``rating``.

    Beside it stand the columns that are asked for: ``rating`` or ``time_gap``, in some form.
    """
    store = make_store()
    split = make_split(store)
    codings = {use.key: _coding(use, split) for use in uses if isinstance(use, ColumnUse)}
    asked = coded(codings, store.columns, store.times, store.offsets)
    return Info(
        num_users=store.num_users,
        num_items=NUM_ITEMS,
        max_len=MAX_LEN,
        item_counts=torch.tensor(split.item_counts),
        training=TrainingRows(split, {**store.columns, **asked}),
        item_frame=store.item_frame,
        hidden_size=HIDDEN_SIZE,
        pooled_size=HIDDEN_SIZE,
        user_ids=store.user_ids.tolist(),
        codings=codings,
        warn=lambda message: None,
    )


def _coding(use: ColumnUse, split: Split) -> Coding:
    store = split.store
    raw = raw_column(use.name, store.columns, store.times, store.offsets)
    if raw is None:
        raise LookupError(f"this world has the columns rating and time_gap, but no {use.name}")
    return Coding.of(use, raw[split.is_trained()])


def newest_items(info: Info, rows: Sequence[int], width: int) -> Sequences:
    """Return the newest ``width`` training items of some rows."""
    return info.training.newest(torch.tensor(rows), width)


def next_item_batch(info: Info, rows: Sequence[int], width: int) -> Batch:
    """Make a batch in which every position predicts its successor, ``width`` positions wide."""
    history = newest_items(info, rows, width + 1)
    lengths = (history.lengths - 1).clamp(min=0)
    inputs = _columns(history, slice(None, -1), lengths)
    inputs = inputs._replace(items=torch.where(inputs.is_real(), inputs.items, 0))
    return Batch(inputs, _columns(history, slice(1, None), lengths), history)


def hidden_states(sequences: Sequences, name: str = "hidden") -> Tensor:
    """Make up hidden states ([B, L, D], 0 at padding) that hang on row and position alone."""
    shape = (*sequences.items.shape, HIDDEN_SIZE)
    states = Rng.for_rows(1, 0, sequences.rows).child(name).uniform(shape) * 2 - 1
    return torch.where(sequences.is_real()[:, :, None], states, 0.0).requires_grad_()


def item_table() -> ItemTable:
    """Make an item table, always the same."""
    words = Rng.for_rows(1, 0, torch.arange(NUM_ITEMS + 2)).child("items")

    def fill(weight: Tensor) -> None:
        weight.copy_(words.uniform((NUM_ITEMS + 2, HIDDEN_SIZE)) * 2 - 1)

    return ItemTable(NUM_ITEMS, HIDDEN_SIZE, fill)


def _columns(sequences: Sequences, part: slice, lengths: Tensor) -> Sequences:
    columns = {name: column[:, part] for name, column in sequences.columns.items()}
    return sequences._replace(
        items=sequences.items[:, part], lengths=lengths, columns=columns or NO_COLUMNS
    )
