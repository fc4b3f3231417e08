"""What a person sees at the end of a run."""

from types import MappingProxyType

from rich.console import Console

from fw.engine.display import remarks, result_tables, shown_metrics
from fw.interfaces import Metrics
from fw.ranking import Metric


def metrics(hr, ndcg, **notes):
    values = {"hr@1": Metric(0.1, 0.01), "hr@10": Metric(hr, 0.005), "ndcg@10": Metric(ndcg, 0.004)}
    return Metrics(values, counts=None, per_case={}, notes=MappingProxyType(notes))


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


def test_a_model_that_does_not_beat_popularity_is_called_out():
    assert list(remarks(rows(metrics(0.4, 0.2), metrics(0.5, 0.3)))) == [
        "THE MODEL DOES NOT BEAT POPULARITY under full-seen-out: test ndcg@10 0.2000 against 0.3000"
    ]
    assert list(remarks(rows(metrics(0.6, 0.4), metrics(0.5, 0.3)))) == []


def test_case_B62_a_model_at_chance_level_is_called_out():
    found = rows(metrics(0.6, 0.4, at_chance_level=True), metrics(0.5, 0.3))
    assert list(remarks(found)) == ["full-seen-out: the model is at chance level: check its inputs"]
