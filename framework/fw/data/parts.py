"""The files that a data set in several parts is made of."""

from __future__ import annotations

from pathlib import Path

from fw.data.places import Places
from fw.errors import DataError

_LIST = "_metadata"  # which parquet writers leave beside the parts
_ENDINGS = (".parquet", ".csv", ".tsv", ".txt", ".dat", ".gz")


def find_parts(path: Path, places: Places) -> tuple[Path, ...]:
    """Return the file at ``path``, or all files of the folder there, and below it, by their names.

    Files whose names begin with "_" or "." are no parts. Raises DataNotFound where there is
    nothing, DataError where parts are of several sorts, or one is missing that ``_metadata`` lists.
    """
    for folder in places.candidates(path):
        if folder.is_dir():
            return _inside(folder)
    return (places.find(path),)


def _inside(folder: Path) -> tuple[Path, ...]:
    parts = sorted(one for one in folder.rglob("*") if one.is_file() and _is_part(one, folder))
    _require_listed(folder, parts)
    if not parts:
        raise DataError(f"no parts in the folder {folder.absolute()}: {', '.join(_ENDINGS)}")
    endings = {_ending(part): part.name for part in parts}
    if len(endings) > 1:
        found = ", ".join(sorted(endings.values()))
        raise DataError(
            f"{folder.absolute()}: parts of several sorts: {found}\n"
            "    keep one data set in a folder, and nothing else"
        )
    return tuple(parts)


def _ending(path: Path) -> str:
    return "".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix


def _is_part(path: Path, folder: Path) -> bool:
    inside = path.relative_to(folder).parts
    return path.suffix in _ENDINGS and not any(name.startswith(("_", ".")) for name in inside)


def _require_listed(folder: Path, parts: list[Path]) -> None:
    """Raise DataError unless every part is there that the parquet writer's list names."""
    if not (folder / _LIST).is_file():
        return
    listed = _listed(folder / _LIST)
    missing = sorted(listed - {part.relative_to(folder).as_posix() for part in parts})
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise DataError(
            f"{folder.absolute()}: {len(missing)} of {len(listed)} parts that its {_LIST} lists "
            f"are missing: {', '.join(missing[:3])}{more}\n"
            f"    bring them back, or remove {_LIST} if the data set is meant to be without them"
        )


def _listed(path: Path) -> set[str]:
    import pyarrow as pa  # slow: not to list what there is
    import pyarrow.parquet

    from fw.parquet import UNREADABLE

    try:
        metadata = pa.parquet.read_metadata(path)
    except UNREADABLE as error:
        raise DataError(f"{path}: not a readable list of parquet parts: {error}") from error
    groups = (metadata.row_group(number) for number in range(metadata.num_row_groups))
    return {group.column(0).file_path for group in groups} - {""}
