"""Where data may be looked for and kept."""

from __future__ import annotations

import os
from pathlib import Path

import attrs
from platformdirs import user_cache_path

from fw.errors import DataError, DataNotFound


@attrs.frozen
class Places:
    """The folders that a data set may read from, and the one where downloads are kept.

    ``data`` is ``--data`` or ``FW_DATA_DIR``; nothing is ever written there.
    """

    data: Path | None = None
    cache: Path = attrs.field(factory=lambda: user_cache_path("fw"))

    @classmethod
    def from_environment(cls, data: Path | None = None) -> Places:
        """Take the folder given, else ``FW_DATA_DIR``; ``FW_CACHE_DIR`` moves the cache."""
        named = os.environ.get("FW_DATA_DIR")
        cache = os.environ.get("FW_CACHE_DIR")
        places = cls(data or (Path(named) if named else None))
        return attrs.evolve(places, cache=Path(cache)) if cache else places

    def candidates(self, path: Path) -> list[Path]:
        """Return where a path may be: as given, and unless it is absolute below the data folder."""
        return [path] if path.is_absolute() or self.data is None else [path, self.data / path]

    def find(self, path: Path) -> Path:
        """Return the file as given, or below the data folder.

        Raises DataNotFound naming both where there is neither, DataError where one is a folder.
        """
        tried = self.candidates(path)
        for candidate in tried:
            if candidate.is_file():
                return candidate
        where = " or ".join(str(candidate.absolute()) for candidate in tried)
        rule = (
            "a relative path is looked for beside the recipe, in the current folder, "
            "and in the data folder (--data or FW_DATA_DIR)"
        )
        if any(candidate.is_dir() for candidate in tried):
            raise DataError(f"is a folder: {where}\n    {rule}")
        raise DataNotFound(f"no such file: {where}\n    {rule}")
