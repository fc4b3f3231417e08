"""Virtual environments for peers, made once and kept in the cache folder."""

import hashlib
import subprocess
import sys
from pathlib import Path

import attrs

from fw.data.places import Places

HERE = Path(__file__).parent


@attrs.frozen(kw_only=True)
class Peer:
    """A package of the index with the constraints under which it is installed."""

    name: str
    requirement: str

    @property
    def constraints(self) -> Path:
        """The file that pins it and everything below it, torch above all."""
        return HERE / f"{self.name}.constraints.txt"

    def python(self) -> Path:
        """Return its interpreter; the first call for a set of constraints makes the environment."""
        digest = hashlib.sha256(self.constraints.read_bytes()).hexdigest()[:12]
        folder = Places.from_environment().cache / "bench" / f"{self.name}-{digest}"
        python = folder / "bin" / "python"
        done = folder / "installed"  # written last: what was cut short is made again
        if not done.exists():
            self._make(folder, python)
            done.touch()
        return python

    def _make(self, folder: Path, python: Path) -> None:
        print(f"installing {self.requirement} in {folder}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        install = [python, "-m", "pip", "install", "-q", "-c", self.constraints, self.requirement]
        subprocess.run(install, check=True)


RECTOOLS = Peer(name="rectools", requirement="rectools[torch]")
REPLAY = Peer(name="replay", requirement="replay-rec[torch]")
