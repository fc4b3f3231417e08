"""Small training rows, and a small step of a real encoder, for tests of what is done with steps."""

import numpy as np
import torch

from fw import Info
from fw.data.sequences import SequenceStore
from fw.data.split import CaseList, Split
from fw.data.training import TrainingRows
from fw.engine.steps.step import Step, Term
from fw.views import TwoViews
from fw_plugins.augmenters.crop import Crop
from fw_plugins.augmenters.mask import Mask
from fw_plugins.encoders.sasrec_paper import SASRecPaper
from fw_plugins.losses.bce import BinaryCrossEntropy
from fw_plugins.losses.nt_xent import NTXent
from fw_plugins.poolings.mean import Mean
from fw_plugins.samplers.uniform import Uniform
from fw_plugins.tasks.next_item import NextItem

NOBODY = CaseList(np.array([], dtype=np.int64), np.array([], dtype=np.int64))
NUM_ITEMS, MAX_LEN, SIZE = 30, 12, 8


def rows_of(lengths):
    """Return training rows of these lengths, of random items."""
    rng = np.random.default_rng(0)
    items = rng.integers(1, NUM_ITEMS + 1, sum(lengths)).astype(np.int32)
    store = SequenceStore(
        items=items,
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        source_rows=np.arange(len(items)),
        user_ids=np.arange(len(lengths)).astype(str).astype(object),
        item_ids=np.arange(1, NUM_ITEMS + 1).astype(str).astype(object),
    )
    split = Split(store=store, train_lengths=np.array(lengths), valid=NOBODY, test=NOBODY)
    return TrainingRows(split)


LENGTHS = [15, 14, 13, 9, 9, 8, 5, 4, 3, 2]


def history_of(rows, width):
    """Return the newest items of the rows ([B]) of ``small_info``, as a loader gives them."""
    return rows_of(LENGTHS).newest(rows, width)


def small_info():
    """Return what components are built from: ten users."""
    return Info(
        num_users=len(LENGTHS),
        num_items=NUM_ITEMS,
        max_len=MAX_LEN,
        item_counts=torch.ones(NUM_ITEMS + 2, dtype=torch.int64),
        training=rows_of(LENGTHS),
        hidden_size=SIZE,
        pooled_size=SIZE,
    )


def small_step(encoder=None):
    """Return a step with a loss on positions and a contrastive one; by default of SASRec."""
    info = small_info()
    torch.manual_seed(0)
    views = TwoViews([Crop(ratio=0.5), Mask(ratio=0.5).build(info)], distinct=False)
    return Step(
        seed=1,
        max_len=MAX_LEN,
        task=NextItem(),
        encoder=encoder or SASRecPaper(hidden_size=SIZE, num_blocks=1).build(info),
        terms=[
            Term("bce", BinaryCrossEntropy(), 1.0),
            Term("nt_xent", NTXent().build(info), 0.1, views, Mean()),
        ],
        sampler=Uniform(num_negatives=3).build(info),
    )


def step_with(step, *, terms, sampler=None):
    """Return a step of the same task and encoder with other losses."""
    return Step(
        seed=1,
        max_len=MAX_LEN,
        task=step.task,
        encoder=step.encoder,
        terms=terms,
        sampler=sampler,
    )


class Replayer:
    """Stands in for a GPU that records steps of two terms: a replay calls the step again."""

    def warm_up(self, call):
        return call()

    def capture(self, call):
        outputs = torch.zeros(()), torch.zeros(2)

        def replay():
            for output, value in zip(outputs, call(), strict=True):
                output.copy_(value)

        return replay, outputs
