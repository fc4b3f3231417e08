"""From the table ``[tune]`` to parameters with their ranges, collecting every problem."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from fw.config.keys import TUNE, wrong_shape
from fw.config.nodes import Node
from fw.config.own_tables import read_keys
from fw.config.values import found
from fw.errors import Problem
from fw.tune.tables import Choices, Parameter, Range, RangeKeys, TuneKeys

EXAMPLE = (
    'add [tune.parameters] with "optimizer.learning_rate" = { low = 1e-4, high = 1e-2, log = true }'
)
_FORMS = "write { low = 0.0, high = 0.5 } or { choices = [0.1, 0.2] }"
_NEVER = {
    "seed": "cannot be searched: the best of many seeds is luck",
    "training.final_fit": "cannot be searched: a final fit has no validation to be selected by",
    "training.monitor": "cannot be searched: it selects",
}


@attrs.define(eq=False)
class TuneReader:
    """Reads the table ``[tune]``; what is wrong with it is added to ``problems``."""

    node: Node
    problems: list[Problem] = attrs.field(factory=list)

    def keys(self) -> TuneKeys | None:
        """Read how is searched; None if anything about that is wrong."""
        if not self.node.is_table:
            self.problems.append(wrong_shape(self.node, TUNE, many=False))
            return None
        made: TuneKeys | None = read_keys(
            self.node, "[tune]", TuneKeys, self.problems, ["parameters"]
        )
        return made

    def parameters(self) -> list[Parameter]:
        """Read all parameters that could be read."""
        node = self.node.get("parameters")
        if node is None or not node.is_table or not node.value:
            place = self.node.place if node is None else node.place
            self.problems.append(place.problem("[tune] has no parameters", EXAMPLE))
            return []
        return [one for key, child in node.value.items() for one in self._parameter(key, child)]

    def _parameter(self, key: str | int, node: Node) -> Iterator[Parameter]:
        key = str(key)
        if key in _NEVER:
            self.problems.append(node.place.problem(f"{key} {_NEVER[key]}"))
        elif not node.is_table:
            message = f"{key} must be a table, found {found(node.plain())}"
            self.problems.append(node.place.problem(message, _FORMS))
        elif node.get("choices") is not None:
            yield from self._choices(key, node)
        elif node.get("low") is None and node.get("high") is None:
            hint = f'write "{key}.{next(iter(node.value))}" in quotes' if node.value else _FORMS
            self.problems.append(node.place.problem(f"{key} has neither low nor choices", hint))
        else:
            yield from self._range(key, node)

    def _range(self, key: str, node: Node) -> Iterator[Parameter]:
        made: RangeKeys | None = read_keys(node, key, RangeKeys, self.problems)
        low, high = node.get("low"), node.get("high")
        if made is None or low is None or high is None:
            return
        parameter = Range(key=key, keys=made, low=low, high=high)
        wrong = [*parameter.problems()]
        self.problems += wrong
        if not wrong:
            yield parameter

    def _choices(self, key: str, node: Node) -> Iterator[Parameter]:
        choices = node.value["choices"]
        others = [name for name in node.value if name != "choices"]
        if others:
            message = f"{key} has choices, and so no {others[0]}"
            self.problems.append(node.value[others[0]].place.problem(message))
        elif not choices.is_list or len(choices.value) < 2:
            message = f"{key}: choices must be a list of two values or more"
            self.problems.append(choices.place.problem(message))
        else:
            yield Choices(key=key, values=choices.value, place=choices.place)
