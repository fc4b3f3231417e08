"""Leave-one-out: what is trained on, validated and tested, and what the report counts."""

from pathlib import Path

import pytest
import torch

from fw.config.slots import DatasetSlot
from fw.data.files import read_file
from fw.data.prepare import prepare
from fw.data.training import TrainingRows
from fw.random import Rng
from fw_plugins.splitters.leave_one_out import LeaveOneOut
from fw_plugins.tasks.next_item import NextItem


def case(split, cases, number):
    """Return the raw history and target of a case."""
    store = split.store
    start = store.offsets[cases.rows[number]]
    end = start + cases.ends[number]
    ids = store.item_ids
    return [ids[item - 1] for item in store.items[start:end]], ids[store.items[end] - 1]


def test_case_B12_the_last_item_is_the_test_the_one_before_validates(make_store):
    store = make_store({"A": "10 20 30 40 50", "B": "60 70 80"})
    split = LeaveOneOut()(store)
    assert split.train_lengths.tolist() == [3, 1]
    assert case(split, split.valid, 0) == (["10", "20", "30"], "40")
    assert case(split, split.test, 0) == (["10", "20", "30", "40"], "50")


def test_case_B12_held_out_pairs_never_reach_the_loss(make_store):
    store = make_store({"A": "10 20 30 40 50", "B": "60 70 80"})
    split = LeaveOneOut()(store)
    rows = torch.tensor([0])
    batch = NextItem()(TrainingRows(split).newest(rows, 11), Rng.for_rows(0, 0, rows))
    real = batch.targets.items > 0
    pairs = zip(batch.inputs.items[real].tolist(), batch.targets.items[real].tolist(), strict=True)
    names = [(store.item_ids[one - 1], store.item_ids[other - 1]) for one, other in pairs]
    assert names == [("10", "20"), ("20", "30")]


@pytest.mark.parametrize(("min_items", "evaluable", "pairs"), [(3, 3, 4), (4, 2, 6)])
def test_case_B13_shorter_users_are_trained_on_whole(make_store, min_items, evaluable, pairs):
    users = {f"u{length}": " ".join("abcde"[:length]) for length in range(1, 6)}
    split = LeaveOneOut(min_items=min_items)(make_store(users))
    assert split.report["evaluable_users"] == len(split.valid) == len(split.test) == evaluable
    assert split.report["train_only_users"] == 5 - evaluable
    assert split.report["train_pairs"] == pairs
    assert split.report["train_rows"] == 15 - 2 * evaluable
    assert split.report["rule"] == (
        f"leave one out; users with fewer than {min_items} items are only trained on"
    )


def test_case_B15_a_cold_target_is_ranked_like_any_item_and_counted(make_store):
    store = make_store({"u1": "a b c z", "u2": "b c a b"})
    split = LeaveOneOut()(store)
    assert case(split, split.test, 0) == (["a", "b", "c"], "z")
    assert store.num_items == 4
    assert (split.report["cold_valid_targets"], split.report["cold_test_targets"]) == (0, 1)


def test_case_B15_a_validation_item_does_not_warm_the_test(make_store):
    split = LeaveOneOut()(make_store({"u1": "a b z", "u2": "a z b"}))
    assert split.report["cold_test_targets"] == 2


def test_case_B05_targets_that_the_user_had_before_are_counted(make_store):
    split = LeaveOneOut()(make_store({"u1": "a b c a", "u2": "a b b c"}))
    assert split.report["repeat_test_targets"] == 1
    assert split.report["repeat_valid_targets"] == 1


def test_nobody_to_evaluate_is_no_crash(make_store):
    split = LeaveOneOut()(make_store({"u1": "a b"}))
    assert (len(split.valid), split.train_lengths.tolist()) == (0, [2])
    assert split.report["evaluable_users"] == 0


def test_fewer_than_three_items_cannot_be_split():
    with pytest.raises(ValueError, match="min_items must be at least 3, found 2"):
        LeaveOneOut(min_items=2)


@pytest.fixture(scope="module")
def store_of(real_data):
    stores = {}

    def store_of(file):
        if file not in stores:
            stores[file] = prepare(read_file(real_data / Path(file)), DatasetSlot())[0]
        return stores[file]

    return store_of


def test_case_B13_counts_of_video(store_of):
    store = store_of("video/interactions.txt.gz")
    for min_items, counts in ((3, (30_901, 225_305, 194_292)), (4, (30_629, 225_849, 194_836))):
        report = LeaveOneOut(min_items=min_items)(store).report
        assert (report["evaluable_users"], report["train_rows"], report["train_pairs"]) == counts


@pytest.mark.parametrize(
    ("file", "evaluable", "valid", "test"),
    [
        ("ml-1m/interactions.txt.gz", 6040, None, 2),
        ("video/interactions.txt.gz", 30_901, 764, 1167),
        ("beauty/sequences.txt.gz", 22_363, 51, 138),
    ],
)
def test_case_B15_cold_targets_of_real_data(store_of, file, evaluable, valid, test):
    report = LeaveOneOut()(store_of(file)).report
    assert (report["evaluable_users"], report["cold_test_targets"]) == (evaluable, test)
    assert valid in (None, report["cold_valid_targets"])


@pytest.mark.parametrize("file", ["ml-1m/interactions.txt.gz", "video/interactions.txt.gz"])
def test_case_B05_no_test_target_of_real_data_was_had_before(store_of, file):
    assert LeaveOneOut()(store_of(file)).report["repeat_test_targets"] == 0
