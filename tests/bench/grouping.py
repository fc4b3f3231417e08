"""An epoch's first batches: rows in groups of similar length, against all padded to the longest."""

from itertools import islice

import numpy as np
from tests.bench.movielens import prepared
from tests.bench.timing import take_turns

from fw.engine.build import make
from fw.engine.epoch import Progress, train_epoch
from fw.engine.steps.batches import epoch_plans
from fw.engine.steps.execution import PlainStep


def measure():
    """Yield what was timed and its seconds, for six batches of 128 users."""
    recipe, _, parts = prepared()
    step = parts.step
    optimizer = make(recipe.one("optimizer"), parts.info, 1)(list(step.parameters()))
    lengths = np.minimum(parts.info.training.host_lengths, recipe.max_len + 1)

    def plans(grouped):
        rows = np.flatnonzero(lengths >= 2)
        found = epoch_plans(rows, lengths, batch_size=128, seed=1, epoch=1, grouped=grouped)
        return list(islice(found, 6))

    def train(chosen):
        progress = Progress.begin(step, len(chosen), 1)
        train_epoch(step, PlainStep(step, optimizer), parts.loader, chosen, progress)

    candidates = {"in groups": plans(True), "padded to the longest": plans(False)}
    yield from take_turns(
        {name: lambda chosen=chosen: train(chosen) for name, chosen in candidates.items()},
        rounds=3,
    )
