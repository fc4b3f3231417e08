"""What is kept of cleaned data is listed with its size and its use, and can be removed."""

import re

import numpy as np
import pytest

from fw.data import kept, kept_list
from fw.data.kept_list import list_kept, remove_kept
from fw.data.places import Places
from fw.data.sequences import SequenceStore
from fw.errors import DataError


@pytest.fixture
def places(tmp_path):
    """A cache of an entry whose file is there, one whose file is gone, and two that are none."""
    folder = tmp_path / "prepared"
    folder.mkdir()
    there = tmp_path / "log.csv"
    there.write_text("user,item")
    for name, file, size in (("a.zip", there, 10), ("b.zip", tmp_path / "old.csv", 1000)):
        store = SequenceStore(
            items=np.ones(size, dtype=np.int32),
            offsets=np.array([0, size]),
            source_rows=np.arange(size),
            user_ids=["u"],
            item_ids=["i"],
        )
        kept.write(folder / name, store, {"origin": {"files": {str(file): "0"}}, "about": {}})
    (folder / "c.zip").write_bytes(b"no zip")
    (folder / ".made-1").mkdir()
    (folder / ".made-1" / "part").write_bytes(bytes(3))
    return Places(cache=tmp_path)


def test_entries_are_listed_the_largest_first_with_why_they_will_not_be_used(places):
    found = list_kept(places)
    assert [(entry.name, entry.note.replace(str(places.cache), "")) for entry in found] == [
        ("b.zip", "gone: /old.csv"),
        ("a.zip", ""),
        ("c.zip", "damaged"),
        (".made-1", "unfinished: being made, or left behind"),
    ]
    sizes = [entry.bytes for entry in found]
    assert sizes == [(places.cache / "prepared" / e.name).stat().st_size for e in found[:3]] + [3]
    assert found[1].files == (str(places.cache / "log.csv"),)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", found[1].made)


def test_nothing_is_kept_where_there_is_no_cache(tmp_path):
    assert list_kept(Places(cache=tmp_path / "none")) == []


@pytest.mark.parametrize("gone", ["c.zip", ".made-1"])
def test_an_entry_that_disappears_while_they_are_listed_is_left_out(places, monkeypatch, gone):
    seen = kept_list._origin

    def origin(path):
        if path.name == gone:
            kept_list._remove(path)
        return seen(path)

    monkeypatch.setattr(kept_list, "_origin", origin)
    assert gone not in [entry.name for entry in list_kept(places)]
    assert len(list_kept(places)) == 3


def test_an_entry_that_somebody_else_has_removed_counts_as_removed(places, monkeypatch):
    remove = kept_list._remove
    monkeypatch.setattr(kept_list, "_remove", lambda path: (remove(path), remove(path)))
    assert [entry.name for entry in remove_kept(places, ["a.zip"])] == ["a.zip"]


def test_what_is_removed_is_gone_and_the_rest_is_not(places):
    removed = remove_kept(places, [".made-1", "b.zip", "b.zip"])
    assert [entry.name for entry in removed] == [".made-1", "b.zip"]
    assert [entry.name for entry in list_kept(places)] == ["a.zip", "c.zip"]


def test_an_entry_that_is_not_there_is_named_and_nothing_is_removed(places):
    with pytest.raises(DataError) as caught:
        remove_kept(places, ["a.zip", "x.zip"])
    assert str(caught.value).splitlines()[0].endswith("prepared: x.zip")
    assert len(list_kept(places)) == 4


def test_names_lead_nowhere_else(places):
    with pytest.raises(DataError):
        remove_kept(places, ["../log.csv"])
    assert (places.cache / "log.csv").exists()
