"""What it costs to make batches: every loader, and torch's DataLoader called row by row.

The loaders give the same batches, without negatives, which the step draws on the device. Row by row
is how most published code has it: one Python call for each user, who gets a negative for every
position there and then, drawn until it is none of the user's items.
"""

import statistics
from contextlib import ExitStack, closing

import numpy as np
from tests.bench.movielens import loaded
from tests.bench.report import Tables, spread
from tests.bench.timing import timed
from torch.utils.data import DataLoader, Dataset

from fw.engine.build import build_step, make
from fw.engine.epoch import Progress, train_epoch
from fw.engine.steps.batches import epoch_plans
from fw.engine.steps.execution import PlainStep
from fw_plugins.loaders.dataloader import TorchDataLoader
from fw_plugins.loaders.resident import Resident
from fw_plugins.loaders.warp import Warp

ROUNDS = 5
BATCH = 128
LOADERS = {
    "resident": Resident(),
    "warp, 2 workers": Warp(num_workers=2),
    "dataloader, 0 workers": TorchDataLoader(num_workers=0),
    "dataloader, 2 workers": TorchDataLoader(num_workers=2),
}


def measure(options) -> Tables:
    """Time an epoch's batches alone, then epochs of training and how long they wait for batches."""
    recipe, data = loaded()
    info, rounds = data.info(recipe, print), options.rounds or ROUNDS
    plans = _plans(info, options.users)
    with ExitStack() as stack:
        built = {name: settings.build(info) for name, settings in LOADERS.items()}
        for loader in built.values():
            stack.enter_context(closing(loader))
        alone = timed(_alone(built, plans) | _row_by_row(info, plans), rounds=rounds)
        step = build_step(recipe, info)
        optimizer = make(recipe.one("optimizer"), info, recipe.seed)(list(step.parameters()))
        waits = train(step, PlainStep(step, optimizer), built, plans, rounds)
    return {
        f"{len(plans)} batches of {BATCH} users, alone": [
            {"what": name, **spread(seconds)} for name, seconds in alone.items()
        ],
        "waiting for them in an epoch of training": [
            {"what": name, **spread(seconds), "share of epoch": statistics.median(shares)}
            for name, (seconds, shares) in waits.items()
        ],
    }


def _plans(info, users):
    lengths = np.minimum(info.training.host_lengths, info.max_len + 1)
    rows = np.flatnonzero(lengths >= 2)
    return list(epoch_plans(rows[:users], lengths, batch_size=BATCH, seed=1, epoch=1))


def _alone(built, plans):
    def candidate(loader):
        return lambda: [None for _ in loader(plans)]

    return {name: candidate(loader) for name, loader in built.items()}


def train(step, execute, built, plans, rounds):
    """Return, for each loader, the seconds of each round in which the step waited, and shares."""
    waits = {name: ([], []) for name in built}
    for number in range(rounds + 1):  # the first warms up
        for name, loader in built.items():
            progress = Progress.begin(step, len(plans), 1)
            report = train_epoch(step, execute, loader, plans, progress)
            if number:
                seconds, shares = waits[name]
                seconds.append(report.data_seconds)
                shares.append(report.data_seconds / report.seconds)
    return waits


class RowByRow(Dataset):
    """A user's sequence, targets and negatives, made when the user's turn comes."""

    def __init__(self, info):
        training = info.training
        ends = (training.starts + training.lengths).tolist()
        spans = zip(training.starts.tolist(), ends, strict=True)
        items = training.items.numpy()
        self.rows = [items[start:end] for start, end in spans]
        self.max_len, self.num_items = info.max_len, info.num_items

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, row):
        items = self.rows[row][-self.max_len - 1 :]
        had = set(self.rows[row].tolist())
        negatives = [self._other_than(had) for _ in items[1:]]
        return row, *(self._padded(part) for part in (items[:-1], items[1:], negatives))

    def _other_than(self, had):
        drawn = np.random.randint(1, self.num_items + 1)
        while drawn in had:
            drawn = np.random.randint(1, self.num_items + 1)
        return drawn

    def _padded(self, items):
        padded = np.zeros(self.max_len, dtype=np.int64)
        padded[self.max_len - len(items) :] = items
        return padded


def _row_by_row(info, plans):
    def candidate(workers):
        loader = DataLoader(
            RowByRow(info),
            batch_sampler=[plan.rows.tolist() for plan in plans],
            num_workers=workers,
            multiprocessing_context="spawn" if workers else None,
        )
        return lambda: [None for _ in loader]  # workers are made anew each time, as by default

    return {f"row by row, {workers} workers": candidate(workers) for workers in (0, 2)}
