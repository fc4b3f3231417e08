"""The trials of a search, in a file that several processes and machines may share.

Everything of Optuna's is used here and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import optuna
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, Trial, TrialState

from fw.comparison.differences import differences
from fw.engine.folders.files import make_folder
from fw.errors import RunError
from fw.tune.plan import Search
from fw.tune.tables import TuneKeys

FILE = "trials.log"
_NAME, _SEARCH, _KEYS, _ERROR = "search", "search", "keys", "error"
_SHOWN = 5


@attrs.frozen(eq=False)
class Study:
    """The trials in the folder of a search."""

    study: optuna.Study
    keys: TuneKeys

    @classmethod
    def create(cls, folder: Path, search: Search) -> Study:
        """Open the trials of a folder, which may have none yet.

        Raises RunError if they are of another recipe, or of other ranges.
        """
        make_folder(folder)
        study = _open(folder, create=True)
        before = study.user_attrs.get(_SEARCH)
        if before is None:
            study.set_user_attr(_SEARCH, _as_json(search.plain))
        else:
            _require_same(folder, before, search)
        study.set_user_attr(_KEYS, attrs.asdict(search.keys))
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Study:
        """Open the trials of a search that has begun."""
        study = _open(folder, create=False)
        keys = TuneKeys(**study.user_attrs[_KEYS])
        study.pruner = _pruner(keys)
        return cls(study, keys)

    @property
    def trials(self) -> Sequence[FrozenTrial]:
        """All trials, in the order of their numbers."""
        return self.study.get_trials(deepcopy=False)

    @property
    def running(self) -> Sequence[FrozenTrial]:
        """Trials that are at work somewhere, or whose process was stopped."""
        return self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))

    @property
    def best(self) -> FrozenTrial | None:
        """The complete trial that validation likes best, None if there is none."""
        complete = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        return max(complete, key=lambda trial: trial.values[0], default=None)

    def ask(self) -> Trial:
        """Begin a new trial."""
        return self._seeded(self.study.ask())

    def trial(self, number: int) -> Trial:
        """Return a trial that has begun."""
        return self._seeded(Trial(self.study, self.trials[number]._trial_id))

    def complete(self, number: int, value: float) -> None:
        """Note what validation said of a trial that ran whole."""
        self.study.tell(number, value)

    def prune(self, number: int) -> None:
        """Note that a trial was ended early."""
        self.study.tell(number, state=TrialState.PRUNED)

    def fail(self, number: int, error: str) -> None:
        """Note why a trial has no result."""
        self.trial(number).set_user_attr(_ERROR, error)
        self.study.tell(number, state=TrialState.FAIL)

    def _seeded(self, trial: Trial) -> Trial:
        """Let a trial's values depend on the seed, its number and the trials before it alone."""
        self.study.sampler = _sampler(self.keys, trial.number)
        return trial


def error_of(trial: FrozenTrial) -> str:
    """Return why a trial failed."""
    return str(trial.user_attrs.get(_ERROR, "its process did not say why"))


def _open(folder: Path, *, create: bool) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path = str(folder / FILE)
    storage = JournalStorage(JournalFileBackend(path, JournalFileOpenLock(path)))
    if create:
        return optuna.create_study(
            study_name=_NAME, storage=storage, direction="maximize", load_if_exists=True
        )
    return optuna.load_study(study_name=_NAME, storage=storage)


def _sampler(keys: TuneKeys, number: int) -> BaseSampler:
    seed = int(np.random.SeedSequence((keys.seed, number)).generate_state(1)[0])
    if keys.sampler == "random":
        return RandomSampler(seed=seed)
    return TPESampler(seed=seed, n_startup_trials=keys.startup_trials)


def _pruner(keys: TuneKeys) -> BasePruner:
    if keys.pruner == "none":
        return NopPruner()
    return MedianPruner(n_startup_trials=keys.startup_trials, n_warmup_steps=keys.warmup_epochs)


def _as_json(plain: Any) -> Any:
    return json.loads(json.dumps(plain))


def _require_same(folder: Path, before: Any, search: Search) -> None:
    found = [str(one) for one in _changes(before, _as_json(search.plain))]
    if found:
        more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        lines = [
            f"the trials in {folder} are of another recipe, or of other ranges:",
            *found[:_SHOWN],
            *more,
            "remove them, or take another folder: --tunes FOLDER",
        ]
        raise RunError("\n    ".join(lines))


def _changes(before: Any, now: Any) -> Iterator[object]:
    yield from differences(before["recipe"], now["recipe"])
    yield from differences(before["parameters"], now["parameters"])
