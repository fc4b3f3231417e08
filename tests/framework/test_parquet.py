"""Parquet files with a byte changed: each reader says which file it is, whatever pyarrow raises."""

from contextlib import suppress

import pandas as pd
import pytest

from fw.config.slots import DatasetSlot
from fw.data.files import read_file
from fw.data.piecewise import prepare_parts
from fw.data.places import Places
from fw.data.prepare import prepare
from fw.errors import DataError, RunError
from fw.parquet import read_frame
from fw_plugins.datasets.interactions import InteractionFile
from fw_plugins.datasets.partitioned import Partitioned


def packed(**columns):
    return pd.DataFrame(columns).to_parquet()


LOG = packed(user=["a", "a", "b"], item=["x", "y", "x"])


def at_once(path):
    places = Places(data=path.parent, cache=path.parent)
    return prepare(InteractionFile(path=path).load(places), DatasetSlot())


def by_pieces(path):
    pytest.importorskip("duckdb")
    places = Places(data=path.parent, cache=path.parent)
    return prepare_parts(Partitioned(path=path).load(places), DatasetSlot(), path.parent / "made")


def nameless(content, name):
    """Change the name of a column to bytes that are no text."""
    assert name in content
    return content.replace(name, b"\x94" * len(name))


@pytest.mark.parametrize("read", [read_file, at_once, by_pieces])
def test_a_data_file_with_a_column_whose_name_is_no_text_is_not_readable(tmp_path, read):
    path = tmp_path / "log.parquet"
    path.write_bytes(nameless(LOG, b"user"))
    with pytest.raises(DataError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: not a readable parquet file: ")


def test_a_file_of_a_run_with_a_column_whose_name_is_no_text_is_not_readable(tmp_path):
    path = tmp_path / "ranks.parquet"
    path.write_bytes(nameless(packed(target=[1]), b"target"))
    with pytest.raises(RunError, match=r"cannot read .*ranks\.parquet: "):
        read_frame(path)


@pytest.mark.parametrize(("read", "step"), [(read_file, 2), (by_pieces, 50)])
def test_a_file_with_any_byte_changed_is_read_or_refused_in_words(tmp_path, read, step):
    path = tmp_path / "log.parquet"
    for place in range(0, len(LOG), step):
        path.write_bytes(LOG[:place] + bytes([LOG[place] ^ 0x94]) + LOG[place + 1 :])
        with suppress(DataError):
            read(path)
