"""What the report of a sweep says, against the runs and the table of the sweep."""

import json
import shutil
import statistics

import pytest

from fw.sweep.figures import Findings
from fw.sweep.outline import Outline
from fw.sweep.table import SweepTable
from report_pages import ReportPage

PLAIN = "<plain> & simple"
TABLE = "full-seen-out: means over seeds ± their standard deviation"


@pytest.fixture(scope="module")
def page(sweep_file):
    return ReportPage(sweep_file.read_text(encoding="utf-8"))


def of_seeds(folder, name, metric="test/full-seen-out/ndcg@10"):
    results = (json.loads((folder / f"{name}-seed{s}" / "result.json").read_text()) for s in (1, 2))
    return [result["metrics"][metric]["value"] for result in results]


def test_the_table_is_the_sweeps_own(page, sweep_folder):
    table = SweepTable(Findings.gather(sweep_folder, Outline.read(sweep_folder)))
    (cells,) = table.by_protocol().values()
    assert page.tables[TABLE] == [list(cells.columns), *map(list, cells.itertuples(index=False))]
    for note in table.notes():
        assert note in page.notes


def test_ratios_are_drawn_against_the_metric_for_each_pooling(page, sweep_folder):
    figure = page.figures["crop: ratio against test full-seen-out/ndcg@10"]
    mean, last, level = figure["plot"]["data"]
    assert (mean["name"], last["name"]) == ("mean", "last")
    for pooling, trace in (("mean", mean), ("last", last)):
        assert trace["x"] == [0.25, 0.75]
        for place, ratio in enumerate(trace["x"]):
            values = of_seeds(sweep_folder, f"crop-{ratio}-{pooling}")
            assert trace["y"][place] == pytest.approx(statistics.fmean(values), rel=1e-5)
            for side in ("array", "arrayminus"):
                error = pytest.approx(statistics.stdev(values), rel=1e-4)
                assert trace["error_y"][side][place] == error
    base = statistics.fmean(of_seeds(sweep_folder, "plain-simple"))
    assert level["y"] == [pytest.approx(base, rel=1e-5)] * 2
    assert "Error bars: standard deviation between seeds." in page.text


def test_with_one_seed_error_bars_are_of_users(sweep_folder, report, tmp_path):
    folder = shutil.copytree(sweep_folder, tmp_path / "one")
    outline = json.loads((folder / "sweep.json").read_text())
    (folder / "sweep.json").write_text(json.dumps({**outline, "seeds": [1]}))
    page = report(folder, output=tmp_path / "one.html")
    mean, *_ = page.figures["crop: ratio against test full-seen-out/hr@10"]["plot"]["data"]
    result = json.loads((folder / "crop-0.25-mean-seed1" / "result.json").read_text())
    known = result["metrics"]["test/full-seen-out/hr@10"]
    assert mean["error_y"]["array"][0] == pytest.approx(known["standard_error"], rel=1e-4)
    assert "Error bars: standard error over users." in page.text


def test_differences_are_drawn_for_every_row_but_the_baseline(page, sweep_folder):
    findings = Findings.gather(sweep_folder, Outline.read(sweep_folder))
    frame = findings.frame()
    frame = frame[frame["metric"] == "hr@10"].dropna(subset=["difference"])
    title = f"test/full-seen-out/hr@10: difference to {PLAIN}"
    traces = page.figures[title]["plot"]["data"]
    assert [trace["x"][0] for trace in traces] == pytest.approx(list(frame["difference"]), rel=1e-5)
    assert [line[0] for line in page.figures[title]["table"][1:]] == list(frame["row"])


def test_names_of_rows_are_never_taken_for_html(page):
    assert "<plain>" not in page.text
    assert page.headings[0] == (1, "Sweep tiny")
    names = {name for name, _ in page.curves("loss bce")}  # what plotly makes of it is text again
    assert "&lt;plain&gt; &amp; simple, seed 1" in names


def test_a_sweep_that_is_not_done_is_shown_as_far_as_it_is(sweep_folder, report, tmp_path):
    folder = shutil.copytree(sweep_folder, tmp_path / "part")
    for seed in (1, 2):
        shutil.rmtree(folder / f"crop-0.75-last-seed{seed}")
    (folder / "crop-0.75-mean-seed2" / "result.json").unlink()
    page = report(folder, output=tmp_path / "part.html")
    assert "'crop 0.75, mean' has 1 of 2 runs." in page.notes
    assert "'crop 0.75, last' has 0 of 2 runs." in page.notes
    assert (
        page.column("Every run: its state, and the epoch that validation selected", "state")[
            "crop-0.75-mean-seed2"
        ]
        == "stopped"
    )
    assert len(page.curves("loss bce")) == 8


def test_of_many_rows_the_baseline_and_the_best_by_validation_are_shown_at_first(
    sweep_folder, report, tmp_path, monkeypatch
):
    monkeypatch.setattr("fw.report.build._SHOWN_AT_FIRST", 2)
    page = report(sweep_folder, output=tmp_path / "few.html")
    outline = Outline.read(sweep_folder)
    frame = Findings.gather(sweep_folder, outline).frame().drop_duplicates("row").set_index("row")
    shown = [row for row, box in zip(outline.rows, page.boxes, strict=True) if box]
    best = frame["validation"].drop(PLAIN).max()
    assert shown[0] == PLAIN
    assert [frame["validation"][row] for row in shown[1:]] == [best]
