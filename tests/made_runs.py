"""Run folders that no run left: just what a comparison reads, with values made up by a test."""

import json

import numpy as np
import pandas as pd
import tomli_w

RECIPE = {"seed": 1, "encoder": {"name": "small"}, "losses": [{"name": "bce", "weight": 1.0}]}


def make_run(path, values, *, seed=1, data="d", split="s", changes=None, cases=None, **environment):
    """Write a run folder whose test cases have ``values``, by ``<protocol>/<metric>``."""
    path.mkdir(parents=True)
    number = len(next(iter(values.values())))
    users = [f"u{case}" for case in range(number)] if cases is None else cases
    frame = pd.DataFrame({"split": "test", "user": users, "target": "t", **values})
    frame.to_parquet(path / "ranks.parquet")
    (path / "recipe.toml").write_text(tomli_w.dumps({**RECIPE, "seed": seed, **(changes or {})}))
    means = {f"test/{name}": {"value": float(np.mean(v))} for name, v in values.items()}
    _write(path / "result.json", {"metrics": means, "best_epoch": 1})
    fingerprints = {"cleaned": f"{data:0<64}", "split": f"{split:0<64}"}
    described = {"data": f"data {data}", "users": number, "items": 9, "fingerprints": fingerprints}
    _write(path / "data.json", {**described, "split": {"rule": f"rule {split}"}})
    made = {"fw": "0.1.0", "plugins": [["encoder-small", "fw-seqrec", "0.1.0"]], **environment}
    _write(path / "environment.json", made)
    return path


def hits(number, cases):
    """Return 1 for the first ``number`` of ``cases`` cases, 0 for the others."""
    return np.where(np.arange(cases) < number, 1.0, 0.0)


def _write(path, content):
    path.write_text(json.dumps(content))
