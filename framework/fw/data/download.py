"""Downloads of public data sets: checked, kept in the cache, never used if they are not right."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TransferSpeedColumn

from fw.data.fingerprints import fingerprint_file
from fw.errors import DataNotFound

SECONDS_WITHOUT_BYTES = 10.0


def fetch(
    url: str, *, sha256: str, folder: Path, seconds_without_bytes: float = SECONDS_WITHOUT_BYTES
) -> Path:
    """Return the file of a URL, from ``folder`` if it is there already, else downloaded into it.

    A file with another checksum is put aside, said on standard error, and never used. Two runs that
    want the same file download it once. Raises DataNotFound, naming the reason, if it cannot be
    had; nothing but complete files are ever left under its name.
    """
    path = folder / url.rpartition("/")[2]
    with _reserved(path, url):
        if path.exists() and not _is_right(path, sha256):
            aside = _put_aside(path, path)
            _say(_console(), f"{path} has a wrong checksum; it is kept as {aside}, and not used")
        if not path.exists():
            _download(url, path, sha256, seconds_without_bytes)
    return path


@contextmanager
def _reserved(path: Path, url: str) -> Iterator[None]:
    """Hold the file against other runs."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(path.with_name(f"{path.name}.lock"))
        lock.acquire()
    except OSError as error:
        raise DataNotFound(f"cannot download {url} to {path.parent}: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()


def _download(url: str, path: Path, sha256: str, seconds_without_bytes: float) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    part = Path(name)
    try:
        _receive(url, part, seconds_without_bytes)
        if not _is_right(part, sha256):
            raise DataNotFound(_wrong_checksum(url, sha256, _put_aside(part, path)))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _receive(url: str, part: Path, seconds_without_bytes: float) -> None:
    import pooch
    import requests

    console = _console()
    _say(console, f"downloading {url}")
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = _Bar(progress, progress.add_task(""))
        receive = pooch.HTTPDownloader(progressbar=bar, timeout=seconds_without_bytes)
        try:
            receive(url, str(part), None)
        except (requests.RequestException, OSError) as error:
            reason = _reason(error, seconds_without_bytes)
            raise DataNotFound(f"cannot download {url}: {reason}") from error


def _console() -> Console:
    return Console(stderr=True, highlight=False)


def _say(console: Console, message: str) -> None:
    console.print(message, markup=False, soft_wrap=True)


class _Bar:
    """A progress bar with the members that pooch wants of one."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self.progress, self.task = progress, task

    @property
    def total(self) -> float | None:
        return self.progress.tasks[self.task].total

    @total.setter
    def total(self, size: float) -> None:
        self.progress.update(self.task, total=size or None)

    def update(self, size: float) -> None:
        self.progress.advance(self.task, size)

    def reset(self) -> None:
        self.progress.reset(self.task)

    def close(self) -> None:
        self.progress.stop()


def _reason(error: Exception, seconds: float) -> str:
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        with error.response as response:  # pooch leaves it open
            return f"the server answered {response.status_code} {response.reason}"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"nothing came for {seconds:g} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection was cut off"
    if isinstance(error, requests.ConnectionError):
        return "there is no connection to the server"
    return str(error)


def _is_right(path: Path, sha256: str) -> bool:
    return fingerprint_file(path) == sha256


def _put_aside(file: Path, path: Path) -> Path:
    aside = path.with_name(f"{path.name}.wrong-checksum")
    os.replace(file, aside)
    return aside


def _wrong_checksum(url: str, sha256: str, aside: Path) -> str:
    found = fingerprint_file(aside)
    return (
        f"cannot download {url}: what came has a wrong checksum\n"
        f"    it is kept as {aside}, and not used\n"
        f"    SHA-256 should be {sha256}, found {found}"
    )
