"""A final fit: a run's recipe once more, on training and validation items."""

from __future__ import annotations

from pathlib import Path

from fw.engine.folders.folder import RunFolder
from fw.engine.reporting import Reporter
from fw.engine.restore import read_result
from fw.engine.run import Result, run_in
from fw.errors import RunError


def refit(
    path: Path | str,
    *,
    device: str = "auto",
    data: Path | str | None = None,
    reporter: Reporter | None = None,
) -> Result:
    """Train a finished run's recipe on training and validation items, for its best epoch's epochs.

    The new run's folder stands beside the old one, with ``-final`` behind its name. It is gone on
    with where it was stopped, and left alone where it is finished. Raises RunError if the run is
    not finished, if validation chose no epoch in it, or if it is a final fit itself.
    """
    before = RunFolder.open(Path(path))
    epochs = _chosen_epochs(before)
    return run_in(
        Path(f"{before.path.absolute()}-final"),
        before.path / "recipe.toml",
        overrides=[f"training.final_fit={epochs}"],
        plugins=before.read_json("environment.json")["plugin_modules"],
        device=device,
        data=data,
        reporter=reporter,
    )


def _chosen_epochs(folder: RunFolder) -> int:
    result = read_result(folder)
    if "final_fit" in result:
        raise RunError(f"the run is a final fit itself: {folder.path.absolute()}")
    if not result["epochs"]:
        raise RunError(f"nothing is trained in the run: {folder.path.absolute()}")
    if not result["best_epoch"]:
        raise RunError(
            f"validation chose no epoch: {result['monitor']} was never a number in "
            f"{folder.path.absolute()}"
        )
    return int(result["best_epoch"])
