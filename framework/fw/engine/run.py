"""A whole run: recipe, data, training, selection, one test, and the folder that holds it all."""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import attrs
import torch
from rich.console import Console

from fw.config.overrides import Override
from fw.config.reading import read_recipe
from fw.config.recipe import Recipe
from fw.config.writing import recipe_text
from fw.data.places import Places
from fw.discovery import discover_or_explain
from fw.engine.assembly import assemble
from fw.engine.data import RunData, load_data
from fw.engine.environment import describe_environment
from fw.engine.faults.blame import blamed_by_traceback
from fw.engine.finish import finish
from fw.engine.folders.folder import RunFolder
from fw.engine.folders.ownership import PATIENCE
from fw.engine.loop import train
from fw.engine.machine import Usage, describe_load
from fw.engine.notebook import as_html
from fw.engine.prepared import prepare
from fw.engine.reporting import Reporter
from fw.engine.restore import read_kept_recipe
from fw.engine.spoilt import culprit_named
from fw.engine.steps import generators
from fw.engine.steps.device import choose_device
from fw.engine.steps.execution import matrix_products
from fw.engine.steps.memory import memory_explained
from fw.engine.stopwatch import Stopwatch
from fw.engine.warm_start import start_from
from fw.processes.folders import make_folder, open_folder
from fw.processes.joining import joined
from fw.processes.peers import ALONE, Peers
from fw.stopping import Stop, listening
from fw.workers import refuse_in_starting_worker


@attrs.frozen(kw_only=True)
class Result:
    """What a run came to, as ``result.json`` has it."""

    folder: Path
    content: Mapping[str, Any] = attrs.field(repr=False)

    @property
    def metrics(self) -> dict[str, float | None]:
        """Values by full name, such as ``"test/full-seen-out/ndcg@10"``."""
        return {name: entry["value"] for name, entry in self.content["metrics"].items()}

    def _repr_html_(self) -> str:
        """Show the run in a notebook."""
        return as_html(RunFolder(self.folder))


def run(
    recipe: str | Path,
    *,
    overrides: Sequence[Override] = (),
    plugins: Sequence[str] = (),
    device: str = "auto",
    data: Path | str | None = None,
    runs: Path | str = "runs",
    reporter: Reporter | None = None,
) -> Result:
    """Train, select and test what ``recipe`` (a file, or the name of a shipped one) describes.

    ``overrides`` are as after ``--set``, ``plugins`` as after ``-p``. Raises a FrameworkError for
    whatever the user or a plugin did wrong; no run folder is left if that was before the training.
    """
    refuse_in_starting_worker()
    with listening() as stop, joined(device, stop) as (peers, chosen):
        reporter = _speaking(peers, reporter)
        read = read_recipe(recipe, discover_or_explain(plugins, reporter.warn), overrides)
        peers.require_same("a recipe", recipe_text(read))
        folder = make_folder(peers, Path(runs), read.path.stem if read.path else "run")
        environment = {**describe_environment(read, chosen, plugins), **peers.describe()}
        with folder.owned():
            if peers.from_first(folder.is_begun):  # several processes, that are started again
                return _go_on(folder, chosen, data, reporter, stop, peers=peers)
            return _execute(read, folder, chosen, environment, data, reporter, stop, peers=peers)


def resume(
    folder: Path | str,
    *,
    device: str = "auto",
    data: Path | str | None = None,
    reporter: Reporter | None = None,
) -> Result:
    """Go on with a run from its last checkpoint, as if it had never stopped.

    A finished run is left alone, and its result returned.
    """
    refuse_in_starting_worker()
    with listening() as stop, joined(device, stop) as (peers, chosen):
        opened = open_folder(peers, Path(folder))
        if peers.from_first(lambda: _is_finished(opened)):
            return _result(opened)
        with opened.owned():
            reporter = _speaking(peers, reporter)
            return _go_on(opened, chosen, data, reporter, stop, peers=peers)


def run_in(
    folder: Path,
    recipe: str | Path,
    *,
    overrides: Sequence[Override] = (),
    plugins: Sequence[str] = (),
    device: str = "auto",
    data: Path | str | None = None,
    reporter: Reporter | None = None,
    side_by_side: bool = False,
    patience: float = PATIENCE,
    test: bool = True,
) -> Result:
    """Run in just this folder; go on if a run of it was stopped, and do nothing if it is done.

    ``side_by_side`` notes in ``environment.json`` that other runs share the machine's cores, so
    that its times are not comparable. If a living run has the folder, ``patience`` seconds are
    waited for it. Without ``test`` its test cases are not looked at; a later call with it does.
    """
    reporter = reporter or Reporter()
    made = RunFolder(folder) if RunFolder(folder).is_begun() else RunFolder.claim(folder)
    with listening() as stop, made.owned(patience):
        if made.is_begun():
            chosen = choose_device(device)
            return _go_on(made, chosen, data, reporter, stop, side_by_side, test)
        read = read_recipe(recipe, discover_or_explain(plugins, reporter.warn), overrides)
        chosen = choose_device(device)
        environment = _noting(describe_environment(read, chosen, plugins), side_by_side)
        return _execute(read, made, chosen, environment, data, reporter, stop, test)


