"""One epoch of RePlay's SasRec a turn, or one prediction of ten items for all users.

Runs in the Python of RePlay. The parts are those of ``SasRec.from_params`` and its stock
transforms; BCE has one negative, which the stock transform draws for a whole batch.
"""

import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import torch
from lightning import Callback, Trainer
from replay.data import FeatureHint, FeatureSource, FeatureType
from replay.data.nn import TensorFeatureInfo, TensorFeatureSource, TensorSchema
from replay.data.nn.parquet.parquet_module import ParquetModule
from replay.nn.lightning import LightningModule
from replay.nn.lightning.callback import TorchTopItemsCallback
from replay.nn.lightning.optimizer import OptimizerFactory
from replay.nn.loss import BCESampled
from replay.nn.sequential import LengthBucketedQueryEncoder, SasRec
from replay.nn.transform import UniformNegativeSamplingTransform
from replay.nn.transform.template import make_default_sasrec_transforms
from turns import Turns

TURNS = Turns()
ABOUT = {name: version(name) for name in ("replay-rec", "torch", "numpy", "lightning")}
BUCKET = 16


class OneEpochATurn(Callback):
    """Waits before each epoch."""

    def on_train_epoch_start(self, trainer, module):
        if trainer.current_epoch == 0:
            TURNS.ready(**ABOUT)
        TURNS.wait()

    def on_train_epoch_end(self, trainer, module):
        TURNS.done()


def write_parquet(log, path):
    """Write one training sequence a row, items numbered from 0; return how many items there are."""
    frame = pd.read_csv(log)
    frame = frame[frame.groupby("user").cumcount(ascending=False) >= 2]
    frame["item"] = pd.factorize(frame["item"])[0]
    rows = frame.groupby("user")["item"].agg(list).reset_index()
    rows.rename(columns={"user": "user_id", "item": "item_id"}).to_parquet(path)
    return int(frame["item"].max()) + 1


def make_schema(items, width):
    """Describe the one feature, the item; its padding is the number after the last item."""
    source = TensorFeatureSource(FeatureSource.INTERACTIONS, "item_id")
    item = TensorFeatureInfo(
        "item_id",
        is_seq=True,
        feature_type=FeatureType.CATEGORICAL,
        embedding_dim=width,
        padding_value=items,
        cardinality=items,
        feature_hint=FeatureHint.ITEM_ID,
        feature_sources=[source],
    )
    return TensorSchema([item])


def make_module(schema, job, sizes):
    """Return the model of a job, wrapped for lightning."""
    model = SasRec.from_params(
        schema,
        embedding_dim=sizes["width"],
        num_heads=sizes["heads"],
        num_blocks=sizes["blocks"],
        max_sequence_length=sizes["max_len"],
        dropout=sizes["dropout"],
    )
    if job.startswith("BCE"):
        model.loss = BCESampled()
        model.loss.logits_callback = model.get_logits
    if job == "BCE, bucketed":
        model.body.encoder = LengthBucketedQueryEncoder(model.body.encoder, bucket_size=BUCKET)
    return LightningModule(model, OptimizerFactory(learning_rate=sizes["learning_rate"]))


def make_data(schema, path, job, sizes):
    """Return the batches: for training one item more than max_len, since targets are shifted."""
    items = schema.item_id_features.item().cardinality
    transforms = make_default_sasrec_transforms(schema)
    if job.startswith("BCE"):
        transforms["train"].append(UniformNegativeSamplingTransform(items, 1))

    def columns(length):
        return {"user_id": {}, "item_id": {"shape": length, "padding": items}}

    return ParquetModule(
        batch_size=sizes["batch_size"],
        metadata={"train": columns(sizes["max_len"] + 1), "predict": columns(sizes["max_len"])},
        transforms=transforms,
        train_path=str(path),
        predict_path=str(path),
    )


def make_trainer(**settings):
    """Return a trainer that writes and shows nothing."""
    return Trainer(
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        accelerator="cpu",
        devices=1,
        limit_val_batches=0,
        **settings,
    )


def predict(module, data):
    """Predict for every user, what they have seen not left out; its quality changes no time."""
    best = TorchTopItemsCallback(top_k=10, query_column="user_id")
    trainer = make_trainer(callbacks=[best])
    TURNS.ready(**ABOUT)
    while True:
        TURNS.wait()
        trainer.predict(module, datamodule=data, return_predictions=False)
        best.get_result()
        TURNS.done()


def main():
    torch.manual_seed(1)
    wanted = json.loads(sys.argv[1])
    sizes = wanted["sizes"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sequences.parquet"
        schema = make_schema(write_parquet(wanted["log"], path), sizes["width"])
        job = wanted["job"]
        module, data = make_module(schema, job, sizes), make_data(schema, path, job, sizes)
        if job == "predict":
            predict(module, data)
        make_trainer(max_epochs=-1, callbacks=[OneEpochATurn()]).fit(module, datamodule=data)


main()
