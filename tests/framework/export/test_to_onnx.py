"""An exported model scores as the run does, whatever it is given; its files say what is in them."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import fw
import tiny_runs
from fw import Sequences
from fw.export.to_onnx import export_onnx
from tiny_runs import train_tiny, write_recipe

NUM_ITEMS, MAX_LEN = len(tiny_runs.ITEMS), 8


def padded(rows, width):
    """Return [B, width] and [B], both int64."""
    items = [[*row, *[0] * (width - len(row))] for row in rows]
    return np.array(items, dtype=np.int64), np.array([len(row) for row in rows], dtype=np.int64)


def assert_agrees(session, trained, rows, width):
    items, lengths = padded(rows, width)
    (found,) = session.run(["scores"], {"items": items, "lengths": lengths})
    numbers = torch.zeros(len(rows), dtype=torch.int64)
    history = Sequences(torch.tensor(items), torch.tensor(lengths), numbers)
    right = trained.scores(history).numpy()
    assert found.shape == (len(rows), NUM_ITEMS + 2)
    np.testing.assert_allclose(found[:, 1:-1], right[:, 1:-1], rtol=0, atol=1e-4)


rows_of_items = st.lists(
    st.lists(st.integers(1, NUM_ITEMS), min_size=0, max_size=MAX_LEN), min_size=1, max_size=40
)


@settings(max_examples=60)
@given(rows=rows_of_items, wider=st.integers(0, MAX_LEN))
def test_any_histories_are_scored_as_by_the_run(session, trained, rows, wider):
    width = min(max(1, *map(len, rows), 1) + wider, MAX_LEN)
    assert_agrees(session, trained, rows, width)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize("width", range(1, MAX_LEN + 1))
def test_batches_of_every_width_are_scored_as_by_the_run(session, trained, size, width):
    draw = np.random.default_rng(width)
    rows = [draw.integers(1, NUM_ITEMS + 1, width).tolist() for _ in range(size)]
    assert_agrees(session, trained, rows, width)


def test_a_history_without_items_is_scored_too(session, trained):
    assert_agrees(session, trained, [[], [3, 7]], 2)


def test_what_is_no_item_is_never_the_best(session):
    items, lengths = padded([[1], [2]], 1)
    (scores,) = session.run(["scores"], {"items": items, "lengths": lengths})
    assert np.isneginf(scores[:, [0, -1]]).all()
    assert np.isfinite(scores[:, 1:-1]).all()


def test_the_model_names_its_inputs_with_sizes_that_are_free(session):
    found = [(one.name, one.shape, one.type) for one in session.get_inputs()]
    assert found == [
        ("items", ["batch", "length"], "tensor(int64)"),
        ("lengths", ["batch"], "tensor(int64)"),
    ]
    (scores,) = session.get_outputs()
    assert (scores.name, scores.shape) == ("scores", ["batch", NUM_ITEMS + 2])
    assert scores.type == "tensor(float)"


def test_the_model_says_what_it_is(session, exported):
    assert session.get_modelmeta().custom_metadata_map == {
        "fw": fw.__version__,
        "run": "run",
        "encoder": "sasrec_paper",
        "num_items": str(NUM_ITEMS),
        "max_len": str(MAX_LEN),
    }


def test_the_second_file_has_the_raw_id_of_every_column(exported, trained):
    ids = json.loads(exported.items.read_text(encoding="utf-8"))
    assert (ids[0], ids[-1], len(ids)) == (None, None, NUM_ITEMS + 2)
    assert ids[1:-1] == trained.split.store.item_ids.tolist()
    assert set(ids[1:-1]) == set(tiny_runs.ITEMS)


def test_it_is_checked_on_histories_of_the_run(exported):
    assert exported.agreement.close
    # Batches of 1, 2, 7 and 30 users (there are no more), each in four lengths and once padded.
    assert (exported.agreement.batches, exported.agreement.histories) == (20, 5 * 40)
    assert 0 <= exported.agreement.difference < 1e-5


def test_a_model_that_sees_a_single_item_is_exported(tmp_path):
    run = train_tiny(write_recipe(tmp_path), "max_len=1", "training.epochs=1")
    assert export_onnx(run, warn=pytest.fail).agreement.close
