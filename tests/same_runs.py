"""Whether two runs are the same in everything but their times."""

import json

import pandas as pd
import torch
from safetensors.torch import load_file


def checkpoint(folder):
    """Return the last checkpoint of a run."""
    return torch.load(folder / "state" / "checkpoint.pt", weights_only=True)


def lines(folder):
    """Return the epochs of a run, without their times."""
    found = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{**line, "seconds": None, "data_seconds": None} for line in found]


def assert_same_tensors(left, right):
    """Compare dictionaries of tensors and plain values, bit by bit."""
    assert left.keys() == right.keys()
    for name, value in left.items():
        if isinstance(value, dict):
            assert_same_tensors(value, right[name])
        elif isinstance(value, torch.Tensor):
            assert value.equal(right[name]), name
        else:
            assert value == right[name], name


def assert_same_run(left, right):
    """Compare best and last weights, moments, generators, losses, metrics, and all ranks."""
    assert_same_tensors(load_file(left / "best.safetensors"), load_file(right / "best.safetensors"))
    ended, other = checkpoint(left), checkpoint(right)
    for name in ("weights", "optimizer", "generators"):
        assert_same_tensors(ended[name], other[name])
    for name in ("epoch", "best_epoch", "best_value", "waited"):
        assert ended["selection"][name] == other["selection"][name]
    assert lines(left) == lines(right)
    results = [json.loads((one / "result.json").read_text()) for one in (left, right)]
    for name in ("metrics", "baselines", "best_epoch", "epochs"):
        assert results[0][name] == results[1][name]
    ranks = [pd.read_parquet(one / "ranks.parquet") for one in (left, right)]
    pd.testing.assert_frame_equal(*ranks, check_exact=True)
