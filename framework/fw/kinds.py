"""The table of kinds: every sort of component that a recipe can name.

A further kind is one row here, one hook in :mod:`fw.hookspecs`, one protocol in
:mod:`fw.interfaces` and one contract class in :mod:`fw.testing`.
"""

from __future__ import annotations

import attrs

from fw.config.chosen import Slot
from fw.config.slots import DatasetSlot, InputSlot, LossSlot, ScheduleSlot, SplitterSlot


@attrs.frozen(kw_only=True)
class Kind:
    """One row of the table.

    ``key`` is the table of a recipe that names such a component, an array of tables if ``many``.
    ``protocol`` is the name of the class in :mod:`fw.interfaces` that a component must follow,
    ``slot`` the class of fw's own keys in the component's table, ``default`` the component of a
    recipe that names none.
    """

    name: str
    key: str
    hook: str
    protocol: str
    many: bool = False
    required: bool = True
    default: str = ""
    slot: type[Slot] = Slot


def _kind(name: str, *, plural: str = "", **options: object) -> Kind:
    plural = plural or f"{name}s"
    key = plural if options.get("many") else name
    protocol = name.capitalize()
    return Kind(name=name, key=key, hook=f"register_{plural}", protocol=protocol, **options)  # type: ignore[arg-type]


KINDS = {
    kind.name: kind
    for kind in (
        _kind("dataset", slot=DatasetSlot),
        _kind("splitter", slot=SplitterSlot),
        _kind("task"),
        _kind("loader", required=False, default="resident"),
        _kind("sampler", required=False),
        _kind("encoder"),
        _kind("input", many=True, required=False, slot=InputSlot),
        _kind("augmenter", many=True, required=False),
        _kind("pooling", required=False),
        _kind("loss", plural="losses", many=True, slot=LossSlot),
        _kind("optimizer"),
        _kind("schedule", required=False, slot=ScheduleSlot),
        _kind("evaluator", many=True),
        _kind("tracker", many=True, required=False),
        _kind("executor", required=False),
        _kind("index", plural="indexes", required=False),
    )
}
