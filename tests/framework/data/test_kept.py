"""Cleaned data on the disk: what is read is what was written, or an error."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fw.config.slots import DatasetSlot
from fw.data import kept, zipped
from fw.data.fingerprints import fingerprint_cleaned
from fw.data.interactions import Interactions
from fw.data.prepare import prepare
from fw.errors import RunError

ARRAYS = ("items", "offsets", "source_rows", "user_ids", "item_ids")
TITLES = pd.DataFrame(
    {"title": ["Ä", None], "year": [1999, 2001], "share": [0.5, np.nan]},
    index=pd.Index(["x", "y"], name="item"),
)


def same(one, other):
    assert one.dtype == other.dtype
    assert one.tolist() == other.tolist()


@pytest.fixture
def store(make_interactions):
    rows = [("007", "x", 5), ("7", "y", 4), ("007", "ä\0", 1), ("", "x", 2)]
    interactions = make_interactions(rows, rating=[1.0, 2.5, 3.0, 4.0], clicks=[1, 2, 3, 4])
    made = Interactions(frame=interactions.frame, item_frame=TITLES)
    return prepare(made, DatasetSlot())[0]


def test_everything_comes_back_as_it_was(store, tmp_path):
    kept.write(tmp_path / "s.zip", store, {"reason": "test"})
    back = kept.read(tmp_path / "s.zip")
    for name in (*ARRAYS, "times"):
        same(getattr(back, name), getattr(store, name))
    assert set(back.columns) == {"rating", "clicks"}
    for name, values in store.columns.items():
        same(back.columns[name], values)
    pd.testing.assert_frame_equal(back.item_frame, store.item_frame)
    assert fingerprint_cleaned(back) == fingerprint_cleaned(store)
    assert kept.read_about(tmp_path / "s.zip") == {"reason": "test"}


def test_what_is_not_there_stays_away(make_interactions, tmp_path):
    store = prepare(make_interactions([("A", "x")]), DatasetSlot())[0]
    kept.write(tmp_path / "s.zip", store, {})
    back = kept.read(tmp_path / "s.zip")
    assert (back.times, back.item_frame, dict(back.columns)) == (None, None, {})


def test_large_arrays_are_mapped_and_what_is_written_into_them_stays_out_of_the_file(
    store, tmp_path, monkeypatch
):
    monkeypatch.setattr(zipped, "_MAPPED", 1)
    kept.write(tmp_path / "s.zip", store, {})
    back = kept.read(tmp_path / "s.zip")
    for name in ("items", "offsets", "source_rows", "times"):
        mapped = getattr(back, name)
        assert isinstance(mapped, np.memmap)
        assert mapped.ctypes.data % 64 == 0
        same(mapped, getattr(store, name))
        mapped[:] = 0
    assert fingerprint_cleaned(kept.read(tmp_path / "s.zip")) == fingerprint_cleaned(store)


def test_a_mapped_array_that_was_changed_is_an_error(store, tmp_path, monkeypatch):
    monkeypatch.setattr(zipped, "_MAPPED", 1)
    kept.write(tmp_path / "s.zip", store, {})
    whole = bytearray((tmp_path / "s.zip").read_bytes())
    place = whole.index(store.times.tobytes())
    whole[place] ^= 1
    (tmp_path / "s.zip").write_bytes(whole)
    with pytest.raises(kept.DamagedError, match="CRC"):
        kept.read(tmp_path / "s.zip")


@pytest.fixture(scope="module")
def file(tmp_path_factory, make_interactions):
    """A kept file, whole, and a place for damaged ones."""
    folder = tmp_path_factory.mktemp("kept")
    rows = [(str(user), str(item), item) for user in range(20) for item in range(user, 40)]
    interactions = Interactions(frame=make_interactions(rows).frame, item_frame=TITLES)
    store = prepare(interactions, DatasetSlot())[0]
    kept.write(folder / "whole.zip", store, {"of": "numbers"})
    return folder, (folder / "whole.zip").read_bytes(), fingerprint_cleaned(store)


@given(data=st.data())
@settings(max_examples=200)
def test_a_changed_byte_is_an_error_or_changes_nothing(file, data):
    folder, whole, fingerprint = file
    place = data.draw(st.integers(0, len(whole) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != whole[place]))
    changed = bytearray(whole)
    changed[place] = byte
    (folder / "changed.zip").write_bytes(changed)
    try:
        about, store = kept.read_about(folder / "changed.zip"), kept.read(folder / "changed.zip")
    except kept.DamagedError:
        return
    assert about == {"of": "numbers"}
    assert fingerprint_cleaned(store) == fingerprint


@given(length=st.integers(0, 20_000))
@settings(max_examples=50)
def test_a_file_cut_short_is_an_error(file, length):
    folder, whole, _ = file
    (folder / "short.zip").write_bytes(whole[: min(length, len(whole) - 1)])
    with pytest.raises(kept.DamagedError):
        kept.read(folder / "short.zip")


def test_what_would_not_come_back_as_it_was_is_refused(make_interactions, tmp_path):
    frame = make_interactions([("A", "x")]).frame
    tags = pd.DataFrame({"tags": [("a", "b")]}, index=["x"])
    for more in ({"item_frame": tags}, {"oracle": lambda rows: np.ones((len(rows), 1))}):
        store = prepare(Interactions(frame=frame, **more), DatasetSlot())[0]
        with pytest.raises(kept.NotKeepableError):
            kept.write(tmp_path / "s.zip", store, {})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_an_error_of_the_disk(store, tmp_path):
    with pytest.raises(RunError, match="cannot write"):
        kept.write(tmp_path / "gone" / "s.zip", store, {})
