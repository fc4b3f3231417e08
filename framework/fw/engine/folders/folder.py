"""A run folder: what a run leaves behind, and who may write to it."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

import fw
from fw.config.recipe import Recipe
from fw.config.writing import recipe_text
from fw.engine.folders.files import append_text, make_folder, write_bytes, write_text
from fw.engine.folders.ownership import LOCK, OWNER, PATIENCE, is_owned, owned
from fw.errors import RunError

RECIPE, WEIGHTS, STATE = "recipe.toml", "best.safetensors", Path("state") / "checkpoint.pt"
RANKS = "ranks.parquet"  # a row a case
BEFORE_RECIPE = {"state", LOCK, OWNER, "environment.json", "data.json"}


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
        """Make just this folder, or take over that of a run which was killed before it began.

        Raises RunError if there is anything else.
        """
        folder = cls(path)
        if not folder._make() and not folder._never_begun():
            raise RunError(f"there is already something at {path.absolute()}")
        return folder

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Return the folder of a run that exists; raises RunError if there is none."""
        if not (path / RECIPE).is_file():
            raise RunError(f"not a run folder (it has no recipe.toml): {path.absolute()}")
        return cls(path)

    def _make(self) -> bool:
        try:
            self.path.mkdir(parents=True)
        except FileExistsError:
            if self.path.exists():
                return False
            raise RunError(f"cannot make a run folder below {self.path.parent}") from None
        except OSError as error:
            raise RunError(
                f"cannot make the run folder {self.path.absolute()}: {error.strerror}"
            ) from error
        return True

    def _never_begun(self) -> bool:
        """Whether there is nothing but what a run writes before its recipe."""
        if not self.path.is_dir() or any((self.path / "state").glob("*")):
            return False
        found = (path.name for path in self.path.iterdir())
        return {name for name in found if not name.startswith(".")} <= BEFORE_RECIPE

    def owned(self, patience: float = PATIENCE) -> AbstractContextManager[None]:
        """Hold the folder against other runs: see :func:`fw.engine.folders.ownership.owned`."""
        return owned(self.path, patience)

    def is_owned(self) -> bool:
        """Whether a living run has the folder."""
        return is_owned(self.path)

    def discard(self) -> None:
        """Remove the folder of a run that came to nothing."""
        shutil.rmtree(self.path, ignore_errors=True)

    def write_recipe(self, recipe: Recipe) -> None:
        """Keep the recipe with every default filled in, so that it can be run again.

        It is the last that is written before training: with it the folder is that of a run.
        """
        header = f"# fw {fw.__version__}; data used: {self.data}\n"
        write_text(self.path / RECIPE, header + recipe_text(recipe))

    def write_ranks(self, frame: pd.DataFrame, name: str = RANKS) -> None:
        """Keep the counts and metrics of every case."""
        frame.attrs["data"] = self.data  # pandas stores it in the file's metadata
        write_bytes(self.path / name, frame.to_parquet())

    def write_table(self, name: str, table: pa.Table) -> None:
        """Write a table as parquet, atomically."""
        marked = {**(table.schema.metadata or {}), "data": self.data}
        content = pa.BufferOutputStream()
        pa.parquet.write_table(table.replace_schema_metadata(marked), content, compression="zstd")
        write_bytes(self.path / name, content.getvalue().to_pybytes())

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
        text = json.dumps({**line, "data": self.data}, allow_nan=False) + "\n"
        append_text(self.path / "metrics.jsonl", text)

    def forget_after(self, epoch: int) -> None:
        """Drop the lines of epochs after ``epoch``: they will be trained again."""
        kept = [json.dumps(line) + "\n" for line in self.lines() if line["epoch"] <= epoch]
        write_text(self.path / "metrics.jsonl", "".join(kept))

    def save_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Keep the best weights so far as ``best.safetensors``."""
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
        # Made in memory: safetensors and torch report a full disk each in a way of its own.
        write_bytes(self.path / WEIGHTS, save(tensors, {"data": self.data}))

    def load_weights(self) -> dict[str, Tensor]:
        """Load the best weights onto the CPU; raises RunError if they are missing or damaged."""
        path = self.path / WEIGHTS
        try:
            return load_file(path)
        except (OSError, SafetensorError) as error:
            raise RunError(f"cannot load the weights {path}: {error}") from error

    def is_begun(self) -> bool:
        """Whether all is written that is written before training."""
        return (self.path / RECIPE).exists()

    def is_trained(self) -> bool:
        """Whether there is anything that took training."""
        return any((self.path / name).exists() for name in (STATE, WEIGHTS))

    def save_state(self, state: Mapping[str, Any]) -> None:
        """Keep what a resumed run needs, replacing the state before."""
        content = io.BytesIO()
        torch.save({"data": self.data, **state}, content)
        make_folder((self.path / STATE).parent)
        write_bytes(self.path / STATE, content.getbuffer())

    def load_state(self) -> dict[str, Any] | None:
        """Load the state of the last checkpoint onto the CPU, None before the first.

        Raises RunError if it is damaged. Nothing but tensors and plain values is ever unpickled.
        """
        path = self.path / STATE
        if not path.exists():
            return None
        try:
            content = io.BytesIO(path.read_bytes())
        except OSError as error:
            raise RunError(f"cannot read the checkpoint {path}: {error.strerror}") from error
        try:
            return dict(torch.load(content, map_location="cpu", weights_only=True))
        except Exception as error:  # torch names no common type for a file that is not its own
            raise RunError(
                f"cannot load the checkpoint {path}: it is cut short, damaged, or not a checkpoint "
                "of fw\n    without it the run begins again: remove it, then resume"
            ) from error
