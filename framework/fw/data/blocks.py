"""The text of a file, block by block: each ends where a line does, and none inside quotation marks.

What :mod:`fw.data.text` reads in one go, for files that memory would not hold.
"""

from __future__ import annotations

import codecs
import gzip
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import numpy as np

from fw.data.text import (
    BYTE_ORDER_MARK,
    GZIP,
    ZIP,
    most_unpacked,
    the_member,
    undecodable,
    unpacks_to_more,
)
from fw.errors import DataError

_BLOCK = 1 << 26  # bytes that are read at a time


def blocks(path: Path, *, encoding: str, quoted: bool) -> Iterator[bytes]:
    """Yield a file's text as UTF-8 without a byte-order mark, unpacked if it is packed.

    With ``quoted`` a block never ends within quotation marks, however long it gets for that. Raises
    DataError where the file cannot be read, unpacked or decoded, and where it holds nothing.
    """
    rest, empty = b"", True
    for text in _decoded(path, encoding):
        empty = empty and not text.strip()
        rest += text
        end = _last_line_end(rest, quoted)
        if end and not empty:
            yield rest[:end]
            rest = rest[end:]
    if empty:
        raise DataError(f"{path}: no interactions: the file is empty")
    if rest:
        yield rest


def count_lines(text: bytes) -> int:
    """Count the line ends of a block, whichever platform's they are."""
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")


def _last_line_end(text: bytes, quoted: bool) -> int:
    """Return where the last whole line ends, 0 if none does."""
    if not quoted or b'"' not in text:
        return text.rfind(b"\n") + 1
    characters = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(characters == ord("\n"))
    outside = np.searchsorted(np.flatnonzero(characters == ord('"')), ends) % 2 == 0
    return int(ends[outside][-1]) + 1 if outside.any() else 0


def _decoded(path: Path, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = read = waiting = 0  # bytes that were read, and those of a character not whole yet
    first, limit = True, most_unpacked(path.stat().st_size) if path.is_file() else 0
    with _opened(path) as file:
        while True:
            data = file.read(_BLOCK)
            try:
                text = decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                raise undecodable(path, encoding, error, lines, read - waiting) from error
            except UnicodeError as error:  # without a place
                raise DataError(f"{path}: is not {encoding}: {error}") from error
            yield (text.removeprefix(BYTE_ORDER_MARK) if first else text).encode()
            if not data:
                return
            lines, first = lines + data.count(b"\n"), first and not text
            read, waiting = read + len(data), len(decoder.getstate()[0])
            if read > limit:
                raise unpacks_to_more(path, limit)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        with path.open("rb") as file:
            begin = file.read(4)
            file.seek(0)
            if begin.startswith(GZIP):
                with gzip.open(file) as unpacked:
                    yield cast("IO[bytes]", unpacked)
            elif begin.startswith(ZIP):
                with zipfile.ZipFile(file) as archive, archive.open(the_member(archive, path)) as m:
                    yield m
            else:
                yield file
    except DataError:
        raise
    except gzip.BadGzipFile as error:
        raise DataError(f"{path}: cannot be unpacked: {error}") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    except Exception as error:  # there is no common type for what cannot be unpacked
        raise DataError(f"{path}: cannot be unpacked: {error}") from error
