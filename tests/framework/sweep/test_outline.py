"""What a sweep's folder says of it."""

import pytest

from fw.discovery import discover
from fw.errors import RunError
from fw.sweep.outline import Outline
from fw.sweep.reading import read_sweep
from tiny_runs import RECIPE, write_recipe

SWEEP = """
[sweep]
seeds = [2, 3]
baseline = "wider, ß"
[[sweep.rows]]
name = "plain"
[[sweep.rows]]
name = "wider, ß"
set = { "encoder.hidden_size" = 12 }
"""


def test_the_outline_of_a_sweep_survives_its_file_and_names_the_folders_of_its_runs(tmp_path):
    sweep = read_sweep(write_recipe(tmp_path, RECIPE + SWEEP), discover())
    sweep.outline.write(tmp_path / "new" / "folder")
    kept = Outline.read(tmp_path / "new" / "folder")
    assert kept == sweep.outline
    assert (kept.rows, kept.seeds, kept.baseline) == (("plain", "wider, ß"), (2, 3), "wider, ß")
    assert list(kept.runs()) == [(job.row, job.name) for job in sweep.jobs()]


@pytest.mark.parametrize("text", ["{", '{"name": "x"}', "[]"])
def test_a_damaged_outline_is_named(tmp_path, text):
    (tmp_path / "sweep.json").write_text(text)
    with pytest.raises(RunError, match=r"cannot read .*sweep\.json: "):
        Outline.read(tmp_path)


def test_a_missing_outline_is_named(tmp_path):
    with pytest.raises(RunError) as caught:
        Outline.read(tmp_path)
    path = tmp_path / "sweep.json"
    assert str(caught.value) == (
        f"cannot read {path}: [Errno 2] No such file or directory: '{path}'"
    )
