"""What a run keeps of its data."""

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiny_runs
from fw.data.sequences import SequenceStore
from fw.data.split import CaseList, Split
from fw.engine.folders.folder import RunFolder
from fw.engine.folders.histories import read_histories, write_histories
from fw.errors import RunError

NOBODY = CaseList(np.array([], dtype=np.int64), np.array([], dtype=np.int64))
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)


def split_of(rows, trained, item_ids, frame=None):
    """A split of users' items by number."""
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    store = SequenceStore(
        items=np.array([item for row in rows for item in row], dtype=np.int32),
        offsets=np.append(0, lengths.cumsum()),
        source_rows=np.arange(lengths.sum()),
        user_ids=np.array([f"u{row}" for row in range(len(rows))], dtype=object),
        item_ids=np.array(item_ids, dtype=object),
        item_frame=frame,
    )
    return Split(store=store, train_lengths=np.array(trained), valid=NOBODY, test=NOBODY)


def kept(split, folder):
    write_histories(RunFolder(folder), split)
    return read_histories(RunFolder(folder))


@settings(max_examples=30)
@given(st.data())
def test_what_is_kept_comes_back(tmp_path_factory, data):
    ids = data.draw(st.lists(texts, min_size=1, max_size=6, unique=True))
    row = st.lists(st.integers(1, len(ids)), max_size=7)
    rows = data.draw(st.lists(row, min_size=1, max_size=5))
    trained = [data.draw(st.integers(0, len(row))) for row in rows]
    split = split_of(rows, trained, ids)
    back = kept(split, tmp_path_factory.mktemp("run"))
    for name in ("items", "offsets", "user_ids", "item_ids"):
        left, right = getattr(back.store, name), getattr(split.store, name)
        assert left.tolist() == right.tolist()
        assert left.dtype == right.dtype
    assert back.train_lengths.tolist() == trained
    assert back.store.item_frame is None
    assert (back.is_trained() == split.is_trained()).all()


def test_what_the_data_set_says_of_items_is_kept(tmp_path):
    said = {"title": ["Heat", None], "year": [1995, 2001], "score": [0.5, np.nan]}
    frame = pd.DataFrame(said, index=["a", "b"])
    back = kept(split_of([[1, 2]], [1], ["a", "b"], frame), tmp_path)
    pd.testing.assert_frame_equal(back.store.item_frame, frame, check_names=False)


def test_nothing_is_kept_of_what_parquet_does_not_give_back(tmp_path):
    for name, values in {"where": [{1, 2}, {3}], "item": ["x", "y"]}.items():
        frame = pd.DataFrame({name: values}, index=["a", "b"])
        assert kept(split_of([[1, 2]], [1], ["a", "b"], frame), tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_run_leaves_files_that_pandas_reads(tiny_run):
    items = pd.read_parquet(tiny_run / "items.parquet")
    users = pd.read_parquet(tiny_run / "histories.parquet")
    wanted = {}
    for user, item, _ in tiny_runs.rows():
        wanted.setdefault(user, []).append(item)
    found = {row.user: items.index[row.items - 1].tolist() for row in users.itertuples()}
    assert found == wanted
    assert users["trained"].tolist() == [len(history) - 2 for history in wanted.values()]
    marked = pyarrow.parquet.read_schema(tiny_run / "histories.parquet").metadata
    assert marked[b"data"] == b"interactions"


@pytest.mark.parametrize("name", ["items.parquet", "histories.parquet"])
def test_a_damaged_file_is_named(tmp_path, name):
    assert kept(split_of([[1, 2]], [1], ["a", "b"]), tmp_path) is not None
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[:-20])
    with pytest.raises(RunError) as caught:
        read_histories(RunFolder(tmp_path))
    path = tmp_path / name
    assert str(caught.value) == f"cannot read {path}: it is cut short, damaged, or no parquet"
