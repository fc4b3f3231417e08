"""One epoch of RecTools' SASRec a turn, or one recommendation of ten items for all users.

Runs in the Python of RecTools. The trainer is RecTools' own default with a callback added.
"""

import json
import sys
from importlib.metadata import version

import pandas as pd
import torch
from pytorch_lightning import Callback, Trainer
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel
from turns import Turns

TURNS = Turns()
ABOUT = {name: version(name) for name in ("rectools", "torch", "numpy", "pytorch-lightning")}


class OneEpochATurn(Callback):
    """Waits before each epoch."""

    def on_train_epoch_start(self, trainer, module):
        if trainer.current_epoch == 0:
            TURNS.ready(**ABOUT)
        TURNS.wait()

    def on_train_epoch_end(self, trainer, module):
        TURNS.done()


def read(path):
    """Return the training interactions; their order stands for time."""
    frame = pd.read_csv(path)
    frame = frame[frame.groupby("user").cumcount(ascending=False) >= 2]
    times = pd.Timestamp("2000-01-01") + pd.to_timedelta(range(len(frame)), unit="s")
    return Dataset.construct(
        pd.DataFrame(
            {
                Columns.User: frame["user"],
                Columns.Item: frame["item"],
                Columns.Weight: 1.0,
                Columns.Datetime: times,
            }
        )
    )


def make_model(loss, sizes, **trainer):
    """Return a model of the given sizes; what else it has is RecTools' default."""

    def make_trainer():
        return Trainer(
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            devices=1,
            accelerator="cpu",
            **trainer,
        )

    return SASRecModel(
        loss=loss,
        n_blocks=sizes["blocks"],
        n_heads=sizes["heads"],
        n_factors=sizes["width"],
        dropout_rate=sizes["dropout"],
        session_max_len=sizes["max_len"],
        batch_size=sizes["batch_size"],
        lr=sizes["learning_rate"],
        get_trainer_func=make_trainer,
    )


def recommend(dataset, sizes):
    """Recommend to every user, what they have seen left out; how good it is changes no time."""
    model = make_model("BCE", sizes, max_epochs=1, limit_train_batches=1)
    model.fit(dataset)
    TURNS.ready(**ABOUT)
    while True:
        TURNS.wait()
        model.recommend(dataset.user_id_map.external_ids, dataset, k=10, filter_viewed=True)
        TURNS.done()


def main():
    torch.manual_seed(1)
    wanted = json.loads(sys.argv[1])
    dataset = read(wanted["log"])
    if wanted["job"] == "recommend":
        recommend(dataset, wanted["sizes"])
    trainer = {"max_epochs": -1, "callbacks": [OneEpochATurn()]}
    make_model(wanted["job"], wanted["sizes"], **trainer).fit(dataset)


main()
