"""Loaders that break their contract."""

# ruff: noqa: RUF012 (what is expected is never changed)

import multiprocessing
import time

import attrs

from fw.testing import LoaderContract

EPOCHS = "test_every_epoch_has_just_the_histories_of_its_plans"
EMPTY = "test_an_epoch_without_plans_is_empty"
EARLY = "test_it_can_be_closed_before_it_was_used"
LEFT = "test_nothing_is_left_once_it_is_closed"
HINT = "\n    what a loader gives must not depend on where or by whom it is made"


class Right:
    """Gather each batch when it is asked for."""

    def __init__(self, info):
        self.training = info.training

    def __call__(self, plans):
        for plan in plans:
            yield self.training.history(plan)

    def close(self):
        """Do nothing."""


def loader(made):
    """Make a component of the class of a loader."""

    @attrs.frozen(kw_only=True)
    class Component:
        """Break one rule."""

        def build(self, info):
            return made(info)

    return Component


class TestRight(LoaderContract):
    component = loader(Right)
    expected = {}


class ForgetsTheLast(Right):
    def __call__(self, plans):
        return super().__call__(plans[:-1])


class TestForgets(LoaderContract):
    component = loader(ForgetsTheLast)
    expected = {EPOCHS: "5 plans gave 4 histories"}


class AddsOne(Right):
    def __call__(self, plans):
        for history in super().__call__(plans):
            yield history._replace(items=history.items + history.is_real())


class TestOtherItems(LoaderContract):
    component = loader(AddsOne)
    expected = {
        EPOCHS: "epoch 1: a history differs from info.training.history(plan): items is ..." + HINT
    }


class WithoutColumns(Right):
    def __call__(self, plans):
        for history in super().__call__(plans):
            yield history._replace(columns={})


class TestWithoutColumns(LoaderContract):
    component = loader(WithoutColumns)
    expected = {
        EPOCHS: "epoch 1: a history differs from info.training.history(plan): it has "
        "['items', 'lengths', 'rows'] in place of ['columns.rating', 'items', 'lengths', 'rows']"
        + HINT
    }


class AlwaysOne(Right):
    def __call__(self, plans):
        if not plans:
            yield None
        yield from super().__call__(plans)


class TestNobody(LoaderContract):
    component = loader(AlwaysOne)
    expected = {EMPTY: "no plans gave histories"}


class ClosesWhatIsOpen(Right):
    def __call__(self, plans):
        self.opened = True
        return super().__call__(plans)

    def close(self):
        """Need something that was opened."""
        assert self.opened


class TestClosesWhatIsOpen(LoaderContract):
    component = loader(ClosesWhatIsOpen)
    expected = {EARLY: "AttributeError: 'ClosesWhatIsOpen' object has no attribute 'opened'"}


class Leaves(Right):
    def __call__(self, plans):
        context = multiprocessing.get_context("spawn")
        context.Process(target=time.sleep, args=(5,), daemon=True).start()
        return super().__call__(plans)


class TestLeavesProcesses(LoaderContract):
    component = loader(Leaves)
    expected = {LEFT: "processes are left: [...]\n    end them in close()"}
