"""Columns become numbers by what the training part knows of them, and 0 says that nothing is."""

import numpy as np
import pytest

from fw.data.coding import Coding, ColumnUse, coded, time_gaps

TRAINED = np.array([1.0, 2.0, 2.0, 3.0, np.nan], dtype=np.float32)


def coding(form, trained=TRAINED, **more):
    return Coding.of(ColumnUse(name="rating", form=form, **more), np.asarray(trained))


def test_numbers_are_standardised_by_the_training_part():
    """Of 1, 2, 2, 3 the mean is 2 and the variance 1/2."""
    found = coding("number")(np.array([2.0, 3.0, 9.0, np.nan], dtype=np.float32))
    assert found.dtype == np.float32
    assert found[1:3].tolist() == pytest.approx([np.sqrt(2), 7 * np.sqrt(2)])
    assert found[3] == 0


def test_a_number_of_just_the_mean_is_known():
    (found,) = coding("number")(np.array([2.0]))
    assert found != 0
    assert abs(found) < 1e-20


def test_whole_numbers_are_all_known():
    assert (coding("number", [0, 4])(np.array([0, 4, 8])) != 0).all()


def test_a_column_of_one_value_is_only_moved():
    assert coding("number", [3.0, 3.0])(np.array([5.0])).tolist() == [2.0]


def test_a_log_keeps_signs_and_is_standardised():
    """log(1 + (e - 1)) = 1: of -1 and 1 the mean is 0 and the deviation 1."""
    edge = np.e - 1
    found = coding("log", [-edge, edge])(np.array([-edge, edge, np.e**3 - 1]))
    assert found.tolist() == pytest.approx([-1, 1, 3])


def test_categories_are_numbered_in_order_and_others_are_not_known():
    found = coding("category")
    assert found.size == 3
    assert found(np.array([3.0, 1.0, 2.0, 4.0, np.nan])).tolist() == [3, 1, 2, 0, 0]


def test_texts_are_categories_and_the_empty_one_is_not_known():
    found = coding("category", np.array(["phone", "", "desktop"]))
    assert found(np.array(["phone", "desktop", "watch", "", "a longer text"])).tolist() == [
        *(2, 1, 0, 0, 0)
    ]


def test_a_number_is_one_category_in_either_precision():
    found = coding("category", np.array([0.1, 0.2], dtype=np.float32))
    assert found(np.array([0.2, 0.1], dtype=np.float64)).tolist() == [2, 1]


def test_quantiles_hold_about_equally_many_training_values():
    values = np.random.default_rng(1).exponential(size=1000)
    found = coding("quantile", values, bins=4)
    assert found.size == 4
    assert np.bincount(found(values)).tolist() == [0, 250, 250, 250, 250]
    assert found(np.array([-5.0, 1e9, np.nan])).tolist() == [1, 4, 0]


def test_quantiles_of_few_values_are_as_many_as_there_are():
    found = coding("quantile", [1, 1, 1, 1, 5], bins=16)
    codes = found(np.array([1, 5]))
    assert len(set(codes.tolist())) == 2
    assert codes.max() <= found.size


@pytest.mark.parametrize("form", ["number", "log", "category", "quantile"])
def test_a_column_of_which_nothing_is_known_in_training_has_a_coding(form):
    found = coding(form, np.array([np.nan], dtype=np.float32))
    assert np.isfinite(found(np.array([np.nan, 1.0], dtype=np.float32))).all()


def test_time_gaps_are_those_to_the_interaction_before():
    times, offsets = np.array([5, 7, 7, 100, 104]), np.array([0, 3, 3, 5])
    found = time_gaps(times, offsets)
    assert found[[1, 2, 4]].tolist() == [2, 0, 4]
    assert np.isnan(found[[0, 3]]).all()


def test_what_is_not_there_is_left_out_of_what_is_coded():
    codings = {"a": coding("number")}
    assert coded(codings, {}, None, np.array([0, 1])) == {}
    assert list(coded(codings, {"rating": TRAINED}, None, np.array([0, 5]))) == ["a"]


def test_forms_of_one_column_have_names_of_their_own():
    uses = [ColumnUse(name="rating", form=form) for form in ("number", "category", "quantile")]
    uses.append(ColumnUse(name="rating", form="quantile", bins=4))
    assert len({use.key for use in uses}) == 4
