"""A whole run: recipe, data, training, selection, one test, and the folder that holds it all."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import attrs
import torch

from fw.config.overrides import Override
from fw.config.reading import read_recipe
from fw.config.recipe import Recipe
from fw.data.places import Places
from fw.discovery import discover_or_explain
from fw.engine import generators, results
from fw.engine.average import Average
from fw.engine.blame import blamed_by_traceback
from fw.engine.build import make
from fw.engine.data import RunData, load_data
from fw.engine.device import choose_device
from fw.engine.environment import describe_environment
from fw.engine.execution import choose_execution, matrix_products
from fw.engine.finish import finish
from fw.engine.folder import RunFolder
from fw.engine.loop import train
from fw.engine.machine import Usage, describe_load
from fw.engine.memory import memory_explained
from fw.engine.notebook import as_html
from fw.engine.ownership import PATIENCE
from fw.engine.pace import Pace
from fw.engine.prepared import Prepared, prepare
from fw.engine.reporting import Reporter
from fw.engine.restore import read_kept_recipe
from fw.engine.session import Session
from fw.engine.spoilt import culprit_named
from fw.engine.stopwatch import Stopwatch
from fw.engine.tracking import Tracking
from fw.engine.warm_start import start_from
from fw.interfaces import Info
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
    reporter = reporter or Reporter()
    read = read_recipe(recipe, discover_or_explain(plugins, reporter.warn), overrides)
    chosen = choose_device(device)
    name = read.path.stem if read.path else "run"
    folder = RunFolder.create(Path(runs), name)
    environment = describe_environment(read, chosen, plugins)
    with listening() as stop, folder.owned():
        return _execute(read, folder, chosen, environment, data, reporter, stop)


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
    opened = RunFolder.open(Path(folder))
    if _is_finished(opened):
        return _result(opened)
    reporter = reporter or Reporter()
    with listening() as stop, opened.owned():
        return _go_on(opened, device, data, reporter, stop)


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
            return _go_on(made, device, data, reporter, stop, side_by_side, test)
        read = read_recipe(recipe, discover_or_explain(plugins, reporter.warn), overrides)
        chosen = choose_device(device)
        environment = _noting(describe_environment(read, chosen, plugins), side_by_side)
        return _execute(read, made, chosen, environment, data, reporter, stop, test)


def _go_on(
    folder: RunFolder,
    device: str,
    data: Path | str | None,
    reporter: Reporter,
    stop: Stop,
    side_by_side: bool = False,
    test: bool = True,
) -> Result:
    """Go on with a run whose folder is held; it may have been finished before that."""
    if _is_finished(folder, test):
        return _result(folder)
    read, _, environment = read_kept_recipe(folder, reporter.warn)
    noted = _noting(environment, side_by_side)
    return _execute(read, folder, choose_device(device), noted, data, reporter, stop, test)


def _is_finished(folder: RunFolder, test: bool = True) -> bool:
    """Whether it has a result, of test too if that is wanted."""
    written = (folder.path / "result.json").exists()
    return written and (not test or folder.read_json("result.json")["test_looks"] > 0)


def _result(folder: RunFolder) -> Result:
    return Result(folder=folder.path, content=folder.read_json("result.json"))


def _noting(environment: dict[str, Any], side_by_side: bool) -> dict[str, Any]:
    before = environment.get("side_by_side", False)
    return {**environment, "side_by_side": before or side_by_side}


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
) -> Result:
    watch = Stopwatch()
    with _kept_if_trained(folder, reporter), memory_explained(recipe):
        with watch.during("preparing"):
            places = Places.from_environment(Path(data) if data else None)
            loaded = load_data(recipe, places, reporter.warn)
            folder = attrs.evolve(folder, data=loaded.name)
            _write_down(recipe, folder, loaded, environment)
            reporter.say(f"{loaded.summary}\ndevice {device}, run folder {folder.path}")
            parts = prepare(recipe, loaded, device, reporter.warn)
            if recipe.training.init_from and not folder.is_trained():
                start_from(recipe.training.init_from, parts.step, loaded, reporter.warn)
            session = _session(recipe, parts, folder, reporter, stop, watch)
        before = Usage.now()
        with closing(session.tracking), blamed_by_traceback(recipe, "in a run"):
            with (
                closing(parts.loader),
                _arithmetic(recipe, device),
                culprit_named(session, recipe, parts.info),
            ):
                state = train(session)
            load = describe_load(before, Usage.now())
            content = finish(session, parts.exam.of(test), loaded, state, load)
            return Result(folder=folder.path, content=content)


@contextmanager
def _arithmetic(recipe: Recipe, device: torch.device) -> Iterator[None]:
    """Give training what is torch's own and global, and put it back afterwards.

    Numbers too small for a normal float are taken as zero, since arithmetic on them is very slow.
    The generators, which fw's parts do not use, begin at the seed.
    """
    torch.set_flush_denormal(True)
    try:
        with generators.apart(device), matrix_products(recipe.training.precision, device):
            torch.manual_seed(recipe.seed)
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


def _session(
    recipe: Recipe,
    parts: Prepared,
    folder: RunFolder,
    reporter: Reporter,
    stop: Stop,
    watch: Stopwatch,
) -> Session:
    step, exam, training = parts.step, parts.exam, recipe.training
    weights = [p for p in step.parameters() if p.requires_grad]
    optimizer = _optimizer(recipe, parts.info, weights)
    average = Average(weights, training.ema_decay) if training.ema_decay else None
    return Session(
        step=step,
        loader=parts.loader,
        training_rows=parts.info.training,
        optimizer=optimizer,
        execute=choose_execution(
            step,
            optimizer,
            training.execution,
            training.precision,
            reporter.warn,
            clip_norm=training.clip_norm,
            average=average,
        ),
        pace=Pace.of(recipe, parts.info, optimizer),
        average=average,
        training=training,
        validate=lambda: results.full_names("valid", exam.score_model(step, "valid")),
        folder=folder,
        reporter=reporter,
        tracking=Tracking.of(recipe, parts.info, step.device, reporter.warn),
        stop=stop,
        watch=watch,
    )


def _optimizer(
    recipe: Recipe, info: Info, weights: Sequence[torch.nn.Parameter]
) -> torch.optim.Optimizer:
    """Make the recipe's optimizer; where nothing is trained, one of nothing stands for it."""
    if recipe.training.epochs == 0:
        return torch.optim.SGD([torch.zeros(0)])
    made: torch.optim.Optimizer = make(recipe.one("optimizer"), info, recipe.seed)(weights)
    return made
