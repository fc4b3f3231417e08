"""Pages that several tests look at, made once."""

import pytest
from click.testing import CliRunner

from fw.cli import main
from report_pages import ReportPage
from tiny_runs import RECIPE, train_tiny, write_recipe

CONTRAST = (
    'losses=[{name="bce"}, {name="nt_xent", weight=0.1}]',
    'augmenters=[{name="crop", ratio=0.5}]',
    'pooling={name="mean"}',
)
SWEEP = """
[sweep]
seeds = [1, 2]
baseline = "<plain> & simple"
[[sweep.rows]]
name = "<plain> & simple"
set = { "training.epochs" = 1 }
[[sweep.grids]]
name = "crop {augmenters.0.ratio}, {pooling.name}"
over = { "augmenters.0.ratio" = [0.25, 0.75], "pooling.name" = ["mean", "last"] }
[sweep.grids.set]
"training.epochs" = 1
augmenters = [{ name = "crop" }]
losses = [{ name = "bce" }, { name = "nt_xent", weight = 0.1 }]
"""


@pytest.fixture(scope="session")
def report():
    """A function that writes a report with the command and reads it."""

    def report(*words, output, code=0):
        arguments = ["report", *map(str, words), "-o", str(output)]
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == code, result.output
        return ReportPage(output.read_text(encoding="utf-8")) if code == 0 else result

    return report


@pytest.fixture(scope="session")
def run_folders(tmp_path_factory):
    """Two seeds of a recipe without contrast, and two of one with it; not to be written to."""
    recipe = write_recipe(tmp_path_factory.mktemp("report"))
    return {
        (name, seed): train_tiny(recipe, f"seed={seed}", *changes)
        for name, changes in (("plain", ()), ("contrast", CONTRAST))
        for seed in (1, 2)
    }


@pytest.fixture(scope="session")
def page_file(run_folders, report, tmp_path_factory):
    """The report of all four runs, as a file."""
    path = tmp_path_factory.mktemp("pages") / "report.html"
    report(*run_folders.values(), output=path)
    return path


@pytest.fixture(scope="session")
def page(page_file):
    """The same, read."""
    return ReportPage(page_file.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def sweep_folder(tmp_path_factory):
    """The folder of a sweep that has been run: a baseline, and crop at two ratios, pooled twice."""
    recipe = write_recipe(tmp_path_factory.mktemp("swept"), RECIPE + SWEEP)
    words = ["sweep", recipe, "--device", "cpu", "--sweeps", recipe.parent / "sweeps"]
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return recipe.parent / "sweeps" / "tiny"


@pytest.fixture(scope="session")
def sweep_file(sweep_folder, report, tmp_path_factory):
    """The report of the sweep, as a file."""
    path = tmp_path_factory.mktemp("pages") / "sweep.html"
    report(sweep_folder, output=path)
    return path
