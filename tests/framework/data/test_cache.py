"""Cleaned data comes from the cache just as long as it is what cleaning would give."""

import json
import os
from pathlib import Path

import attrs
import pandas as pd
import pytest

from fw.config.chosen import Chosen
from fw.config.slots import DatasetSlot
from fw.data import cache
from fw.data.description import describe
from fw.data.interactions import Interactions
from fw.data.places import Places
from fw.data.prepare import load
from fw.entries import Entry
from fw.errors import DataNotFound


@attrs.frozen
class Pairs:
    """A file of ``user item`` lines; counts how often any was read."""

    path: Path
    upper: bool = False
    reads = 0

    def load(self, places):
        Pairs.reads += 1
        text = self.path.read_text()
        lines = (text.upper() if self.upper else text).splitlines()
        users, items = zip(*(line.split() for line in lines), strict=True)
        frame = pd.DataFrame({"user": pd.Categorical(users), "item": pd.Categorical(items)})
        return Interactions(frame=frame, files=(self.path,))

    def source_files(self, places):
        if not self.path.exists():
            raise DataNotFound(f"no such file: {self.path}")
        return (self.path,)


@attrs.frozen
class Forgetful(Pairs):
    """Names a file that it does not read."""

    def source_files(self, places):
        return (self.path.with_name("other.txt"),)


@attrs.frozen
class Silent(Pairs):
    """Does not say what it reads."""

    source_files = None


def chosen(component, *arguments, slot=None, **settings):
    entry = Entry(
        kind="dataset",
        name="pairs",
        component=component,
        plugin="mine",
        distribution="fw-mine",
        version="1.0",
    )
    made = component(*arguments, **settings)
    return Chosen(
        kind="dataset", name="pairs", settings=made, slot=slot or DatasetSlot(), entry=entry
    )


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "data" / "pairs.txt"
    path.parent.mkdir()
    path.write_text("a x\na y\nb x\n")
    return path


@pytest.fixture
def places(tmp_path):
    return Places(tmp_path / "data", tmp_path / "cache")


def never(message):
    raise AssertionError(message)


def reads(dataset, places, warn=never):
    """Load; say how often a file was read for it, and what came."""
    before = Pairs.reads
    loaded = load(dataset, places, warn)
    return Pairs.reads - before, loaded


def items(loaded):
    return loaded.store.item_ids[loaded.store.items - 1].tolist()


def test_what_was_cleaned_is_not_read_again(file, places):
    first, made = reads(chosen(Pairs, file), places)
    second, again = reads(chosen(Pairs, file), places)
    assert (first, made.from_cache, second, again.from_cache) == (1, False, 0, True)
    assert made.kept == again.kept
    assert made.kept.parent == places.cache / "prepared"
    assert json.dumps(describe(made)) == json.dumps(describe(again))
    assert items(made) == items(again) == ["x", "y", "x"]


def test_nothing_is_written_beside_the_data(file, places):
    load(chosen(Pairs, file), places, never)
    assert list(file.parent.iterdir()) == [file]
    assert [path.suffix for path in (places.cache / "prepared").iterdir()] == [".zip"]


def test_a_changed_file_is_seen_even_at_the_same_size_and_time(file, places):
    made = load(chosen(Pairs, file), places, never)
    before = file.stat()
    file.write_text("a x\na z\nb x\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    said = []
    count, loaded = reads(chosen(Pairs, file), places, said.append)
    assert (count, items(loaded)) == (1, ["x", "z", "x"])
    assert said == [f"prepared data {made.kept} is made again: pairs.txt has changed"]
    assert loaded.kept == made.kept
    assert reads(chosen(Pairs, file), places)[0] == 0


def test_other_settings_and_other_cleaning_have_places_of_their_own(file, places):
    variants = [
        chosen(Pairs, file),
        chosen(Pairs, file, upper=True),
        chosen(Pairs, file, slot=DatasetSlot(min_user_count=2)),
    ]
    for expected in (1, 0):
        found = [reads(one, places) for one in variants]
        assert [count for count, _ in found] == [expected] * 3
        assert [items(loaded) for _, loaded in found] == [
            ["x", "y", "x"],
            ["X", "Y", "X"],
            ["x", "y"],
        ]


def test_what_other_code_made_is_made_again(file, places, monkeypatch):
    made = load(chosen(Pairs, file), places, never)
    monkeypatch.setattr(cache, "_code", lambda component: "changed")
    said = []
    assert reads(chosen(Pairs, file), places, said.append)[0] == 1
    message = f"prepared data {made.kept} is made again: another version of fw or of the plugin"
    assert said == [f"{message} made it"]


def test_an_older_format_is_made_again(file, places, monkeypatch):
    monkeypatch.setattr(cache, "FORMAT", cache.FORMAT - 1)
    load(chosen(Pairs, file), places, never)
    monkeypatch.undo()
    said = []
    assert reads(chosen(Pairs, file), places, said.append)[0] == 1
    assert len(said) == 1
    assert reads(chosen(Pairs, file), places)[0] == 0


@pytest.mark.parametrize("damage", [b"", b"PK\3\4 no zip at all"])
def test_a_damaged_entry_is_made_again(file, places, damage):
    made = load(chosen(Pairs, file), places, never)
    made.kept.write_bytes(damage)
    said = []
    count, loaded = reads(chosen(Pairs, file), places, said.append)
    assert (count, items(loaded)) == (1, ["x", "y", "x"])
    assert said == [
        f"prepared data {made.kept} is made again: it is damaged "
        "(BadZipFile: File is not a zip file)"
    ]
    assert reads(chosen(Pairs, file), places)[0] == 0


def test_where_the_cache_cannot_be_written_the_data_is_used_all_the_same(file, places):
    places.cache.write_text("not a folder")
    said = []
    loaded = load(chosen(Pairs, file), places, said.append)
    assert (items(loaded), loaded.kept) == (["x", "y", "x"], None)
    assert len(said) == 1
    assert said[0].startswith("the prepared data of 'pairs' cannot be kept: ")


def test_what_was_read_must_be_what_was_to_be_read(file, places):
    file.with_name("other.txt").write_text("a x\n")
    said = []
    assert load(chosen(Forgetful, file), places, said.append).kept is None
    assert said == [
        "the prepared data of 'pairs' cannot be kept: what was read, pairs.txt, is not what was "
        "to be read: a file changed meanwhile, or source_files does not name just the files that "
        "load reads"
    ]


def test_a_data_set_that_does_not_say_what_it_reads_is_read_each_time(file, places):
    for _ in range(2):
        count, loaded = reads(chosen(Silent, file), places)
        assert (count, loaded.kept) == (1, None)
    assert not places.cache.exists()


def test_missing_files_lead_to_the_fallback_which_is_kept_too(file, places):
    slot = DatasetSlot(fallback=chosen(Pairs, file))
    asked = chosen(Pairs, file.with_name("gone.txt"), slot=slot)
    for count in (1, 0):
        found, loaded = reads(asked, places, lambda message: None)
        assert (found, loaded.instead_of) == (count, "pairs")
