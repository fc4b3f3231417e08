"""What MLflow has of a run is what the run folder has."""

import json

import pytest
from mlflow import MlflowClient

from fw.tracking import TrackedRun, result_numbers
from fw_plugins.trackers.mlflow import MLflow
from tiny_runs import train_tiny, write_recipe

# Of MLflow's own use of SQLAlchemy.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'mlflow.db'}"


@pytest.fixture(autouse=True)
def _no_telemetry(monkeypatch):
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")


@pytest.fixture
def tracked(uri):
    """A function that returns the runs of an experiment, oldest first."""

    def tracked(experiment):
        client = MlflowClient(tracking_uri=uri)
        found = client.get_experiment_by_name(experiment)
        return client.search_runs([found.experiment_id], order_by=["attributes.start_time ASC"])

    return tracked


def history(uri, run, name):
    found = MlflowClient(tracking_uri=uri).get_metric_history(run.info.run_id, name)
    return [(metric.step, metric.value) for metric in found]


def test_a_run_is_there_with_its_recipe_its_epochs_and_its_result(tmp_path, uri, tracked):
    run = train_tiny(
        write_recipe(tmp_path), f'trackers=[{{name="mlflow", experiment="whole", uri="{uri}"}}]'
    )
    (found,) = tracked("whole")
    assert (found.info.run_name, found.info.status) == (run.name, "FINISHED")
    assert found.data.tags["fw.folder"] == str(run.absolute())
    params = found.data.params
    assert (params["seed"], params["encoder.hidden_size"], params["losses.0.name"]) == (
        "1",
        "8",
        "bce",
    )
    assert params["optimizer.betas"] == "[0.9, 0.98]"
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    for name in ("losses/bce", "valid/full-seen-out/ndcg_at_10"):
        table, key = ("losses", "bce") if "bce" in name else ("metrics", name.replace("_at_", "@"))
        expected = [(line["epoch"], line[table][key]) for line in lines]
        assert history(uri, found, name) == expected
    result = json.loads((run / "result.json").read_text())
    for name, value in result_numbers(result).items():
        logged = history(uri, found, name.replace("@", "_at_"))
        assert logged == [(result["best_epoch"], pytest.approx(value))]


def test_a_run_that_was_stopped_goes_on_in_the_same_run(tmp_path, uri, tracked):
    def track(epochs, losses, *, ended):
        tracker = MLflow(experiment="resumed", uri=uri).build(None)
        tracker.begin(TrackedRun(name="r", folder=tmp_path, recipe={"seed": 1}, epochs=epochs))
        (found,) = tracked("resumed")
        assert found.info.status == "RUNNING"
        for epoch, loss in losses.items():
            tracker.epoch({"epoch": epoch, "loss": loss})
        if ended:
            tracker.end({"metrics": {}, "best_epoch": 2})
        tracker.close()
        (found,) = tracked("resumed")
        return found

    assert track(0, {1: 8.0}, ended=False).info.status == "KILLED"
    found = track(1, {2: 4.0}, ended=True)
    assert found.info.status == "FINISHED"
    assert history(uri, found, "loss") == [(1, 8.0), (2, 4.0)]


def test_a_recipe_with_many_keys_and_long_values_is_taken_whole(tmp_path, uri, tracked):
    recipe = {f"table{number}": {"key": number} for number in range(250)} | {"path": "x" * 600}
    tracker = MLflow(experiment="large", uri=uri).build(None)
    tracker.begin(TrackedRun(name="r", folder=tmp_path, recipe=recipe))
    tracker.epoch({"epoch": 1, "losses": {f"term {number}%": 0.5 for number in range(250)}})
    tracker.close()
    (found,) = tracked("large")
    assert found.data.params == {
        **{f"table{number}.key": str(number) for number in range(250)},
        "path": "x" * 500,
    }
    assert found.data.metrics == {f"losses/term {number}_": 0.5 for number in range(250)}
