"""What holds for components of every kind: they can be named in a recipe, built, and explained."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs
import pytest

import fw.interfaces
from fw.config.chosen import Chosen
from fw.engine.build import make
from fw.errors import FrameworkError
from fw.interfaces import Info
from fw.kinds import KINDS
from fw.testing import recipes, world
from fw.testing.messages import broken, require
from fw.testing.tensors import difference, tensors

SEED = 1


class Contract:
    """The checks that all kinds share; a test class is made from the subclass of its kind.

    Name the component, and its settings as a recipe would write them where the defaults will not
    do::

        class TestItemDropout(AugmenterContract):
            component = ItemDropout
            settings = {"probability": 0.5}

    The fixtures may be overridden: ``info``, what ``build`` is given, for a component that needs
    data of its own.
    """

    kind: ClassVar[str]
    component: ClassVar[type]
    settings: ClassVar[Mapping[str, Any]] = {}

    @pytest.fixture
    def chosen(self) -> Chosen:
        """The component as a recipe names it."""
        return recipes.choose(self.kind, self.component, self.settings)

    @pytest.fixture
    def info(self, chosen: Chosen) -> Info:
        """What ``build`` is given: ten users, thirty items, at most eight at a time.

        With the columns that the component asks for, if they are ``rating`` or ``time_gap``.
        """
        return world.make_info(getattr(chosen.settings, "columns", ()))

    @pytest.fixture
    def built(self, chosen: Chosen, info: Info) -> Any:
        """The component, built as a run builds it."""
        return make(chosen, info, SEED)

    def test_it_has_a_docstring(self, chosen: Chosen) -> None:
        """``fw describe`` shows it, and ``fw list-plugins`` its first line."""
        component = chosen.entry.component
        own = component.__doc__ or ""
        # Where there is none, attrs leaves nothing and a subclass must not show its parent's.
        require(
            inspect.cleandoc(own).partition("\n")[0].strip(),
            f"{component.__name__} has no docstring",
            'begin it with one line that says what it does: """Drop items at random."""',
        )

    def test_its_settings_cannot_be_changed(self, chosen: Chosen) -> None:
        """Settings are a frozen attrs class, since several runs may share them."""
        try:
            chosen.settings.a_new_attribute = 1
        except attrs.exceptions.FrozenInstanceError:
            return
        except AttributeError:
            pass  # slots alone: existing fields can still be set
        broken(
            f"{type(chosen.settings).__name__} is not frozen",
            "decorate it with @attrs.frozen(kw_only=True)",
        )

    def test_its_settings_survive_a_round_trip_through_a_recipe(self, chosen: Chosen) -> None:
        """A run folder keeps its recipe with all defaults, from which the run can be repeated."""
        try:
            again = recipes.read_again(chosen)
        except FrameworkError as error:
            broken("its settings cannot be written down and read again", str(error))
        require(
            again.settings == chosen.settings,
            f"{chosen.settings} is read back as {again.settings}",
            "compare by value: attrs.frozen without eq=False",
        )

    def test_it_follows_the_protocol_of_its_kind(self, chosen: Chosen, built: Any) -> None:
        """It has everything that its protocol in ``fw.interfaces`` names."""
        name = KINDS[chosen.kind].protocol
        protocol: Any = getattr(fw.interfaces, name)
        lacking = [word for word in _asked_by(protocol) if not hasattr(built, word)]
        require(
            not lacking,
            f"{type(built).__name__} has no {', '.join(lacking)}",
            f"see fw.interfaces.{name}",
        )

    def test_it_is_built_the_same_from_the_same_seed(
        self, chosen: Chosen, info: Info, built: Any
    ) -> None:
        """Initial weights come from torch's global generator, which fw seeds, and nothing else."""
        found = difference(tensors(built), tensors(make(chosen, info, SEED)))
        require(
            not found,
            f"two builds from one seed differ in {found}",
            "draw initial weights from torch's global generator",
        )


def _asked_by(protocol: Any) -> list[str]:
    """Name the attributes and methods of a protocol."""
    methods = [
        name
        for name, value in vars(protocol).items()
        if inspect.isfunction(value) and (name == "__call__" or not name.startswith("_"))
    ]
    return sorted({*protocol.__annotations__, *methods})
