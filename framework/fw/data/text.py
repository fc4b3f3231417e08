"""Reading text files, packed or not, in a stated encoding: never the platform's own."""

from __future__ import annotations

import codecs
import gzip
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import attrs

from fw.errors import DataError

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_BYTE_ORDER_MARK = "\ufeff"


def read_text(path: Path, *, encoding: str = "utf-8", member: str | None = None) -> bytes:
    """Return a file's text as UTF-8, without a byte-order mark.

    What the file begins with, not its name, says whether it is packed (gzip or zip); ``member`` is
    the file wanted from a zip that holds several. Raises DataError, naming the file and the
    place, where it cannot be read, unpacked or decoded, and where it holds nothing.
    """
    text = _as_utf8(_unpacked(path, member), path, encoding)
    if not text.strip():
        raise DataError(f"{path}: no interactions: the file is empty")
    return text


def _unpacked(path: Path, member: str | None) -> bytes:
    try:
        data = path.read_bytes()
        if data.startswith(_GZIP):
            return gzip.decompress(data)
        return _from_zip(data, path, member) if data.startswith(_ZIP) else data
    except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, RuntimeError) as error:
        raise DataError(f"{path}: cannot be unpacked: {error}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error


def _from_zip(data: bytes, path: Path, member: str | None) -> bytes:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        names = [one.filename for one in archive.infolist() if not one.is_dir()]
        wanted = [name for name in names if member in (None, name)]
        if len(wanted) != 1:
            rule = f"{member} is not in it" if member else "a zip must hold exactly one file"
            raise DataError(f"{path}: {rule}; it holds {', '.join(names) or 'nothing'}")
        return archive.read(wanted[0])


def _as_utf8(data: bytes, path: Path, encoding: str) -> bytes:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}, line {line}: byte 0x{data[error.start]:02X} at offset {error.start} "
            f"(from 0) is not {encoding}\n    set encoding to what the file is written in, "
            'such as encoding = "latin-1"'
        ) from error
    return text.removeprefix(_BYTE_ORDER_MARK).encode()


def is_encoding(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
    """Validate a setting: raise ValueError unless Python knows the encoding."""
    try:
        codecs.lookup(value)
    except LookupError:
        raise ValueError(
            f"{attribute.name} must be an encoding such as utf-8 or latin-1, found {value!r}"
        ) from None
