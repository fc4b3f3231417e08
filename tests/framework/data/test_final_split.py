"""The split of a final fit: what is trained on grows by the validation items alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fw.data.final_split import with_validation_trained
from fw.data.sequences import SequenceStore
from fw.data.split import CaseList, Split
from fw_plugins.splitters.leave_one_out import LeaveOneOut
from fw_plugins.splitters.time_split import TimeSplit


def store_of(lengths):
    """Return rows of these lengths, row r having the items 1, 2 ..., each at its own time."""
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    items = np.concatenate([np.arange(1, n + 1) for n in lengths]).astype(np.int32)
    most = max(lengths)
    return SequenceStore(
        items=items,
        offsets=offsets,
        source_rows=np.arange(len(items)),
        user_ids=np.arange(len(lengths)).astype(str).astype(object),
        item_ids=np.arange(1, most + 1).astype(str).astype(object),
        times=items.astype(np.int64),
    )


def test_leave_one_out_then_trains_on_all_but_the_newest_item():
    split = LeaveOneOut()(store_of([2, 3, 5]))
    final = with_validation_trained(split)
    assert split.train_lengths.tolist() == [2, 1, 3]
    assert final.train_lengths.tolist() == [2, 2, 4]
    assert len(final.valid) == 0
    assert final.test is split.test
    assert final.item_counts.tolist() == [0, 3, 3, 1, 1, 0, 0]
    assert final.report["train_rows"] == 8
    assert final.report["rule"] == f"{split.report['rule']}; trained on validation items too"


def test_of_several_validation_targets_the_last_one_counts():
    store = store_of([6, 6])
    split = Split(
        store=store,
        train_lengths=np.array([2, 3]),
        valid=CaseList(np.array([0, 0]), np.array([4, 2])),
        test=CaseList(np.array([0, 1]), np.array([5, 5])),
    )
    assert with_validation_trained(split).train_lengths.tolist() == [5, 3]
    assert split.train_lengths.tolist() == [2, 3]


@given(
    st.lists(st.integers(3, 12), min_size=1, max_size=8), st.sampled_from(["last", "first", "all"])
)
def test_no_test_target_is_ever_trained_on(lengths, target):
    splits = [LeaveOneOut()(store_of(lengths))]
    if max(lengths) > 5:
        splits.append(TimeSplit(cut=5, valid_cut=3, target=target)(store_of(lengths)))
    for split in splits:
        final = with_validation_trained(split)
        assert (final.test.ends >= final.train_lengths[final.test.rows]).all()
        assert (final.train_lengths >= split.train_lengths).all()
        for row, end in zip(split.valid.rows, split.valid.ends, strict=True):
            assert final.train_lengths[row] > end


@pytest.mark.parametrize("lengths", [[2, 2], [1]])
def test_where_nobody_is_validated_nothing_changes(lengths):
    split = LeaveOneOut()(store_of(lengths))
    assert with_validation_trained(split).train_lengths.tolist() == split.train_lengths.tolist()
