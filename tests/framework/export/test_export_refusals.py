"""What cannot be exported is refused by name, and nothing is written."""

import sys

import pytest

from fw.errors import UserError
from fw.export import conversion
from fw.export.to_onnx import export_onnx
from tiny_runs import train_tiny, write_recipe

PLUGIN = """
import attrs, torch
from fw import hookimpl
from fw.nn.items import ItemTable


class Running(torch.nn.Module):
    causal, hidden_size = True, 8

    def __init__(self, info):
        super().__init__()
        self.items = ItemTable(info.num_items, 8, torch.nn.init.normal_)

    def forward(self, sequences, rng=None):
        hidden = self.items.rows(sequences.items).cumsum(1) * sequences.is_real()[..., None]
        {line}
        return hidden


@attrs.frozen
class Odd:
    '''An encoder that cannot be exported, or should not be.'''

    def build(self, info):
        return Running(info)


@hookimpl
def register_encoders(register):
    register("odd", Odd)
"""
OWNER = "    it comes from plugin odd, distribution fw-odd 0.7"


@pytest.fixture
def refused(tmp_path, install):
    """A function from a line of an encoder to why a run with it is not exported."""

    def refused(line):
        install("fw-odd", "0.7", {"fw_odd": PLUGIN.format(line=line)}, {"odd": "fw_odd"})
        run = train_tiny(write_recipe(tmp_path), 'encoder={name="odd"}', "training.epochs=1")
        before = set(run.iterdir())
        with pytest.raises(UserError) as caught:
            export_onnx(run, warn=pytest.fail)
        assert set(run.iterdir()) == before
        return caught.value

    return refused


def test_an_encoder_that_looks_at_values_is_refused_by_name(refused):
    error = refused("hidden = hidden if hidden.sum() > 1e9 else hidden * 2")
    first, last = str(error).splitlines()
    assert first.startswith("encoder 'odd' cannot be exported to ONNX: ")
    assert last == OWNER
    assert error.__cause__ is not None


@pytest.mark.slow
def test_an_encoder_without_a_form_in_onnx_is_refused_by_name(refused):
    first, last = str(refused("hidden = torch.special.i0e(hidden)")).splitlines()
    assert first.startswith("encoder 'odd' cannot be exported to ONNX: ")
    assert last == OWNER


@pytest.mark.slow
def test_an_encoder_that_scores_otherwise_once_exported_is_refused(refused):
    error = refused("hidden = hidden + 1 if torch.compiler.is_exporting() else hidden")
    first, last = str(error).splitlines()
    assert first.startswith(
        "encoder 'odd' cannot be exported to ONNX: exported and trained scores differ by "
    )
    assert first.endswith(", which is more than 0.0001")
    assert last == OWNER


@pytest.mark.slow
def test_an_encoder_for_one_batch_size_is_refused(refused):
    """Traced with a number in place of a size; the runtime then takes no other."""
    line = "hidden = hidden.view(int(hidden.shape[0]), -1, 8) + torch.zeros(len(hidden), 1, 8)"
    first, last = str(refused(line)).splitlines()
    assert first.startswith("encoder 'odd' cannot be exported to ONNX: ")
    assert last == OWNER


@pytest.mark.slow
def test_what_is_too_large_for_the_format_is_refused(tiny_run, tmp_path, monkeypatch):
    monkeypatch.setattr(conversion, "_LARGEST", 1000)
    with pytest.raises(UserError) as caught:
        export_onnx(tiny_run, tmp_path / "model.onnx", warn=pytest.fail)
    assert str(caught.value).startswith(
        "encoder 'sasrec_paper' cannot be exported to ONNX: it takes 0.0 GiB, and such a file has "
        "2 GiB at most\n    it comes from plugin encoder-sasrec_paper, distribution fw-seqrec "
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        (["onnxruntime"], "onnxruntime, which is"),
        (["onnx", "onnxscript", "onnxruntime"], "onnx, onnxscript, onnxruntime, which are"),
    ],
)
def test_without_the_libraries_the_pip_command_is_named(tiny_run, monkeypatch, missing, named):
    for module in missing:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UserError) as caught:
        export_onnx(tiny_run)
    assert str(caught.value) == (
        f"fw export --format onnx needs {named} not installed\n    pip install 'fw-seqrec[export]'"
    )