def _go_on(
    folder: RunFolder,
    device: torch.device,
    data: Path | str | None,
    reporter: Reporter,
    stop: Stop,
    side_by_side: bool = False,
    test: bool = True,
    peers: Peers = ALONE,
) -> Result:
    """Go on with a run whose folder is held; it may have been finished before that."""
    if peers.from_first(lambda: _is_finished(folder, test)):
        return _result(folder)
    read, _, environment = read_kept_recipe(folder, reporter.warn)
    peers.require_same("a recipe", recipe_text(read))
    noted = {**_noting(environment, side_by_side), **peers.describe()}
    return _execute(read, folder, device, noted, data, reporter, stop, test, peers)


def _is_finished(folder: RunFolder, test: bool = True) -> bool:
    """Whether it has a result, of test too if that is wanted."""
    written = (folder.path / "result.json").exists()
    return written and (not test or folder.read_json("result.json")["test_looks"] > 0)


def _result(folder: RunFolder) -> Result:
    return Result(folder=folder.path, content=folder.read_json("result.json"))


def _noting(environment: dict[str, Any], side_by_side: bool) -> dict[str, Any]:
    before = environment.get("side_by_side", False)
    return {**environment, "side_by_side": before or side_by_side}


def _speaking(peers: Peers, reporter: Reporter | None) -> Reporter:
    """Return who tells of the run: one process's reporter, where there are several."""
    return (reporter or Reporter()) if peers.first else Reporter(Console(file=io.StringIO()))


@contextmanager
def _kept_if_trained(folder: RunFolder, reporter: Reporter) -> Iterator[None]:
    """Leave no folder of a run that came to nothing; say how an interrupted one goes on."""
    try:
        yield
    except BaseException as error:
        if not folder.is_trained():
            folder.discard()
        elif isinstance(error, KeyboardInterrupt):
            command = f"fw run --resume {shlex.quote(str(folder.path))}"
            reporter.say(f"stopped; it goes on with: {command}")
        raise


def _execute(
    recipe: Recipe,
    folder: RunFolder,
    device: torch.device,
    environment: Mapping[str, Any],
    data: Path | str | None,
    reporter: Reporter,
    stop: Stop,
    test: bool = True,
    peers: Peers = ALONE,
) -> Result:
    watch = Stopwatch()
    for note in recipe.notes:
        reporter.warn(note)
    with _kept_if_trained(folder, reporter), memory_explained(recipe):
        with watch.during("preparing"):
            places = Places.from_environment(Path(data) if data else None)
            with peers.in_turn():
                loaded = load_data(recipe, places, reporter.warn)
            folder = attrs.evolve(folder, data=loaded.name)
            if peers.first:
                _write_down(recipe, folder, loaded, environment)
            peers.require_same("data", json.dumps(loaded.description["fingerprints"], indent=0))
            reporter.say(f"{loaded.summary}\ndevice {device}, run folder {folder.path}")
            parts = prepare(recipe, loaded, device, reporter.warn)
            if recipe.training.init_from and peers.first and not folder.is_trained():
                start_from(recipe.training.init_from, parts.step, loaded, reporter.warn)
            peers.alike(parts.step)
            parts = attrs.evolve(parts, exam=attrs.evolve(parts.exam, peers=peers))
            session = assemble(recipe, parts, folder, reporter, stop, watch, peers)
        before = Usage.now()
        with closing(session.tracking), blamed_by_traceback(recipe, "in a run"):
            with (
                closing(parts.loader),
                _arithmetic(recipe.seed + peers.rank, recipe, device),
                culprit_named(session, recipe, parts.info),
            ):
                state = train(session)
            load = describe_load(before, before.until_now(peers.on_machine))
            content = finish(session, parts.exam.of(test), loaded, state, load)
            return Result(folder=folder.path, content=content)


@contextmanager
def _arithmetic(seed: int, recipe: Recipe, device: torch.device) -> Iterator[None]:
    """Give training what is torch's own and global, and put it back afterwards.

    Numbers too small for a normal float are taken as zero, since arithmetic on them is very slow.
    The generators, which fw's parts do not use, begin at ``seed``.
    """
    torch.set_flush_denormal(True)
    try:
        with generators.apart(device), matrix_products(recipe.training.precision, device):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_flush_denormal(False)


def _write_down(
    recipe: Recipe, folder: RunFolder, loaded: RunData, environment: Mapping[str, Any]
) -> None:
    """Write what is known before training; refuse to go on with other data than a run began with.

    The recipe comes last: what has one can be resumed.
    """
    if folder.is_begun():
        loaded.require(folder.read_json("data.json")["fingerprints"], folder.path)
    folder.write_json("data.json", loaded.description)
    folder.write_json("environment.json", environment)
    folder.write_recipe(recipe)
