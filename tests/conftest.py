"""What tests of several parts need."""

import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, settings

from fw import Info
from fw.config.slots import DatasetSlot
from fw.data.interactions import Interactions
from fw.data.prepare import prepare
from fw.data.sequences import SequenceStore
from fw.data.split import CaseList, Split
from fw.data.training import TrainingRows

# No test asserts a time: a machine may be slow, or busy with something else.
settings.register_profile("fw", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fw")

NOBODY = CaseList(np.array([], dtype=np.int64), np.array([], dtype=np.int64))


def _store(rows, num_items):
    lengths = np.array([len(row) for row in rows])
    return SequenceStore(
        items=np.array([item for row in rows for item in row], dtype=np.int32),
        offsets=np.concatenate([[0], lengths.cumsum()]),
        source_rows=np.arange(lengths.sum()),
        user_ids=np.array([f"user {number}" for number in range(len(rows))], dtype=object),
        item_ids=np.array([str(number) for number in range(1, num_items + 1)], dtype=object),
    )


@pytest.fixture(scope="session", autouse=True)
def _signals():
    """Hear the signals that a shell lets its background jobs ignore; fw leaves ignored ones so."""
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
        signal.SIGTERM: signal.signal(signal.SIGTERM, signal.SIG_DFL),
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory):
    """Let no test, nor what it starts, write to the user's own cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FW_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def make_info():
    """A function from training rows (lists of items) to what a component's ``build`` is given."""

    def make(rows, num_items, *, max_len=10, train_lengths=None, columns=None, **more):
        store = _store(rows, num_items)
        lengths = np.diff(store.offsets) if train_lengths is None else np.array(train_lengths)
        split = Split(store=store, train_lengths=lengths, valid=NOBODY, test=NOBODY)
        return Info(
            num_users=len(rows),
            num_items=num_items,
            max_len=max_len,
            item_counts=torch.zeros(num_items + 2, dtype=torch.int64),
            training=TrainingRows(split, columns),
            user_ids=list(store.user_ids),
            **more,
        )

    return make


@pytest.fixture(scope="session")
def make_split():
    """A function from rows (lists of items) to a leave-one-out split of them."""

    def make(rows, num_items):
        store = _store(rows, num_items)
        users, lengths = np.arange(len(rows)), store.lengths
        return Split(
            store=store,
            train_lengths=lengths - 2,
            valid=CaseList(users, lengths - 2),
            test=CaseList(users, lengths - 1),
        )

    return make


@pytest.fixture(scope="session")
def real_data():
    """The folder of public data sets; where there is none, tests of them are skipped."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("FW_DATA_DIR") or default)
    if not folder.is_dir():
        message = f"needs public data sets in {folder} (set FW_DATA_DIR)"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def make_interactions():
    """A function from rows (user, item and perhaps time) and further columns to interactions."""

    def make(rows, **more):
        users, items, *times = zip(*rows, strict=True)
        frame = pd.DataFrame({"user": pd.Categorical(users), "item": pd.Categorical(items)})
        if times:
            frame["time"] = np.array(times[0], dtype=np.int64)
        return Interactions(frame=frame.assign(**more))

    return make


@pytest.fixture(scope="session")
def make_store(make_interactions):
    """A function from users' items, ``{"u1": "a b c"}``, to their store."""

    def make(sequences, **slot):
        rows = [(user, item) for user, items in sequences.items() for item in items.split()]
        return prepare(make_interactions(rows), DatasetSlot(**slot))[0]

    return make
