"""fw against a plain torch program: how good both are after as many epochs, seed by seed.

MovieLens-100K. Both start from the same weights and train in the same batches; dropout and
negatives are drawn differently.
"""

import tempfile
from collections.abc import Callable
from statistics import mean, stdev

import torch
from tests.bench.movielens import data_folder, prepared
from tests.bench.plain_model import PlainScorer
from tests.bench.plain_training import start
from tests.bench.report import Tables

import fw
from fw.engine.evaluating.evaluation import evaluate
from fw.engine.evaluating.results import full_names
from fw.engine.exam import EVALUATION_SEED
from fw.engine.reporting import Reporter

RECIPE = "published/sasrec_official"
SEEDS = 5
EPOCHS = 60
METRICS = ("test/clean-sampled100/ndcg@10", "test/full-seen-out/ndcg@10")


def measure(options) -> Tables:
    """Train both with every seed, and compare them in pairs."""
    seeds = range(1, (options.rounds or SEEDS) + 1)
    epochs = options.epochs or EPOCHS
    scores = {name: [trainer(seed, epochs) for seed in seeds] for name, trainer in PROGRAMS.items()}
    return {
        f"Test after {epochs} epochs, MovieLens-100K, {len(seeds)} seeds": [
            _row(metric, {name: [one[metric] for one in each] for name, each in scores.items()})
            for metric in METRICS
        ]
    }


def train_fw(seed: int, epochs: int) -> dict[str, float]:
    """Return the test metrics of a run of fw after its last epoch."""
    with tempfile.TemporaryDirectory() as runs:
        result = fw.run(
            RECIPE,
            overrides=_overrides(seed, epochs),
            device="cpu",
            data=data_folder(),
            runs=runs,
            reporter=_Quiet(),
        )
    return result.metrics


def train_plain(seed: int, epochs: int) -> dict[str, float]:
    """Return the same metrics of the plain program."""
    recipe, data, parts = prepared(*_overrides(seed, epochs))
    torch.manual_seed(seed)
    training = start(recipe, data, parts.step)
    for epoch in range(1, epochs + 1):
        training.epoch(epoch, recipe.training.batch_size)
    exam, scorer = parts.exam, PlainScorer(training.model)
    cases = exam.cases["test"]
    found = evaluate(scorer, cases, exam.evaluators, max_len=recipe.max_len, seed=EVALUATION_SEED)
    return full_names("test", found)


PROGRAMS: dict[str, Callable] = {"fw": train_fw, "plain": train_plain}


def _overrides(seed: int, epochs: int) -> tuple[str, ...]:
    return (
        'dataset.variant="100k"',
        f"seed={seed}",
        f"training.epochs={epochs}",
        f"training.evaluate_every={epochs}",
    )


def _row(metric: str, values: dict[str, list[float]]) -> dict:
    differences = [own - plain for own, plain in zip(values["fw"], values["plain"], strict=True)]
    spread = stdev(differences) if len(differences) > 1 else float("nan")
    return {
        "metric": metric,
        "fw": mean(values["fw"]),
        "plain": mean(values["plain"]),
        "difference": mean(differences),
        "standard error": spread / len(differences) ** 0.5,
        "every fw": values["fw"],
        "every plain": values["plain"],
    }


class _Quiet(Reporter):
    def say(self, message):
        """Say nothing of a single run."""

    def result(self, rows, content, folder):
        """Show no tables of a single run."""
