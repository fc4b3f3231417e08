"""What a person sees at the end of a run."""

import math
from types import MappingProxyType

import torch
from rich.console import Console

from fw.engine.display import remarks, result_tables, shown_metrics
from fw.interfaces import Metrics
from fw.ranking import Counts, Metric


def metrics(hr, ndcg, **notes):
    values = {"hr@1": Metric(0.1, 0.01), "hr@10": Metric(hr, 0.005), "ndcg@10": Metric(ndcg, 0.004)}
    better = torch.tensor([1, 7] if hr > 0.45 else [1, 8])
    counts = Counts(better, tied=torch.zeros(2), eligible=torch.tensor([9, 9]))
    return Metrics(values, counts, per_case={}, notes=MappingProxyType(notes))


def rows(model, popularity):
    return {
        name: {split: {"full-seen-out": found} for split in ("valid", "test")}
        for name, found in (("model", model), ("popularity", popularity))
    }


def printed(table):
    console = Console(width=80, no_color=True)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_a_table_fits_a_narrow_terminal_and_cuts_no_number():
    (table,) = result_tables(rows(metrics(0.8245, 0.5905), metrics(0.4329, 0.2377)))
    text = printed(table)
    assert "full-seen-out" in text
    assert text.count("0.8245 ± .0050") == 2
    assert text.count("0.2377 ± .0040") == 2
    assert "…" not in text


def test_metrics_at_ten_are_shown_or_else_the_first_cutoff():
    assert shown_metrics(metrics(0.8, 0.6)) == ["hr@10", "ndcg@10"]
    other = Metrics({"hr@5": Metric(0, 0), "ndcg@5": Metric(0, 0)}, None, {})
    assert shown_metrics(other) == ["hr@5", "ndcg@5"]


def listing(**more):
    values = {
        "hr@5": Metric(0.6, 0.005),
        "coverage@5": Metric(0.8123, math.nan),
        "popularity@5": Metric(1234.5678, 10.1234),
        "popularity@10": Metric(1000, 10),
        "novelty@5": Metric(9.8765, 0.0123),
    }
    return Metrics({**values, **more}, counts=None)


def test_what_is_recommended_has_a_table_of_its_own_without_errors_where_there_are_none():
    accuracy, recommended = result_tables(rows(listing(), listing()))
    assert "coverage" not in printed(accuracy)
    text = printed(recommended)
    assert "full-seen-out: what is recommended, test" in text
    assert text.count("0.8123  ") == 2
    assert text.count("1000.0000 ± 10.0000") == 2
    assert "9.8765 ± .0123" in text
    assert not any(word in text for word in ("nan", "…", "hr@5", "popularity@5"))


def test_a_model_is_not_measured_against_popularity_by_what_it_recommends():
    model, popularity = Metric(0.5, 0.01), Metric(0.4, 0.01)
    found = [
        Metrics({"auc": auc, "novelty@5": Metric(bits, 0.1)}, counts=None)
        for auc, bits in ((model, 3.0), (popularity, 9.0))
    ]
    assert list(remarks(rows(*found))) == []
    assert shown_metrics(found[0]) == ["auc"]


def test_a_model_that_does_not_beat_popularity_is_called_out():
    assert list(remarks(rows(metrics(0.4, 0.2), metrics(0.5, 0.3)))) == [
        "THE MODEL DOES NOT BEAT POPULARITY under full-seen-out: test ndcg@10 0.2000 against 0.3000"
    ]
    assert list(remarks(rows(metrics(0.6, 0.4), metrics(0.5, 0.3)))) == []


def test_popularity_itself_is_not_told_that_it_does_not_beat_popularity():
    assert list(remarks(rows(metrics(0.5, 0.3), metrics(0.5, 0.3)))) == []


def test_a_model_no_better_than_popularity_with_other_ranks_is_called_out():
    assert len(list(remarks(rows(metrics(0.4, 0.3), metrics(0.5, 0.3))))) == 1


def test_case_B62_a_model_at_chance_level_is_called_out():
    found = rows(metrics(0.6, 0.4, at_chance_level=True), metrics(0.5, 0.3))
    assert list(remarks(found)) == ["full-seen-out: the model is at chance level: check its inputs"]
