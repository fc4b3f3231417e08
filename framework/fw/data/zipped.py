"""Arrays and bytes in a zip file without compression, in which large arrays can be mapped.

Nothing is ever held in memory twice: arrays are written, and their checksums read, piece by piece.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

Content = bytes | np.ndarray

_ALIGNMENT = 64  # bytes: what numpy's own header is a multiple of, and more than torch asks for
_PADDING = 0xD935  # the id of an extra field that only fills up, as zipalign writes it
_PIECE = 1 << 24  # bytes
_MAPPED = 1 << 24  # bytes, from which on an array is mapped in place of read
_LOCAL_HEADER = 30  # bytes, before the name
_ARRAY = ".npy"


def write(path: Path, members: Mapping[str, Content]) -> None:
    """Write members, arrays under a name that ends in ``.npy``; raises OSError."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        for name, content in members.items():
            with file.open(_aligned(file, name), "w", force_zip64=True) as target:
                for piece in _pieces(content):
                    target.write(piece)


def members(path: Path, file: zipfile.ZipFile) -> dict[str, Content]:
    """Return all members, each compared with its checksum.

    What a program writes into a mapped array stays its own. Raises what zipfile and numpy raise for
    a file that is damaged.
    """
    return {info.filename: _member(path, file, info) for info in file.infolist()}


def _member(path: Path, file: zipfile.ZipFile, info: zipfile.ZipInfo) -> Content:
    if not info.filename.endswith(_ARRAY):
        return file.read(info)
    if info.file_size < _MAPPED:
        data = io.BytesIO(file.read(info))
        small: np.ndarray = np.lib.format.read_array(data, allow_pickle=False)
        return small
    with file.open(info) as member:
        while member.read(_PIECE):
            pass  # the checksum is compared at the end
    return _mapped(path, info)


def _mapped(path: Path, info: zipfile.ZipInfo) -> np.ndarray:
    with path.open("rb") as file:
        file.seek(info.header_offset)
        header = file.read(_LOCAL_HEADER)
        lengths = [int.from_bytes(header[place : place + 2], "little") for place in (26, 28)]
        file.seek(sum(lengths), io.SEEK_CUR)
        shape, fortran, kind = _read_array_header(file)
        if fortran or kind.hasobject:
            raise ValueError(f"{info.filename} is no plain array")
        return np.memmap(path, kind, "c", file.tell(), shape)


def _read_array_header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype]:
    np.lib.format.read_magic(file)
    header: tuple[tuple[int, ...], bool, np.dtype] = np.lib.format.read_array_header_1_0(file)
    return header


def _aligned(file: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """Return what a member is announced with, so long that its content begins where it should."""
    info = zipfile.ZipInfo(name)
    info.extra = _PADDING.to_bytes(2, "little") + bytes(2)
    info.CRC = info.compress_size = info.file_size = 0  # as they are while it is written
    begin = file.start_dir + len(info.FileHeader(zip64=True))
    missing = -begin % _ALIGNMENT
    info.extra = _PADDING.to_bytes(2, "little") + missing.to_bytes(2, "little") + bytes(missing)
    return info


def _pieces(content: Content) -> Iterator[bytes | memoryview]:
    if isinstance(content, bytes):
        yield content
        return
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(content))
    yield header.getvalue()
    rows = max(_PIECE // max(content.itemsize, 1), 1)
    for first in range(0, len(content), rows):
        yield content[first : first + rows].tobytes()
