"""Text files: packed or not, in a stated encoding."""

import gzip
import io
import zipfile

import pytest

from fw.data import text
from fw.data.text import read_text
from fw.errors import DataError
from fw_plugins.datasets.interactions import InteractionFile


def refused(path, **options):
    with pytest.raises(DataError) as raised:
        read_text(path, **options)
    return str(raised.value)


def write(path, data):
    path.write_bytes(data)
    return path


def test_what_a_file_begins_with_says_how_it_is_packed(tmp_path):
    packed = write(tmp_path / "no_suffix", gzip.compress(b"a,b\n"))
    assert read_text(packed) == b"a,b\n"
    assert read_text(write(tmp_path / "not_really.gz", b"a,b\n")) == b"a,b\n"


def test_a_zip_with_one_file_is_read_and_of_several_the_one_that_is_named(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("folder/", "")
        archive.writestr("folder/a.csv", "a")
    assert read_text(path) == b"a"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("b.csv", "b")
    assert read_text(path, member="b.csv") == b"b"
    assert refused(path) == (
        f"{path}: a zip must hold exactly one file; it holds folder/a.csv, b.csv"
    )
    assert refused(path, member="c.csv") == (
        f"{path}: c.csv is not in it; it holds folder/a.csv, b.csv"
    )


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    assert read_text(write(tmp_path / "a", b"\xef\xbb\xbfuser")) == b"user"
    utf16 = write(tmp_path / "b", "\ufeffcafé".encode("utf-16-le"))
    assert read_text(utf16, encoding="utf-16-le") == "café".encode()


def test_case_B46_a_byte_that_does_not_fit_the_encoding_is_named_with_its_place(tmp_path):
    path = write(tmp_path / "l.csv", b"user,item,time\nA,caf\xe9,1\n")
    assert refused(path) == (
        f"{path}, line 2: byte 0xE9 at offset 20 (from 0) is not utf-8\n"
        '    set encoding to what the file is written in, such as encoding = "latin-1"'
    )
    assert read_text(path, encoding="latin-1") == "user,item,time\nA,café,1\n".encode()


@pytest.mark.parametrize(
    "data", [b"", b"\n\r\n \n", b"\xef\xbb\xbf\n", gzip.compress(b"", mtime=0)]
)
def test_case_B44_a_file_without_anything_in_it_is_an_error(tmp_path, data):
    path = write(tmp_path / "e.csv", data)
    assert refused(path) == f"{path}: no interactions: the file is empty"


def test_case_B56_a_gzip_that_was_cut_off_is_an_error(tmp_path):
    path = write(tmp_path / "x.gz", gzip.compress(b"user,item\n" * 100)[:-10])
    assert refused(path) == (
        f"{path}: cannot be unpacked: Compressed file ended before the end-of-stream marker "
        "was reached"
    )


def test_case_B56_a_damaged_gzip_or_zip_is_an_error(tmp_path):
    damaged = bytearray(gzip.compress(b"user,item\n" * 100))
    damaged[-6] ^= 1
    message = refused(write(tmp_path / "x.gz", bytes(damaged)))
    assert message.startswith(f"{tmp_path / 'x.gz'}: cannot be unpacked: CRC check failed")
    path = write(tmp_path / "x.zip", b"PK\x03\x04 and then nothing")
    assert refused(path) == f"{path}: cannot be unpacked: File is not a zip file"


def test_case_B56_what_cannot_be_read_is_an_error(tmp_path):
    assert refused(tmp_path) == f"{tmp_path}: cannot be read: Is a directory"


def zipped(content):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.csv", content)
    return packed.getvalue()


@pytest.mark.parametrize("pack", [gzip.compress, zipped], ids=["gzip", "zip"])
def test_what_unpacks_to_far_more_than_text_does_is_refused(tmp_path, monkeypatch, pack):
    packed = pack(b"0" * 3_000_000)
    path = write(tmp_path / "bomb", packed)
    assert len(read_text(path)) == 3_000_000
    monkeypatch.setattr(text, "ALWAYS_UNPACKED", 1000)
    assert refused(path).startswith(
        f"{path}: unpacks to more than {200 * len(packed):,} bytes, which no file of interactions "
    )
    real = write(tmp_path / "real", pack(b"".join(b"u%d,i%d\n" % (n, n * n) for n in range(9999))))
    assert read_text(real).startswith(b"u0,i0\n")


@pytest.mark.slow
def test_a_gzip_bomb_is_refused_by_what_may_always_be_unpacked(tmp_path):
    bomb = gzip.compress(bytes(1 << 20)) * 1100  # a gzip may have many parts: 1.1 GiB in all
    assert text.MOST_TIMES * len(bomb) < text.ALWAYS_UNPACKED
    message = refused(write(tmp_path / "bomb.gz", bomb))
    assert message.startswith(f"{tmp_path / 'bomb.gz'}: unpacks to more than 1,073,741,824 bytes")


def test_a_zip_packed_in_a_way_that_python_does_not_know_is_an_error(tmp_path):
    data = bytearray(zipped("a,b\n"))
    for place in (8, data.index(b"PK\x01\x02") + 10):
        data[place] = 95  # the method: xz
    assert "cannot be unpacked" in refused(write(tmp_path / "x.zip", bytes(data)))


@pytest.mark.parametrize(
    ("encoding", "data"),
    [("utf-7", b"a,+2AA-\n"), ("utf-16", b""), ("idna", b"xn--a-\xe9"), ("unicode_escape", b"\\x")],
)
def test_whatever_does_not_fit_an_encoding_is_an_error(tmp_path, encoding, data):
    assert str(tmp_path / "x.csv") in refused(write(tmp_path / "x.csv", data), encoding=encoding)


@pytest.mark.parametrize("name", ["utf-88", "hex", "rot13", "a\0b"])
def test_what_is_no_encoding_of_text_is_refused_as_a_setting(name):
    with pytest.raises(ValueError, match="must be an encoding such as utf-8 or latin-1"):
        InteractionFile(path="x", encoding=name)
