"""What must not make a difference: hash seeds, runs side by side, and the sizes of batches."""

import numpy as np
import pytest
import torch

from fw.config.reading import read_recipe
from fw.data.places import Places
from fw.discovery import discover
from fw.engine.data import load_data
from fw.engine.evaluating.evaluation import ModelScorer, evaluate
from fw.engine.exam import EVALUATION_SEED
from fw.engine.prepared import prepare
from fw.engine.restore import restore
from fw.engine.steps.batches import epoch_plans
from processes import fw
from same_runs import assert_same_run
from tiny_runs import CONTRAST, RECIPE, train_tiny, write_recipe

SWEEP = """
[sweep]
seeds = [1, 2]
[[sweep.rows]]
name = "plain"
"""


@pytest.fixture
def recipe(tmp_path):
    return write_recipe(tmp_path, RECIPE + CONTRAST)


def test_case_B25_two_runs_of_one_recipe_are_the_same_in_everything(recipe):
    first = train_tiny(recipe, runs=recipe.parent / "first")
    torch.manual_seed(99)
    np.random.seed(99)
    assert_same_run(first, train_tiny(recipe, runs=recipe.parent / "second"))


@pytest.mark.slow
def test_case_B25_the_seed_of_pythons_hashes_changes_nothing(recipe):
    for seed in ("1", "2"):
        words = ("run", recipe, "--device", "cpu", "--runs", seed)
        code, said = fw(*words, cwd=recipe.parent, environment={"PYTHONHASHSEED": seed})
        assert code == 0, said
    assert_same_run(*(next((recipe.parent / seed).iterdir()) for seed in ("1", "2")))


@pytest.mark.slow
def test_runs_beside_it_change_nothing_in_a_run(tmp_path):
    recipe = write_recipe(tmp_path, RECIPE + CONTRAST + SWEEP)
    for jobs in (1, 2):
        words = ("sweep", recipe, "--device", "cpu", "--jobs", jobs, "--sweeps", f"by {jobs}")
        code, said = fw(*words, cwd=tmp_path)
        assert code == 0, said
    for name in ("plain-seed1", "plain-seed2"):
        assert_same_run(*(tmp_path / f"by {jobs}" / "tiny" / name for jobs in (1, 2)))


# Batches of training -------------------------------------------------------------------------


@pytest.fixture
def parts(recipe):
    read = read_recipe(recipe, discover())
    data = load_data(read, Places.from_environment(), print)
    return prepare(read, data, torch.device("cpu"), print)


def drawn(parts, batch_size):
    """Return what an epoch draws for every row: two views, without padding, and negatives."""
    step, training = parts.step, parts.info.training
    lengths = np.minimum(training.host_lengths, step.max_len + 1)
    rows = np.flatnonzero(lengths >= step.task.min_items)
    (term,) = (term for term in step.terms if term.contrastive)
    found = {}
    for plan in epoch_plans(rows, lengths, batch_size=batch_size, seed=step.seed, epoch=3):
        history = training.newest(torch.from_numpy(plan.rows), plan.width)
        batch, rng = step.batch(history, 3)
        views = step.views(term, batch, rng)
        negatives = step.sampler(batch, rng.child("sampler"))
        for place, row in enumerate(plan.rows.tolist()):
            length = batch.targets.lengths[place]
            parts = [view.items[place, : view.lengths[place]].tolist() for view in views]
            found[row] = (*parts, negatives.items[place, :length].tolist())
    return found


@pytest.mark.parametrize("batch_size", [1, 7, 30])
def test_case_B25_views_and_negatives_are_the_same_at_any_batch_size(parts, batch_size):
    at_hand = drawn(parts, 16)
    assert len(at_hand) == 30
    assert drawn(parts, batch_size) == at_hand


# Batches of evaluation -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def restored(tmp_path_factory):
    recipe = write_recipe(tmp_path_factory.mktemp("ranks"), RECIPE)
    return restore(train_tiny(recipe, "encoder.hidden_size=16"), device="cpu", warn=print)


def counts(run, batch_size):
    exam = run.parts.exam
    scorer = ModelScorer(run.parts.step.encoder, run.parts.step.task)
    found = evaluate(
        scorer,
        exam.cases["test"],
        exam.evaluators,
        max_len=exam.info.max_len,
        seed=EVALUATION_SEED,
        batch_size=batch_size,
    )
    return found["full-seen-out"].counts


def near_ties(run):
    """Return for each test case how many items score within rounding of its target: [C] int64."""
    store = run.parts.exam.cases["test"]
    span = (0, len(store))
    cases = store.chunk(*span)
    scorer = ModelScorer(run.parts.step.encoder, run.parts.step.task)
    scores = scorer.scores(cases, store.histories(*span, run.parts.exam.info.max_len))
    own = scores.gather(1, cases.targets[:, None])
    near = (scores - own).abs() <= 1e-5 * own.abs().clamp(min=1)
    return store.restored(near[:, 1:-1].sum(1) - 1)


@pytest.mark.parametrize("batch_size", [1, 7])
def test_case_B28_ranks_are_the_same_at_any_evaluation_batch_size_but_for_near_ties(
    restored, batch_size
):
    whole, parts = counts(restored, 512), counts(restored, batch_size)
    assert near_ties(restored).float().mean() < 1  # else this would say nothing
    moved = (whole.better - parts.better).abs()
    assert (moved <= near_ties(restored)).all()
    assert whole.eligible.equal(parts.eligible)
