"""A run folder: what a run leaves behind, and who may write to it."""

from __future__ import annotations

import json
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
import filelock
import pandas as pd
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

import fw
from fw.config.recipe import Recipe
from fw.config.writing import recipe_text
from fw.engine.files import write_atomically, write_text
from fw.errors import RunError

STATE = Path("state") / "checkpoint.pt"
BEFORE_TRAINING = {"state", "owner.lock", "owner.json", "recipe.toml", "data.json"}


@attrs.frozen
class RunFolder:
    """The files of one run, below ``path``.

    ``data`` names the data set that was really used; it is written into every file.
    """

    path: Path
    data: str = ""

    @classmethod
    def create(cls, runs: Path, name: str) -> RunFolder:
        """Make a new folder for a run, named after the recipe and the time.

        Raises RunError, before anything is trained, where it cannot be made or written to.
        """
        stamp = f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
        for number in range(1, 1000):
            folder = cls(runs / (stamp if number == 1 else f"{stamp}-{number}"))
            if folder._make():
                return folder
        raise RunError(f"cannot find a free name for the run in {runs}")

    @classmethod
    def claim(cls, path: Path) -> RunFolder:
        """Make just this folder, or take over that of a run which was killed before it trained.

        Raises RunError if there is anything else.
        """
        folder = cls(path)
        if not folder._make() and not folder._never_trained():
            raise RunError(f"there is already something at {path.absolute()}")
        (path / "state").mkdir(exist_ok=True)
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Return the folder of a run that exists; raises RunError if there is none."""
        if not (path / "recipe.toml").is_file():
            raise RunError(f"not a run folder (it has no recipe.toml): {path.absolute()}")
        return cls(path)

    def _make(self) -> bool:
        try:
            self.path.mkdir(parents=True)
            (self.path / "state").mkdir()
        except FileExistsError:
            if self.path.exists():
                return False
            raise RunError(f"cannot make a run folder below {self.path.parent}") from None
        except OSError as error:
            raise RunError(
                f"cannot make the run folder {self.path.absolute()}: {error.strerror}"
            ) from error
        return True

    def _never_trained(self) -> bool:
        """Whether there is nothing but what a run writes before it trains."""
        if not self.path.is_dir() or any((self.path / "state").glob("*")):
            return False
        found = (path.name for path in self.path.iterdir())
        return {name for name in found if not name.startswith(".")} <= BEFORE_TRAINING

    @contextmanager
    def owned(self) -> Iterator[None]:
        """Hold the folder against other runs; a lock whose owner died does not hold it.

        Raises RunError, naming the owner, if a living run has it.
        """
        owner = self.path / "owner.json"
        lock = filelock.FileLock(self.path / "owner.lock", timeout=0)
        try:
            lock.acquire()
        except filelock.Timeout:
            who = owner.read_text() if owner.exists() else "an unknown process"
            raise RunError(f"{self.path} is in use by another run: {who}") from None
        try:
            self.write_json("owner.json", {"pid": os.getpid(), "host": platform.node()})
            yield
        finally:
            owner.unlink(missing_ok=True)
            lock.release()

    def is_owned(self) -> bool:
        """Whether a living run has the folder."""
        lock = filelock.FileLock(self.path / "owner.lock", timeout=0)
        try:
            with lock:
                return False
        except filelock.Timeout:
            return True

    def discard(self) -> None:
        """Remove the folder of a run that came to nothing."""
        shutil.rmtree(self.path, ignore_errors=True)

    def write_recipe(self, recipe: Recipe) -> None:
        """Keep the recipe with every default filled in, so that it can be run again."""
        header = f"# fw {fw.__version__}; data used: {self.data}\n"
        write_text(self.path / "recipe.toml", header + recipe_text(recipe))

    def write_ranks(self, frame: pd.DataFrame, name: str = "ranks.parquet") -> None:
        """Keep the counts and metrics of every case."""
        frame.attrs["data"] = self.data  # pandas stores it in the file's metadata
        write_atomically(self.path / name, frame.to_parquet)

    def write_json(self, name: str, content: Mapping[str, Any]) -> None:
        """Write ``content`` as JSON, atomically."""
        marked = {"data": self.data, **content}
        write_text(self.path / name, json.dumps(marked, indent=2, allow_nan=False) + "\n")

    def read_json(self, name: str) -> Any:
        """Read a JSON file of the run; raises RunError if it is missing or damaged."""
        try:
            return json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(f"cannot read {self.path / name}: {error}") from error

    def lines(self) -> list[dict[str, Any]]:
        """Return the epochs written to ``metrics.jsonl``, without a last line cut short."""
        path = self.path / "metrics.jsonl"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def append_line(self, line: Mapping[str, Any]) -> None:
        """Add an epoch to ``metrics.jsonl``."""
        try:
            with (self.path / "metrics.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps({**line, "data": self.data}, allow_nan=False) + "\n")
        except OSError as error:
            raise RunError(
                f"cannot write {self.path / 'metrics.jsonl'}: {error.strerror}"
            ) from error

    def forget_after(self, epoch: int) -> None:
        """Drop the lines of epochs after ``epoch``: they will be trained again."""
        kept = [json.dumps(line) + "\n" for line in self.lines() if line["epoch"] <= epoch]
        write_text(self.path / "metrics.jsonl", "".join(kept))

    def save_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Keep the best weights so far as ``best.safetensors``."""
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
        write_atomically(
            self.path / "best.safetensors",
            lambda path: save_file(tensors, path, {"data": self.data}),
        )

    def load_weights(self) -> dict[str, Tensor]:
        """Load the best weights onto the CPU; raises RunError if they are missing or damaged."""
        path = self.path / "best.safetensors"
        try:
            return load_file(path)
        except (OSError, SafetensorError) as error:
            raise RunError(f"cannot load the weights {path}: {error}") from error

    def has_state(self) -> bool:
        """Whether there is a checkpoint from which the run can go on."""
        return (self.path / STATE).exists()

    def save_state(self, state: Mapping[str, Any]) -> None:
        """Keep what a resumed run needs, replacing the state before."""
        marked = {"data": self.data, **state}
        write_atomically(self.path / STATE, lambda path: torch.save(marked, path))

    def load_state(self) -> dict[str, Any] | None:
        """Load the state of the last checkpoint onto the CPU, None before the first.

        Raises RunError if it is damaged. Nothing but tensors and plain values is ever unpickled.
        """
        path = self.path / STATE
        if not path.exists():
            return None
        try:
            return dict(torch.load(path, map_location="cpu", weights_only=True))
        except Exception as error:  # torch names no common type for a file that is not its own
            raise RunError(f"cannot load the checkpoint {path}: {error}") from error
