"""``fw export``: what it writes, says and refuses."""

import sys

import onnxruntime
import pytest


def test_it_writes_where_it_is_told_and_says_what_was_checked(command, tiny_run, tmp_path):
    model = tmp_path / "sasrec.onnx"
    written, ids, checked = command("export", tiny_run, "-o", model).stdout.splitlines()
    assert written == f"written: {model} (24 items, histories of up to 8 items)"
    assert ids == f"written: {tmp_path / 'sasrec.items.json'} (the id of every item)"
    assert checked.startswith(
        "checked: on 200 histories in 20 batches its scores differ from the trained ones by "
    )
    assert {path.name for path in tmp_path.iterdir()} == {"sasrec.onnx", "sasrec.items.json"}
    assert onnxruntime.InferenceSession(model).get_outputs()[0].name == "scores"


def test_missing_libraries_end_with_the_pip_command(command, tiny_run, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    assert command("export", tiny_run, code=2).stderr == (
        "fw export --format onnx needs onnxscript, which is not installed\n"
        "    pip install 'fw-seqrec[export]'\n"
    )


def test_a_place_that_cannot_be_written_to_is_named(command, tiny_run, tmp_path):
    path = tmp_path / "no" / "m.onnx"
    said = command("export", tiny_run, "-o", path, code=2).stderr
    assert said == f"cannot write {path}: No such file or directory\n"


@pytest.mark.parametrize("words", [["nowhere"], ["nowhere", "--format", "pickle"]])
def test_what_cannot_be_meant_is_refused(command, words):
    command("export", *words, code=2)
