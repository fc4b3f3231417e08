"""Reading and cleaning by pieces gives just what reading and cleaning all at once gives."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fw.config.slots import DatasetSlot
from fw.data import blocks, spans
from fw.data.fingerprints import fingerprint_cleaned
from fw.data.piecewise import prepare_parts
from fw.data.places import Places
from fw.data.prepare import prepare
from fw.errors import DataError
from fw_plugins.datasets.interactions import InteractionFile
from fw_plugins.datasets.partitioned import Partitioned

pytest.importorskip("duckdb")


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    """Let even small files be several pieces."""
    monkeypatch.setattr(blocks, "_BLOCK", 64)
    monkeypatch.setattr(spans, "SPAN", 16)


def by_pieces(tmp_path, path, slot=None, **settings):
    places = Places(cache=tmp_path / "cache")
    parts = Partitioned(path=path, **settings).load(places)
    return prepare_parts(parts, slot or DatasetSlot(), tmp_path / "cache" / "prepared")


def at_once(path, slot=None, **settings):
    return prepare(InteractionFile(path=path, **settings).load(Places()), slot or DatasetSlot())


def assert_same(found, expected):
    (store, report), (other, other_report) = found, expected
    assert report == other_report
    for name in ("items", "offsets", "source_rows", "user_ids", "item_ids", "times"):
        one, two = getattr(store, name), getattr(other, name)
        assert (one is None) == (two is None)
        if one is not None:
            assert one.dtype == two.dtype
            assert one.tolist() == two.tolist()
    assert set(store.columns) == set(other.columns)
    for name, values in store.columns.items():
        assert values.dtype == other.columns[name].dtype
        assert values.tolist() == other.columns[name].tolist()
    assert fingerprint_cleaned(store) == fingerprint_cleaned(other)


def rows(number=300, users=20, items=30, moments=40, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "user": [f"u{n:03}" for n in rng.integers(users, size=number)],
            "item": [f"ä{n}" for n in rng.zipf(1.5, size=number) % items],
            "time": rng.integers(moments, size=number),
            "rating": rng.integers(1, 6, size=number) / 2,
        }
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "slot",
    [
        DatasetSlot(),
        DatasetSlot(min_user_count=12, min_item_count=6),
        DatasetSlot(duplicates="keep", min_item_count=4),
    ],
)
def test_text_and_parquet_give_the_same_store_and_report(tmp_path, slot, seed):
    frame = rows(seed=seed)
    frame.to_csv(tmp_path / "log.csv", index=False)
    frame.to_parquet(tmp_path / "log.parquet", row_group_size=37)
    for name in ("log.csv", "log.parquet"):
        found = by_pieces(tmp_path, tmp_path / name, slot, columns=("rating",))
        assert_same(found, at_once(tmp_path / name, slot, columns=("rating",)))


def test_read_at_once_the_parts_are_what_the_other_data_set_reads(tmp_path):
    rows().to_csv(tmp_path / "log.csv", index=False)
    parts = Partitioned(path=tmp_path / "log.csv", columns=("rating",)).load(Places())
    found = prepare(parts.at_once(), DatasetSlot())
    assert_same(found, at_once(tmp_path / "log.csv", columns=("rating",)))


def test_parts_of_a_folder_are_one_data_set_in_the_order_of_their_names(tmp_path):
    frame = rows()
    (tmp_path / "parts" / "b").mkdir(parents=True)
    frame[:100].to_parquet(tmp_path / "parts" / "a.parquet")
    frame[100:250].to_parquet(tmp_path / "parts" / "b" / "a.parquet")
    frame[250:].to_parquet(tmp_path / "parts" / "c.parquet")
    frame.to_parquet(tmp_path / "whole.parquet")
    assert_same(by_pieces(tmp_path, tmp_path / "parts"), at_once(tmp_path / "whole.parquet"))


def test_integer_ids_and_the_order_of_rows_alone(tmp_path):
    frame = rows()[["user", "item"]].map(lambda word: int(word[1:]))
    frame.to_parquet(tmp_path / "log.parquet", row_group_size=50)
    found = by_pieces(tmp_path, tmp_path / "log.parquet", time="")
    assert_same(found, at_once(tmp_path / "log.parquet", time=""))


HOSTILE = {
    "ids": 'user,item,time\n007,NA,1\n7,None,2\n007,nan,3\nnull,"a,\nb",4\n7,"say ""x""",5\n',
    "line ends": "user,item,time\r\nA,x,3\r\n\r\nA,y,1\r\nB,x,2",
    "no final line end, a mark": "\ufeffuser,item,time\nA,x,3\nB,y,2",
    "decimals late": "user,item,time\n" + "A,x,1\n" * 30 + "A,y,1.5\nB,x,2.25\n",
    "dates": "user,item,time\n" + "A,x,2001-01-02\nB,y,2001-01-02T03:04:05\n" * 20,
    "huge times": "user,item,time\nA,x,9223372036854775807\nB,y,-9223372036854775808\n",
    "other separator": "user;item;time\n" + "A;x;1\nB;y;2\n" * 20,
    "blanks": "user item time\n" + " A  x\t1 \nB y   2\n" * 20,
    "several characters": "user::item::time\n" + "A::x::1\nB::y::2\n" * 20,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_read_alike(tmp_path, name):
    path = tmp_path / "log.txt"
    path.write_bytes(HOSTILE[name].encode())
    assert_same(by_pieces(tmp_path, path), at_once(path))


