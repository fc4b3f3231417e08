"""Signals that ask to stop: heard once, where nothing is broken off half-way."""

import signal
import threading
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from fw.stopping import Stop, Stopped, listening


@contextmanager
def ended_by(error):
    """Listen to signals, and see to it that just this exception comes out."""
    with pytest.raises(error) as caught, listening() as stop:
        yield SimpleNamespace(stop=stop, caught=caught)


def ask(number=signal.SIGTERM):
    signal.raise_signal(number)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_at_once_with_the_exit_code_of_shells(number, code):
    with pytest.raises(Stopped) as caught, listening():
        ask(number)
    assert caught.value.exit_code == code
    assert isinstance(caught.value, KeyboardInterrupt)  # so no "except Exception" swallows it


def test_where_signals_are_held_they_wait_for_its_end():
    done = []
    with ended_by(Stopped) as end, end.stop.held():
        ask()
        done.append("the step")
    assert done == ["the step"]


def test_inside_a_held_part_a_check_stops():
    done = []
    with ended_by(Stopped) as end, end.stop.held():
        ask()
        end.stop.check()
        done.append("never")
    assert done == []


def test_inside_a_held_part_signals_may_be_let_through():
    done = []
    with ended_by(Stopped) as end, end.stop.held():
        done.append("before")
        with end.stop.held(False):
            ask()
            done.append("never")
    assert done == ["before"]


def test_what_waits_is_heard_where_signals_are_let_through():
    done = []
    with ended_by(Stopped) as end, end.stop.held():
        ask()
        with end.stop.held(False):
            done.append("never")
    assert done == []


def test_the_second_signal_disturbs_nobody_who_puts_things_in_order():
    done = []
    with ended_by(Stopped) as end:
        try:
            ask(signal.SIGINT)
        finally:
            ask(signal.SIGINT)
            ask(signal.SIGTERM)
            done.append("in order")
    assert done == ["in order"]
    assert end.caught.value.exit_code == 130


def test_an_exception_is_not_replaced_by_the_signal_that_waits():
    with ended_by(ZeroDivisionError) as end, end.stop.held():
        ask()
        raise ZeroDivisionError


def test_handlers_are_put_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with listening() as outer:
        with listening() as inner:
            assert inner is outer
        assert signal.getsignal(signal.SIGINT) is outer
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_signal_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with listening() as stop:
            ask(signal.SIGTERM)
            stop.check()
    finally:
        signal.signal(signal.SIGTERM, before)


def test_outside_the_main_thread_nothing_is_touched():
    found = []

    def work():
        with listening() as stop:
            found.append((stop, signal.getsignal(signal.SIGINT)))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert isinstance(found[0][0], Stop)
    assert found[0][1] is before
