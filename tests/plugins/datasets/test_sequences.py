"""Files with one user a line."""

import gzip
from pathlib import Path

import pytest

from fw.data.places import Places
from fw.errors import DataError
from fw_plugins.datasets.sequences import SequenceFile


@pytest.fixture
def file(tmp_path):
    """A function that writes a file and returns it as a data set."""

    def file(data, **options):
        path = tmp_path / "s.txt"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return SequenceFile(path=path, **options)

    return file


def rows(dataset):
    frame = dataset.load(Places()).frame
    return list(frame.itertuples(index=False, name=None))


def refused(dataset):
    with pytest.raises(DataError) as raised:
        dataset.load(Places())
    return str(raised.value)


def test_a_line_holds_a_user_and_the_items_in_order(file):
    expected = [("A", "2"), ("A", "01"), ("A", "2"), ("B", "NA")]
    assert rows(file("A 2 01 2\nB NA\n")) == expected
    assert rows(file("A,2,01,2\nB,NA", separator=",")) == expected
    assert rows(file("A::2::01::2\nB::NA", separator="::")) == expected
    assert rows(file(gzip.compress(b"A 2 01 2\nB NA\n"))) == expected


def test_case_B39_blanks_blank_lines_marks_and_carriage_returns_leave_no_trace(file):
    data = b"\xef\xbb\xbfA  2\t01 2 \r\n\r\n B NA\r\n"
    assert rows(file(data)) == [("A", "2"), ("A", "01"), ("A", "2"), ("B", "NA")]


def test_an_id_may_hold_what_only_unicode_takes_for_a_blank_or_a_line_end(file):
    assert rows(file("A\u2028B x\u00a0y z\n")) == [("A\u2028B", "x\u00a0y"), ("A\u2028B", "z")]


def test_users_without_items_are_left_out_and_counted(file):
    interactions = file("A\nB x\nC\n").load(Places())
    assert interactions.frame["user"].tolist() == ["B"]
    assert interactions.counts == {"users_without_items": 2}


def test_case_B44_a_file_without_items_is_an_error(file):
    dataset = file("A\nB\n")
    assert refused(dataset) == f"{dataset.path}: no interactions: no user has an item"
    assert refused(file("\n")) == f"{dataset.path}: no interactions: the file is empty"


def test_case_B43_nothing_between_two_separators_is_an_error(file):
    dataset = file("A,1,,2\nB,3\n\nC,4,\n", separator=",")
    assert refused(dataset) == f"{dataset.path}, lines 1, 4: blank cells"


def test_a_user_with_two_lines_is_an_error(file):
    dataset = file("A 1\nB 2\n\nA 3\n")
    assert refused(dataset) == (
        f"{dataset.path}, lines 1, 4: user 'A' has several lines; "
        "the order of the items of one user must be on one line"
    )


def test_case_B46_the_encoding_is_the_one_that_is_stated(file):
    assert rows(file(b"A caf\xe9\n", encoding="latin-1")) == [("A", "café")]
    assert "byte 0xE9 at offset 5 (from 0) is not utf-8" in refused(file(b"A caf\xe9\n"))


def test_beauty_has_the_published_counts(real_data):
    dataset = SequenceFile(path=Path("beauty/sequences.txt.gz"))
    frame = dataset.load(Places(real_data)).frame
    counts = len(frame), frame["user"].nunique(), frame["item"].nunique()
    assert counts == (198_502, 22_363, 12_101)
