"""How a run is shown in a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from fw.engine.folders.folder import RunFolder
from fw.engine.folders.listing import summarise


def as_html(folder: RunFolder) -> str:
    """Return a run's state and, once it is finished, its metrics beside those of baselines."""
    summary = summarise(folder.path)
    heading = f"<code>{escape(str(folder.path))}</code>: {summary.state}, {summary.epochs} epochs"
    if summary.state != "finished":
        return f"<p>{heading}</p>"
    result = folder.read_json("result.json")
    best = f"best epoch {result['best_epoch']} by {escape(result['monitor'])}"
    table = metric_frame(result).to_html(float_format="{:.4f}".format, na_rep="-")
    return f"<p>{heading}, {best}</p>\n{table}"


def metric_frame(result: Mapping[str, Any]) -> pd.DataFrame:
    """Return the values of ``result.json``: a row a metric, a column a scorer and split."""
    scorers = {"model": result["metrics"], **result["baselines"]}
    values = {
        (*name.split("/"), scorer): entry["value"]
        for scorer, metrics in scorers.items()
        for name, entry in metrics.items()
    }
    names = ["split", "protocol", "metric", "scorer"]
    found = pd.Series(values, index=pd.MultiIndex.from_tuples(values, names=names), dtype=float)
    return found.unstack(["scorer", "split"], sort=False)
