"""A sample of cases: of the same users for validation and test, whatever else there is."""

import numpy as np
import pytest

from fw.config.slots import DatasetSlot
from fw.data.prepare import prepare
from fw.data.sampled_cases import with_fewer_cases
from fw_plugins.splitters.leave_one_out import LeaveOneOut


@pytest.fixture
def split(make_interactions):
    rows = [(str(user), str(item)) for user in range(40) for item in range(5)]
    return LeaveOneOut()(prepare(make_interactions(rows), DatasetSlot())[0])


def test_the_same_users_are_validated_and_tested_and_training_stays(split):
    fewer = with_fewer_cases(split, 10)
    assert len(set(fewer.test.rows.tolist())) == 10
    assert fewer.valid.rows.tolist() == fewer.test.rows.tolist()
    assert (np.diff(fewer.test.rows) > 0).all()
    assert fewer.test.ends.tolist() == [4] * 10
    assert fewer.train_lengths is split.train_lengths
    assert fewer.report["all_test_cases"] == 40


def test_a_larger_sample_has_the_smaller_one_in_it(split):
    few, more = (set(with_fewer_cases(split, n).test.rows.tolist()) for n in (5, 25))
    assert few < more


def test_as_many_cases_as_there_are_leave_all_as_it_was(split):
    same = with_fewer_cases(split, 1000)
    assert same.test.rows.tolist() == split.test.rows.tolist()


def test_cases_of_every_user_are_as_likely_as_any(split):
    chosen = with_fewer_cases(split, 20).test.rows
    assert 5 <= (chosen < 20).sum() <= 15
