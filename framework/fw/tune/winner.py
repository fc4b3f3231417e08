"""The best trial of a search: tested once, and its recipe put where it is found."""

from __future__ import annotations

import attrs

from fw.engine.folders.files import write_text
from fw.sweep.worker import SweepSetting, run_job
from fw.tune.plan import Search
from fw.tune.setting import TuneSetting
from fw.tune.study import Study


def score_best(search: Search, setting: TuneSetting, study: Study) -> str:
    """Score the test cases of the best trial, unless that has been done; returns why it failed.

    Its run goes on where it ended, with the test; ``best.toml`` is its recipe.
    """
    best = study.best
    if best is None:
        return ""
    job = search.job(study.trial(best.number))
    write_text(setting.folder / "best.toml", job.recipe)
    plain = SweepSetting(**attrs.asdict(setting, recurse=False))
    return run_job(plain, job.name, setting.device)
