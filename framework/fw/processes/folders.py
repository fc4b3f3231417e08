"""One run folder for all processes, and the same one when they are started again."""

from __future__ import annotations

from pathlib import Path

from fw.engine.folders.folder import RunFolder
from fw.errors import RunError
from fw.processes.followed import FollowedFolder
from fw.processes.joining import restarts
from fw.processes.peers import Peers
from fw.processes.several import Several


def make_folder(peers: Peers, runs: Path, name: str) -> RunFolder:
    """Make a run's folder; after a restart, go back to the one that the launch has made before."""

    def place() -> str:
        before = left_by(runs, peers) if restarts() else None
        return str((before or RunFolder.create(runs, name)).path)

    return follow(peers, Path(peers.from_first(place)))


def open_folder(peers: Peers, path: Path) -> RunFolder:
    """Open the folder of a run that is there; raises RunError in all processes if it is not."""
    return follow(peers, Path(peers.from_first(lambda: str(RunFolder.open(path).path))))


def follow(peers: Peers, path: Path) -> RunFolder:
    """Return the folder: the first process's to write, the others' to know."""
    return RunFolder(path) if peers.first else FollowedFolder(path)


def left_by(runs: Path, peers: Peers) -> RunFolder | None:
    """Return the newest folder in ``runs`` that the launch of these processes has begun."""
    launch = peers.launch if isinstance(peers, Several) else ""
    found = [RunFolder(path.parent) for path in runs.glob("*/environment.json")]
    begun = [folder for folder in found if folder.is_begun() and _launch_of(folder) == launch]
    return max(begun, key=lambda folder: folder.path.stat().st_ctime, default=None)


def _launch_of(folder: RunFolder) -> str | None:
    try:
        launch: str | None = folder.read_json("environment.json").get("launch")
    except RunError:
        return None
    return launch
