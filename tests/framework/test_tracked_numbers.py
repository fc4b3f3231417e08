"""The numbers of a run by name, as trackers take them."""

from fw.tracking import epoch_numbers, result_numbers


def test_the_numbers_of_an_epoch_are_named_by_where_they_stand():
    line = {
        "epoch": 3,
        "loss": 1.5,
        "losses": {"bce": 1.25, "nt_xent": 2.5},
        "users": 30,
        "metrics": {"valid/full/ndcg@10": 0.25, "valid/full/hr@10": None},
        "diagnostics": {"nt_xent/alignment": 0.5, "nt_xent/rank": None},
        "data": "log.csv",
        "final": True,
    }
    assert epoch_numbers(line) == {
        "loss": 1.5,
        "losses/bce": 1.25,
        "losses/nt_xent": 2.5,
        "users": 30,
        "valid/full/ndcg@10": 0.25,
        "diagnostics/nt_xent/alignment": 0.5,
    }


def test_the_metrics_of_a_result_are_told_from_those_of_epochs():
    metrics = {
        "valid/full/hr@10": {"value": 0.5, "standard_error": 0.1},
        "test/full/hr@10": {"value": None, "standard_error": None},
    }
    assert result_numbers({"metrics": metrics, "best_epoch": 2}) == {"result/valid/full/hr@10": 0.5}
