"""How runs look in a notebook."""

import shutil

import pandas as pd
import pytest

import fw
from fw.engine.notebook import metric_frame
from fw.engine.run import Result


@pytest.fixture
def copy(tiny_run, tmp_path):
    return shutil.copytree(tiny_run, tmp_path / "a<b")


def test_a_finished_run_shows_its_metrics_beside_the_baselines(copy):
    run = fw.load(copy, device="cpu")
    shown = run._repr_html_()
    assert shown.startswith(f"<p><code>{str(copy).replace('<', '&lt;')}</code>: finished, 2 epochs")
    content = run.folder.read_json("result.json")
    value = content["metrics"]["test/full-seen-out/ndcg@10"]["value"]
    assert f"<td>{value:.4f}</td>" in shown
    assert "popularity" in shown


def test_a_result_shows_the_same_and_prints_in_one_line(copy):
    run = fw.load(copy, device="cpu")
    result = Result(folder=copy, content=run.folder.read_json("result.json"))
    assert result._repr_html_() == run._repr_html_()
    assert repr(result) == f"Result(folder={copy!r})"


def test_a_run_that_is_not_finished_says_so(copy):
    (copy / "result.json").unlink()
    shown = fw.load(copy, device="cpu")._repr_html_()
    assert shown.endswith(": stopped, 2 epochs</p>")


def test_a_damaged_run_says_so(copy):
    (copy / "result.json").write_text("{")
    assert ": damaged, 0 epochs</p>" in fw.load(copy, device="cpu")._repr_html_()


def test_metrics_keep_their_order_and_what_is_missing_is_not_a_number():
    def entry(value):
        return {"value": value, "standard_error": None}

    result = {
        "metrics": {
            "valid/p/hr@5": entry(0.5),
            "valid/p/hr@10": entry(0.6),
            "test/p/hr@5": entry(0.3),
            "test/p/hr@10": entry(None),
        },
        "baselines": {"chance": {"test/p/hr@5": entry(0.1)}},
    }
    frame = metric_frame(result)
    assert list(frame.index) == [("p", "hr@5"), ("p", "hr@10")]
    assert list(frame.columns) == [("model", "valid"), ("model", "test"), ("chance", "test")]
    assert frame.loc[("p", "hr@5")].tolist() == [0.5, 0.3, 0.1]
    assert frame.loc[("p", "hr@10")].isna().tolist() == [False, True, True]
    assert isinstance(frame, pd.DataFrame)
