"""Fingerprints follow the data and nothing else."""

import hashlib
import struct

import attrs
import numpy as np
import pytest

from fw.config.slots import DatasetSlot
from fw.data.fingerprints import fingerprint_cleaned, fingerprint_files, fingerprint_split
from fw.data.prepare import prepare
from fw.data.split import CaseList, Split


def numbers(name, kind, values):
    width = {"<i8": "q", "<f4": "f"}[kind]
    packed = struct.pack(f"<{len(values)}{width}", *values)
    return f"{name} {kind} {len(values)}\n".encode() + packed


def test_the_fingerprint_is_that_of_the_bytes_that_its_docs_describe(make_interactions):
    rows = [("ü", "b", 5), ("ü", "aa", 4), ("v", "b", 6)]
    store, _ = prepare(make_interactions(rows, rating=[1.0, 2.0, 3.0]), DatasetSlot())
    expected = b"fw interactions 1\n"
    expected += numbers("words", "<i8", [2, 1]) + "üv".encode()
    expected += numbers("words", "<i8", [2, 1]) + b"aab"  # in the order in which they come
    expected += numbers("lengths", "<i8", [2, 1]) + numbers("items", "<i8", [0, 1, 1])
    expected += numbers("times", "<i8", [4, 5, 6]) + numbers("rating", "<f4", [2, 1, 3])
    assert fingerprint_cleaned(store) == hashlib.sha256(expected).hexdigest()


def test_how_items_are_numbered_does_not_matter(make_interactions):
    one, other = (
        prepare(make_interactions(rows), DatasetSlot())[0]
        for rows in (
            [("A", "x", 1), ("A", "y", 2)],
            [("A", "y", 2), ("A", "x", 1)],
        )
    )
    assert one.item_ids.tolist() != other.item_ids.tolist()
    assert fingerprint_cleaned(one) == fingerprint_cleaned(other)


@pytest.mark.parametrize(
    "rows",
    [
        [("A", "y", 1), ("A", "x", 2)],
        [("A", "x", 1), ("A", "y", 3)],
        [("A", "x", 1), ("A", "z", 2)],
        [("B", "x", 1), ("B", "y", 2)],
        [("A", "x", 1)],
        [("A", "x"), ("A", "y")],
    ],
)
def test_another_order_time_id_or_row_gives_another_fingerprint(make_interactions, rows):
    before, after = (
        fingerprint_cleaned(prepare(make_interactions(some), DatasetSlot())[0])
        for some in ([("A", "x", 1), ("A", "y", 2)], rows)
    )
    assert before != after


def test_ids_that_run_together_differ(make_store):
    assert fingerprint_cleaned(make_store({"A": "bc d"})) != fingerprint_cleaned(
        make_store({"A": "b cd"})
    )


def test_files_are_fingerprinted_by_their_bytes(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"abc")
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2
    assert fingerprint_files([path]) == {"x.csv": known}


def test_a_split_is_fingerprinted_with_its_data_and_its_cases(make_store):
    store = make_store({"A": "a b c d", "B": "a b c d"})

    def split(train, ends):
        cases = CaseList(np.array([0]), np.array([ends]))
        return Split(store=store, train_lengths=np.array(train), valid=cases, test=cases)

    same = fingerprint_split(split([2, 4], 3))
    assert same == fingerprint_split(split([2, 4], 3))
    assert same != fingerprint_split(split([3, 4], 3))
    assert same != fingerprint_split(split([2, 4], 2))
    other = attrs.evolve(split([2, 4], 3), store=make_store({"A": "a b c d", "B": "a b d c"}))
    assert same != fingerprint_split(other)


def test_real_data_has_one_fingerprint_however_it_is_packed(real_data, tmp_path):
    import gzip

    from fw.data.files import read_file

    packed = real_data / "video" / "interactions.txt.gz"
    plain = tmp_path / "video.txt"
    plain.write_bytes(gzip.decompress(packed.read_bytes()))
    one, other = (
        fingerprint_cleaned(prepare(read_file(path), DatasetSlot())[0]) for path in (packed, plain)
    )
    assert one == other
