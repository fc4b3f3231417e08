"""What a training step spends on making its batch: rows, negatives and views, against all of it.

Six batches of MovieLens-1M, BCE with crop and mean; the parts are timed alone, on the same rows.
"""

from itertools import islice

import numpy as np
from tests.bench.movielens import prepared
from tests.bench.report import Tables, ratios, spread
from tests.bench.timing import timed

from fw.engine.build import make
from fw.engine.steps.batches import epoch_plans

ROUNDS = 7
BATCHES = 6
CROP_AND_MEAN = (
    'augmenters=[{name="crop", ratio=0.2}]',
    'pooling={name="mean"}',
    'losses=[{name="bce"}, {name="nt_xent", similarity="cosine", temperature=0.2, weight=0.1}]',
)


def measure(options) -> Tables:
    """Time the whole step and its parts."""
    recipe, _, parts = prepared(*CROP_AND_MEAN)
    step = parts.step
    optimizer = make(recipe.one("optimizer"), parts.info, recipe.seed)(list(step.parameters()))
    timing = candidates(step, optimizer, parts.info.training, recipe.max_len)
    times = timed(timing, rounds=options.rounds or ROUNDS)
    title = f"{BATCHES} steps of 128 users, BCE and crop + mean"
    return {title: [_row(name, seconds, times["whole step"]) for name, seconds in times.items()]}


def candidates(step, optimizer, training_rows, max_len):
    """Return what is timed, by name."""
    lengths = np.minimum(training_rows.host_lengths, max_len + 1)
    rows = np.flatnonzero(lengths >= 2)

    def plan():
        found = epoch_plans(rows, lengths, batch_size=128, seed=1, epoch=1)
        return list(islice(found, BATCHES))

    plans = plan()

    def batch(one):
        return step.batch(training_rows.history(one), 1)

    batches = [batch(one) for one in plans]
    contrastive = next(term for term in step.terms if term.contrastive)

    def whole():
        for one in plans:
            loss, _ = step(training_rows.history(one), one.groups, 1)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()

    return {
        "whole step": whole,
        "order and groups": plan,
        "rows to a batch": lambda: [batch(one) for one in plans],
        "negatives": lambda: [step.sampler(batch, rng.child("s")) for batch, rng in batches],
        "views": lambda: [step.views(contrastive, batch, rng) for batch, rng in batches],
    }


def _row(name, seconds, whole):
    share = ratios(seconds, whole)["times (median)"]
    return {"part": name, **spread(seconds), "share of step": share}
