"""How large a folder becomes meanwhile, looked at several times a second."""

import threading
from pathlib import Path
from types import TracebackType

_EVERY = 0.2  # seconds


def size(folder: Path) -> int:
    """Return the bytes of all files below a folder; what goes away meanwhile counts as nothing."""
    total = 0
    for file in folder.rglob("*"):
        try:
            total += file.lstat().st_size
        except FileNotFoundError:
            continue
    return total


class DiskWatch:
    """Looks at a folder from a thread of its own, as long as it is entered; ``most`` in bytes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.most = folder, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "DiskWatch":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        self.most = max(self.most, size(self.folder))

    def _look(self) -> None:
        while not self._over.wait(_EVERY):
            self.most = max(self.most, size(self.folder))
