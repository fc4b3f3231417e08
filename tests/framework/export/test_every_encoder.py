"""The encoders that come with fw can be exported, but for those that are named here."""

import json

import numpy as np
import onnxruntime
import pytest

from fw.discovery import discover
from fw.errors import UserError
from fw.export.to_onnx import export_onnx
from tiny_runs import train_tiny, write_recipe

ENCODERS = [entry for entry in discover().entries("encoder") if entry.bundled]
FORMS = {
    "sasrec_official": {"hide_padding": False, "num_heads": 2},
    "sasrec_paper": {"hide_padding": False, "positions": "from_start", "tied": False},
    "sasrec_post_ln": {"positions": "none", "num_heads": 2, "cosine_temperature": 0.1},
    "sasrec_bert": {"hide_padding": False, "zero_padding": True},
    "hstu": {"relative_bias": "position_and_time", "target_time": True},
}
CASES = [(entry, {}) for entry in ENCODERS]
CASES += [(entry, FORMS[entry.name]) for entry in ENCODERS if entry.name in FORMS]
REFUSED = {"item_knn"}  # a sparse matrix, of which ONNX has none


@pytest.mark.slow
@pytest.mark.parametrize(
    ("entry", "settings"), CASES, ids=[" ".join([one.name, *more]) for one, more in CASES]
)
def test_a_bundled_encoder_is_exported_and_agrees_or_is_refused_by_name(entry, settings, tmp_path):
    task = "next_item" if getattr(entry.component, "causal", True) else "masked_item"
    given = {"name": entry.name, **settings}
    table = ", ".join(f"{key} = {json.dumps(value)}" for key, value in given.items())
    epochs = 1 if getattr(entry.component, "trainable", True) else 0
    overrides = (f"encoder={{{table}}}", f'task={{name="{task}"}}', f"training.epochs={epochs}")
    run = train_tiny(write_recipe(tmp_path), *overrides)
    if entry.name in REFUSED:
        with pytest.raises(UserError, match=f"^encoder '{entry.name}' cannot be exported"):
            export_onnx(run, warn=pytest.fail)
    else:
        assert export_onnx(run, warn=pytest.fail).agreement.close


def test_there_is_a_case_for_every_encoder_and_every_form():
    assert {entry.name for entry, _ in CASES} >= set(FORMS)
    assert len(CASES) == len(ENCODERS) + len(FORMS)


@pytest.mark.slow
def test_an_encoder_that_looks_at_times_is_given_them(tmp_path):
    table = '{name = "hstu", relative_bias = "position_and_time", target_time = true}'
    run = train_tiny(write_recipe(tmp_path), f"encoder={table}", "training.epochs=1")
    session = onnxruntime.InferenceSession(export_onnx(run, warn=pytest.fail).model)
    inputs = [(one.name, one.shape) for one in session.get_inputs()]
    rows = ["batch", "length"]
    assert inputs == [("items", rows), ("lengths", ["batch"]), ("time", rows), ("next_time", rows)]
    given = {"items": np.array([[1, 2, 3]]), "lengths": np.array([3])}
    scores = []
    for time in ([1, 2, 3], [1, 2, 3000]):
        times = {"time": np.array([time]), "next_time": np.array([[*time[1:], time[-1]]])}
        scores.append(session.run(["scores"], {**given, **times})[0][:, 1:-1])
    assert abs(scores[0] - scores[1]).max() > 1e-6