def test_blank_cells_are_skipped_and_counted_alike(tmp_path):
    lines = ["A,x,1", " ,y,2", "B,,3", "B,y, ", "C,z,4"] * 20
    (tmp_path / "log.csv").write_text("\n".join(["user,item,time", *lines]))
    found = by_pieces(tmp_path, tmp_path / "log.csv", blank="skip")
    assert found[1]["blank_rows_skipped"] == 60
    assert_same(found, at_once(tmp_path / "log.csv", blank="skip"))


WRONG = {
    "blank": "user,item,time\n" + "A,x,1\n" * 30 + "A,,2\n",
    "columns": "user,item,time\n" + "A,x,1\n" * 30 + "A,y\n",
    "time": "user,item,time\n" + "A,x,1\n" * 30 + "A,y,soon\n",
    "first time": "user,item,time\nA,x,soon\n",
    "time of two forms": "user,item,time\n" + "A,x,1\n" * 30 + "A,y,2001-01-02\n" * 30,
    "no rows": "user,item,time\n",
    "nothing": "\n\n",
    "no such column": "who,what,time\nA,x,1\n",
    "only blanks": "user,item,time\n,,\n",
    "open quotation mark": 'user,item,time\nA,x,1\n"A,y,2\nB,x,3\n',
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_alike(tmp_path, name):
    path = tmp_path / "log.csv"
    path.write_bytes(WRONG[name].encode())
    with pytest.raises(DataError) as expected:
        at_once(path, format="csv")
    with pytest.raises(DataError) as found:
        by_pieces(tmp_path, path, format="csv")
    assert str(found.value) == str(expected.value)


def test_a_byte_of_another_encoding_is_named_by_line_and_offset_alike(tmp_path):
    path = tmp_path / "log.csv"
    path.write_bytes(b"user,item,time\n" + "ü,x,1\n".encode() * 40 + b"A,\xe4,2\n")
    with pytest.raises(DataError) as expected:
        at_once(path)
    with pytest.raises(DataError) as found:
        by_pieces(tmp_path, path)
    assert str(found.value) == str(expected.value)


def test_nothing_left_after_cleaning_is_said_alike(tmp_path):
    rows().to_csv(tmp_path / "log.csv", index=False)
    slot = DatasetSlot(min_user_count=1000)
    with pytest.raises(DataError) as expected:
        at_once(tmp_path / "log.csv", slot)
    with pytest.raises(DataError) as found:
        by_pieces(tmp_path, tmp_path / "log.csv", slot)
    assert str(found.value) == str(expected.value)


def test_a_part_with_another_schema_is_named(tmp_path):
    (tmp_path / "parts").mkdir()
    rows().to_parquet(tmp_path / "parts" / "a.parquet")
    rows().astype({"user": "str", "time": float}).to_parquet(tmp_path / "parts" / "b.parquet")
    with pytest.raises(DataError, match=r"b\.parquet.*time holds double, where it holds int64"):
        by_pieces(tmp_path, tmp_path / "parts")
    rows().drop(columns="item").to_parquet(tmp_path / "parts" / "b.parquet")
    with pytest.raises(DataError, match=r"b\.parquet.*item is missing"):
        by_pieces(tmp_path, tmp_path / "parts")


def test_a_part_that_the_list_names_and_that_is_gone_is_named(tmp_path):
    folder = tmp_path / "parts"
    pq.write_to_dataset(pa.Table.from_pandas(rows()), folder, basename_template="p{i}.parquet")
    metadata = pq.read_metadata(folder / "p0.parquet")
    metadata.set_file_path("p1.parquet")
    metadata.write_metadata_file(folder / "_metadata")
    with pytest.raises(DataError, match=r"1 of 1 parts .* missing: p1\.parquet"):
        by_pieces(tmp_path, folder)


def test_too_little_memory_and_disk_is_an_error_that_says_what_helps(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    rows().to_csv(tmp_path / "log.csv", index=False)
    parts = Partitioned(path=tmp_path / "log.csv").load(Places(cache=tmp_path))
    from fw.data import sorting

    def refusing(*_):
        raise duckdb.OutOfMemoryException("no space left on device")

    original, sorting._is_filled = sorting._is_filled, refusing
    try:
        with pytest.raises(DataError, match=r"(?s)cannot be sorted within 2 GiB .*FW_CACHE_DIR"):
            prepare_parts(parts, DatasetSlot(), tmp_path / "prepared")
    finally:
        sorting._is_filled = original
    assert list((tmp_path / "prepared").iterdir()) == []
