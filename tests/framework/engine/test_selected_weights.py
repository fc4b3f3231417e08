"""Which weights are tested, and how often the test is looked at."""

import hashlib
import json

import pytest

import tiny_runs
from fw.engine.exam import Exam
from fw.engine.finished.recommending import Recommender
from fw.engine.restore import restore
from fw.interfaces import Metrics
from fw.ranking import Metric

VALID, TEST = (0.10, 0.30, 0.20), (0.50, 0.40, 0.60)  # by epoch


def name_of(step):
    """A name for the weights that a step has."""
    digest = hashlib.sha256()
    for parameter in step.parameters():
        digest.update(parameter.detach().numpy().tobytes())
    return digest.hexdigest()


@pytest.fixture(scope="module")
def scripted(tmp_path_factory):
    """A run of three epochs whose scores are written down above; and what was scored when."""
    score, epochs, looks = Exam.score_model, {}, []

    def scripted_score(exam, step, split):
        epoch = epochs.setdefault(name_of(step), len(epochs) + 1)
        looks.append((split, epoch))
        value = Metric({"valid": VALID, "test": TEST}[split][epoch - 1], 0.01)
        found = score(exam, step, split)["full-seen-out"]
        values = {**found.values, "ndcg@10": value}
        return {"full-seen-out": Metrics(values, found.counts, found.notes, found.per_case)}

    recipe = tiny_runs.write_recipe(tmp_path_factory.mktemp("scripted"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Exam, "score_model", scripted_score)
        folder = tiny_runs.train_tiny(recipe, "training.epochs=3")
    return folder, epochs, looks


def test_case_B14_the_test_score_is_that_of_the_epoch_which_validation_chose(scripted):
    folder, epochs, _ = scripted
    result = json.loads((folder / "result.json").read_text())
    assert result["best_epoch"] == 2
    assert result["metrics"]["test/full-seen-out/ndcg@10"]["value"] == 0.40
    assert result["metrics"]["valid/full-seen-out/ndcg@10"]["value"] == 0.30
    assert len(epochs) == 3


def test_case_B14_the_test_is_scored_once_after_the_selection(scripted):
    folder, _, looks = scripted
    assert looks == [("valid", 1), ("valid", 2), ("valid", 3), ("valid", 2), ("test", 2)]
    assert json.loads((folder / "result.json").read_text())["test_looks"] == 1


def test_case_B14_recommending_uses_the_weights_that_were_tested(scripted):
    folder, epochs, _ = scripted
    run = restore(folder, device="cpu", warn=pytest.fail)
    assert epochs[name_of(Recommender(run).run.parts.step)] == 2
