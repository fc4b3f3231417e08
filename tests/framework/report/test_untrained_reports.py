"""Reports of what was not trained."""

import json

from fw.sweep.outline import Outline
from tiny_runs import train_tiny, untrained, write_recipe


def beaten(page):
    return [note for note in page.notes if note.startswith("Not better than popularity")]


def test_popularity_itself_is_not_told_that_popularity_is_as_good(report, tmp_path):
    run = train_tiny(write_recipe(tmp_path, untrained('name = "popularity"')))
    page = report(run, output=tmp_path / "report.html")
    assert beaten(page) == []
    assert "No run has finished an epoch yet." in page.notes
    result = json.loads((run / "result.json").read_text("utf-8"))
    result["baselines"]["popularity"]["test/full-seen-out/hr@10"]["value"] += 0.1
    (run / "result.json").write_text(json.dumps(result), "utf-8")
    assert beaten(report(run, output=tmp_path / "report.html"))


def test_a_sweep_of_what_is_not_trained_has_its_table(report, tmp_path):
    recipe, folder = write_recipe(tmp_path, untrained('name = "popularity"')), tmp_path / "sweep"
    rows = ("popularity", "knn")
    Outline(name="untrained", rows=rows, seeds=(1,), baseline=rows[0]).write(folder)
    train_tiny(recipe).rename(folder / "popularity-seed1")
    train_tiny(recipe, 'encoder={name="item_knn"}').rename(folder / "knn-seed1")
    page = report(folder, output=tmp_path / "report.html")
    (table,) = (lines for caption, lines in page.tables.items() if "means over seeds" in caption)
    assert [line[-1] for line in table] == ["s/epoch", "-", "-"]
