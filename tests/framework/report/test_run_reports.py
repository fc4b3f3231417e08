"""What the report of several runs says, against the run folders themselves."""

import itertools
import json
import re

import numpy as np
import pandas as pd
import pytest

from fw.comparison.compare import compare
from fw.comparison.diff import diff
from fw.comparison.groups import results_by_group

NUMBER = r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
USERS = "full-seen-out: mean ± standard error over users"


def lines_of(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def names(run_folders):
    return run_folders["plain", 1].name, run_folders["contrast", 1].name


def test_the_page_loads_nothing_and_leads_nowhere(page):
    assert page.loaded == []
    assert all(link.startswith("#") for link in page.links)
    assert "default-src 'none'" in page.text


def test_every_section_is_linked_and_no_level_of_headings_is_left_out(page):
    levels = [level for level, _ in page.headings]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    sections = [said for level, said in page.headings if level == 2]
    assert sections == [
        "Results",
        "Runs",
        "Groups of users and items",
        "Learning curves",
        "Diagnostics",
        "Where time went",
        "Recipes",
        "Data",
        "Environment",
    ]
    for link in page.links:
        assert f'id="{link[1:]}"' in page.text


def test_results_are_those_of_fw_compare(page, run_folders):
    plain, contrast = names(run_folders)
    found = compare(list(run_folders.values()))
    rows = {row.metric: row for row in found.rows}
    for metric in ("hr@10", "ndcg@10"):
        row = rows[f"test/full-seen-out/{metric}"]
        values = page.column(USERS, f"test {metric}")
        base, other = row.baseline, row.value
        assert values[f"{plain} (baseline)"] == f"{base.value:.4f} ± {base.standard_error:.4f}"
        assert values[contrast] == f"{other.value:.4f} ± {other.standard_error:.4f}"
        low, high = row.total.interval
        mark = {"inside_noise": "≈", "different": "different"}[row.verdict]
        said = page.column(USERS, f"difference in test {metric}")
        assert said[contrast] == f"{row.difference:+.4f} [{low:+.4f}, {high:+.4f}] {mark}"


def test_results_stand_beside_those_of_scorers_without_training(page, run_folders):
    result = json.loads((run_folders["plain", 1] / "result.json").read_text())
    values = page.column(USERS, "test ndcg@10")
    for name in ("chance", "popularity", "last_item"):
        known = result["baselines"][name]["test/full-seen-out/ndcg@10"]
        assert values[f"({name})"] == f"{known['value']:.4f} ± {known['standard_error']:.4f}"


def test_intervals_are_drawn_as_they_are_told(page, run_folders):
    plain, contrast = names(run_folders)
    (row,) = (r for r in compare(list(run_folders.values())).rows if r.metric.endswith("hr@10"))
    title = f"test/full-seen-out/hr@10: difference to {plain}"
    (trace,) = page.figures[title]["plot"]["data"]
    low, high = row.total.interval
    assert trace["x"] == [pytest.approx(row.difference, rel=1e-5)]
    assert trace["error_x"]["array"] == [pytest.approx(high - row.difference, rel=1e-4)]
    assert trace["error_x"]["arrayminus"] == [pytest.approx(row.difference - low, rel=1e-4)]
    assert contrast in page.figures[title]["label"]


def test_every_loss_and_metric_has_its_curve_with_a_line_for_each_run(page, run_folders):
    for part, prefix in (("losses", "loss "), ("metrics", "")):
        for folder in run_folders.values():
            known = {name for line in lines_of(folder) for name in line[part]}
            assert {f"{prefix}{name}" for name in known} <= set(page.figures)
    plain, contrast = names(run_folders)
    expected = [
        (
            f"{name}, seed {seed}",
            {line["epoch"]: pytest.approx(line["losses"]["bce"], rel=1e-5) for line in lines},
        )
        for name, label in ((plain, "plain"), (contrast, "contrast"))
        for seed in (1, 2)
        for lines in [lines_of(run_folders[label, seed])]
    ]
    assert page.curves("loss bce") == expected
    assert [name for name, _ in page.curves("loss nt_xent")] == [
        f"{contrast}, seed 1",
        f"{contrast}, seed 2",
    ]


def test_the_epoch_whose_weights_were_kept_stands_out(page, run_folders):
    result = json.loads((run_folders["plain", 1] / "result.json").read_text())
    (trace, *_) = page.figures["valid/full-seen-out/ndcg@10"]["plot"]["data"]
    sizes = dict(zip(trace["x"], trace["marker"]["size"], strict=True))
    assert [epoch for epoch, size in sizes.items() if size > 5] == [result["best_epoch"]]


def test_every_figure_has_its_numbers_in_a_table_and_says_in_words_what_it_shows(page):
    assert len(page.figures) > 20
    for title, figure in page.figures.items():
        assert len(figure["label"]) > 40, title
        axes = figure["plot"]["layout"]
        assert axes["xaxis"]["title"]["text"], title
        cells = [cell for line in figure["table"][1:] for cell in line[1:]]
        written = np.array([float(n) for cell in cells for n in re.findall(NUMBER, cell)])
        for trace in figure["plot"]["data"]:
            along = trace["x"] if trace.get("orientation") or "error_x" in trace else trace["y"]
            for value in along:
                assert np.abs(written - value).min() <= max(6e-5, 5e-3 * abs(value)), title


def test_diagnostics_of_contrast_are_drawn_for_the_rows_that_have_them(page, run_folders):
    _, contrast = names(run_folders)
    lines = lines_of(run_folders["contrast", 2])
    curves = dict(page.curves("nt_xent: effective rank"))
    assert set(curves) == {f"{contrast}, seed 1", f"{contrast}, seed 2"}
    assert curves[f"{contrast}, seed 2"] == {
        line["epoch"]: pytest.approx(line["diagnostics"]["nt_xent/effective_rank"], rel=1e-5)
        for line in lines
    }
    assert "gradient share of nt_xent" in page.figures


def test_groups_are_means_over_the_runs_of_a_row(page, run_folders):
    plain, _ = names(run_folders)
    runs = [results_by_group(run_folders["plain", seed], by=["length"]) for seed in (1, 2)]
    expected = {
        first.group: pytest.approx((first.result.value + second.result.value) / 2, rel=1e-5)
        for first, second in zip(*runs, strict=True)
        if (first.metric, first.by) == ("test/full-seen-out/ndcg@10", "length")
    }
    title = "test/full-seen-out/ndcg@10 by history length"
    assert page.curves(title)[0] == (plain, expected)
    headings = page.figures[title]["table"][0]
    assert sum(int(re.search(r"\((\d+) cases\)", text)[1]) for text in headings[1:]) == 30
    assert "test/full-seen-out/ndcg@10 by target popularity" in page.figures


def test_times_have_units_and_are_those_of_the_runs(page, run_folders):
    caption = "Times of each run; an epoch is training alone, the median without the first"
    for folder in run_folders.values():
        timing = json.loads((folder / "result.json").read_text())["timing"]
        training = page.column(caption, "training")[folder.name]
        assert training == f"{timing['seconds_training']:.3g} s"
        assert page.column(caption, "an epoch")[folder.name].endswith(" s")
        assert page.column(caption, "speed")[folder.name].endswith(" users/s")


def test_recipes_differ_as_fw_diff_says(page, run_folders):
    plain, contrast = names(run_folders)
    found = diff(run_folders["plain", 1], run_folders["contrast", 1])
    table = page.tables[f"How {contrast} differs from {plain}"]
    assert [line[0] for line in table[1:]] == [
        one.key for part in ("recipe", "plugins") for one in found[part]
    ]
    assert ["pooling", "(not set)", '{"name" = "mean"}'] in table
    for folder in (run_folders["plain", 1], run_folders["contrast", 1]):
        assert f"Recipe of {folder.name}" in page.titles
    assert "hidden_size = 8" in page.text


def test_data_and_environment_are_those_of_the_runs(page, run_folders):
    data = json.loads((run_folders["plain", 1] / "data.json").read_text())
    said = page.column("Data interactions", "value")
    assert said["SHA-256: cleaned"] == data["fingerprints"]["cleaned"]
    assert said["SHA-256: split"] == data["fingerprints"]["split"]
    assert said["users"] == "30"
    environment = json.loads((run_folders["plain", 1] / "environment.json").read_text())
    headings, *lines = page.tables["Versions and machine"]
    assert headings == ["what", "value", "runs"]
    assert ["libraries: torch", environment["libraries"]["torch"], "all"] in lines
    contrast = ", ".join(run_folders["contrast", seed].name for seed in (1, 2))
    assert ["plugin loss-nt_xent", "fw-seqrec 0.1.0", contrast] in lines


def test_one_run_has_a_page_without_differences(run_folders, report, tmp_path):
    folder = run_folders["contrast", 1]
    page = report(folder, output=tmp_path / "one.html")
    assert page.headings[0] == (1, folder.name)
    assert page.tables[USERS][0] == ["row", "seeds", "test hr@10", "test ndcg@10"]
    assert "One recipe: there is no other to compare it with." in page.notes
    ranks = pd.read_parquet(folder / "ranks.parquet")
    test = ranks[ranks["split"] == "test"]["full-seen-out/hr@10"]
    assert page.column(USERS, "test hr@10")[folder.name].startswith(f"{test.mean():.4f} ± ")


def test_a_metric_may_be_chosen_as_for_fw_compare(run_folders, report, tmp_path):
    words = [run_folders["plain", 1], run_folders["contrast", 1], "--metric", "mrr@5"]
    page = report(*words, "--seed-spread", "0.5", output=tmp_path / "mrr.html")
    said = page.column(USERS, "difference in test mrr@5")[run_folders["contrast", 1].name]
    assert said.endswith(" ≈")  # beside a spread of 0.5 everything is noise
    without = report(*words, output=tmp_path / "mrr.html")
    said = without.column(USERS, "difference in test mrr@5")[run_folders["contrast", 1].name]
    assert said.endswith(" ? (users)")
