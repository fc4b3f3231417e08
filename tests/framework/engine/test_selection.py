"""Which epoch is kept, and when training stops."""

import math

from fw.engine.selection import Selection


def run_through(values):
    state = Selection()
    for epoch, value in enumerate(values, start=1):
        state = state.trained(epoch, 1.0).evaluated(value, 0.5)
    return state


def test_case_B14_the_best_epoch_is_the_one_that_validation_likes_best():
    state = run_through([0.10, 0.30, 0.20])
    assert (state.best_epoch, state.best_value, state.waited) == (2, 0.30, 1)


def test_case_B24_not_a_number_is_no_improvement():
    state = run_through([math.nan, 0.2, 0.3, math.nan])
    assert (state.best_epoch, state.best_value, state.waited) == (3, 0.3, 1)


def test_a_run_of_values_that_are_no_numbers_has_no_best_epoch():
    assert run_through([math.nan, math.nan]).best_epoch == 0


def test_an_equal_value_is_no_improvement():
    assert run_through([0.3, 0.3]).best_epoch == 1


def test_training_stops_after_patience_evaluations_without_improvement():
    state = run_through([0.3, 0.1, 0.2])
    assert not state.finished(epochs=10, patience=3)
    assert state.finished(epochs=10, patience=2)
    assert state.finished(epochs=3, patience=99)


def test_the_state_survives_being_stored_as_plain_values():
    state = run_through([0.1, 0.3])
    assert Selection.from_plain(state.plain()) == state
