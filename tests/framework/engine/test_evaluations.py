"""A finished run under further protocols."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.stats import binom

from fw.cli import main
from fw.comparison.finished import Finished
from fw.comparison.groups import results_by_group
from fw.engine.finished.evaluations import evaluate_run
from fw.errors import UserError

PROTOCOLS = [
    "full-seen-out",
    "full-seen-in",
    "clean-sampled100",
    "kang205-sampled100",
    "popularity-sampled100",
    "bert4rec-sampled100",
    "s3rec-99",
]


@pytest.fixture
def copy(tiny_run, tmp_path):
    """A copy of the run that may be written to."""
    return shutil.copytree(tiny_run, tmp_path / "copy")


def evaluate(path, *protocols):
    return evaluate_run(path, protocols=protocols, device="cpu", warn=pytest.fail).content


def test_without_a_name_every_protocol_is_scored(copy):
    found = evaluate(copy)
    assert {name.split("/")[1] for name in found["metrics"]} == set(PROTOCOLS)
    own = json.loads((copy / "result.json").read_text())
    for name, entry in own["metrics"].items():
        assert found["metrics"][name] == entry
    for name, metrics in own["baselines"].items():
        assert {**found["baselines"][name], **metrics} == found["baselines"][name]


def test_what_is_found_is_added_and_every_look_at_the_test_is_counted(copy):
    first = evaluate(copy, "s3rec-99")
    assert first["test_looks"] == 2  # the run itself looked once
    second = evaluate(copy, "full-seen-in", "s3rec-99")
    assert second["test_looks"] == 3
    assert [look["protocols"] for look in second["looks"]] == [
        ["s3rec-99"],
        ["full-seen-in", "s3rec-99"],
    ]
    kept = json.loads((copy / "evaluations.json").read_text())
    assert kept == {"data": "interactions", **second}
    for name, entry in first["metrics"].items():
        assert second["metrics"][name] == entry


def test_the_values_of_every_case_are_kept_for_comparing(copy):
    evaluate(copy, "s3rec-99")
    found = evaluate(copy, "full-seen-in")["metrics"]
    run = Finished.open(copy)
    for protocol in ("full-seen-out", "full-seen-in", "s3rec-99"):
        assert f"{protocol}/ndcg@10" in run.metrics
    mean = run.values("test", "full-seen-in/ndcg@10").mean()
    assert mean == pytest.approx(found["test/full-seen-in/ndcg@10"]["value"], abs=1e-12)
    ranks, more = (pd.read_parquet(copy / f"{name}.parquet") for name in ("ranks", "evaluations"))
    assert ranks[["split", "user", "target"]].equals(more[["split", "user", "target"]])


def test_weights_are_kept_beside_the_counts_of_a_protocol_that_draws_by_them(copy):
    found = evaluate(copy, "popularity-sampled100", "s3rec-99")["metrics"]
    cases = pd.read_parquet(copy / "evaluations.parquet")
    by_weight = {name for name in cases if name.endswith("_weight")}
    parts = ("better", "tied", "eligible")
    assert by_weight == {f"popularity-sampled100/{part}_weight" for part in parts}
    better, tied, eligible = (cases[f"popularity-sampled100/{part}_weight"] for part in parts)
    assert (tied == 0).all()
    assert cases["popularity-sampled100/hr@10"].to_numpy() == pytest.approx(
        binom.cdf(9, 100, np.where(eligible > 0, better / eligible.clip(lower=1), 0))
    )
    assert not [name for name in Finished.open(copy).metrics if "weight" in name]
    whole, *groups = results_by_group(copy, metrics=["popularity-sampled100/hr@10"])
    assert whole.result.value == pytest.approx(found["test/popularity-sampled100/hr@10"]["value"])
    assert groups


def test_the_evaluators_of_a_finished_run_may_be_set_otherwise(copy):
    runner = CliRunner()
    change = 'evaluators.0.beyond_accuracy=["coverage", "popularity"]'
    arguments = ["evaluate", str(copy), "-P", "full-seen-out", "--device", "cpu", "--set", change]
    found = json.loads(runner.invoke(main, [*arguments, "--json"]).stdout)["metrics"]
    assert found["test/full-seen-out/coverage@10"]["standard_error"] is None
    run = Finished.open(copy)
    mean = run.values("test", "full-seen-out/popularity@10").mean()
    assert mean == pytest.approx(found["test/full-seen-out/popularity@10"]["value"])
    assert "what is recommended, test" in runner.invoke(main, arguments).stdout


def test_nothing_but_evaluators_of_a_finished_run_can_be_set(copy):
    with pytest.raises(UserError) as caught:
        evaluate_run(copy, overrides=["encoder.hidden_size=16"], device="cpu", warn=pytest.fail)
    assert str(caught.value) == (
        "--set encoder.hidden_size=16: of a finished run only evaluators can be changed\n"
        "    such as --set 'evaluators.0.cutoffs=[10, 50]'"
    )


def test_an_unknown_protocol_is_refused_with_those_there_are(copy):
    with pytest.raises(UserError) as caught:
        evaluate(copy, "full-seen-outt")
    assert str(caught.value) == (
        "unknown protocol 'full-seen-outt'\n    did you mean 'full-seen-out'?\n"
        "    known: bert4rec-sampled100, clean-sampled100, full-seen-in, full-seen-out, "
        "kang205-sampled100, popularity-sampled100, s3rec-99"
    )
    assert not (copy / "evaluations.json").exists()


def test_the_command_prints_tables_or_json(copy):
    runner = CliRunner()
    arguments = ["evaluate", str(copy), "-P", "full-seen-in", "--device", "cpu"]
    shown = runner.invoke(main, arguments)
    assert shown.exit_code == 0, shown.output
    assert "full-seen-in" in shown.stdout
    assert "looks at the test cases so far: 2" in shown.stdout
    found = json.loads(runner.invoke(main, [*arguments, "--json"]).stdout)
    assert found["test_looks"] == 3
