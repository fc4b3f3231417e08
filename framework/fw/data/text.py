"""Reading text files, packed or not, in a stated encoding: never the platform's own."""

from __future__ import annotations

import gzip
import zipfile
from io import BufferedIOBase, BytesIO
from pathlib import Path
from typing import IO, Any

import attrs

from fw.errors import DataError

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
BYTE_ORDER_MARK = "\ufeff"
_PIECE = 1 << 20  # bytes
# A packed file may unpack to so many bytes, or to so many times its own size if that is more.
ALWAYS_UNPACKED, MOST_TIMES = 1 << 30, 200


def read_text(path: Path, *, encoding: str = "utf-8", member: str | None = None) -> bytes:
    """Return a file's text as UTF-8, without a byte-order mark.

    What the file begins with, not its name, says whether it is packed (gzip or zip); ``member`` is
    the file wanted from a zip that holds several. Raises DataError, naming the file and the
    place, where it cannot be read, unpacked or decoded, where it holds nothing, and where it
    would unpack to far more than text does (``ALWAYS_UNPACKED`` and ``MOST_TIMES``).
    """
    text = _as_utf8(_unpacked(path, member), path, encoding)
    if not text.strip():
        raise DataError(f"{path}: no interactions: the file is empty")
    return text


def _unpacked(path: Path, member: str | None) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        if data.startswith(GZIP):
            return _at_most(most_unpacked(len(data)), gzip.open(BytesIO(data)), path)
        return _from_zip(data, path, member) if data.startswith(ZIP) else data
    except DataError:
        raise
    except Exception as error:  # there is no common type for what cannot be unpacked
        raise DataError(f"{path}: cannot be unpacked: {error}") from error


def _from_zip(data: bytes, path: Path, member: str | None) -> bytes:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return _at_most(
            most_unpacked(len(data)), archive.open(the_member(archive, path, member)), path
        )


def the_member(archive: zipfile.ZipFile, path: Path, member: str | None = None) -> str:
    """Return the name of the file wanted of a zip; raises DataError if that is not just one."""
    names = [one.filename for one in archive.infolist() if not one.is_dir()]
    wanted = [name for name in names if member in (None, name)]
    if len(wanted) != 1:
        rule = f"{member} is not in it" if member else "a zip must hold exactly one file"
        raise DataError(f"{path}: {rule}; it holds {', '.join(names) or 'nothing'}")
    return wanted[0]


def most_unpacked(packed: int) -> int:
    """Return how many bytes so many packed ones may unpack to."""
    return max(ALWAYS_UNPACKED, MOST_TIMES * packed)


def unpacks_to_more(path: Path, limit: int) -> DataError:
    """Say that a file is larger unpacked than data would be."""
    return DataError(
        f"{path}: unpacks to more than {limit:,} bytes, which no file of interactions of that size "
        "does\n    unpack it yourself if it is one"
    )


def _at_most(limit: int, stream: IO[bytes] | BufferedIOBase, path: Path) -> bytes:
    """Read a stream to its end; raises DataError where it has more bytes than data would."""
    pieces: list[bytes] = []
    size = 0
    with stream:
        while piece := stream.read(_PIECE):
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise unpacks_to_more(path, limit)
    return b"".join(pieces)


def _as_utf8(data: bytes, path: Path, encoding: str) -> bytes:
    try:
        return data.decode(encoding).removeprefix(BYTE_ORDER_MARK).encode()
    except UnicodeDecodeError as error:
        raise undecodable(path, encoding, error) from error
    except UnicodeError as error:  # without a place, or half a character that UTF-8 has not
        raise DataError(f"{path}: is not {encoding}: {error}") from error


def undecodable(
    path: Path, encoding: str, error: UnicodeDecodeError, lines: int = 0, offset: int = 0
) -> DataError:
    """Say which byte is not of an encoding, after so many lines and bytes that were."""
    line = lines + error.object.count(b"\n", 0, error.start) + 1
    return DataError(
        f"{path}, line {line}: byte 0x{error.object[error.start]:02X} at offset "
        f"{offset + error.start} (from 0) is not {encoding}\n    set encoding to what the file is "
        'written in, such as encoding = "latin-1"'
    )


def is_encoding(instance: object, attribute: attrs.Attribute[Any], value: str) -> None:
    """Validate a setting: raise ValueError unless Python knows the encoding."""
    try:
        b"a".decode(value, "replace")  # knows codecs of text alone, and not such as "hex"
    except (LookupError, ValueError):
        raise ValueError(
            f"{attribute.name} must be an encoding such as utf-8 or latin-1, found {value!r}"
        ) from None
