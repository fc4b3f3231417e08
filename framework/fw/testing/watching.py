"""Watching a training step: what the host reads, which shapes hang on values, what stays behind."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import Any, Literal, NamedTuple

import attrs
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

Rule = Literal["read", "shape", "device"]

_TORCH = str(Path(torch.__file__).parent)
_FRAMEWORK = str(Path(__file__).parents[1])
_HERE = str(Path(__file__).parent)

_READS = {
    "item": "item()",
    "tolist": "tolist()",
    "numpy": "numpy()",
    "cpu": "cpu()",
    "__array__": "a conversion to numpy",
    "__bool__": "an if, and, or, not, or bool() of a tensor",
    "__int__": "int()",
    "__float__": "float()",
    "__complex__": "complex()",
    "__index__": "a tensor used as a Python integer",
    "__contains__": "in",
    "__format__": "a tensor written as text",
    "__repr__": "a tensor written as text",
    "equal": "equal()",
    "allclose": "allclose()",
    "is_nonzero": "is_nonzero()",
}
_SHAPES = {
    "nonzero": "nonzero()",
    "argwhere": "argwhere()",
    "masked_select": "masked_select()",
    "unique": "unique()",
    "unique_consecutive": "unique_consecutive()",
    "bincount": "bincount()",
}
_FACTORIES = {
    *("arange", "as_tensor", "empty", "eye", "full", "linspace", "ones", "rand"),
    *("randint", "randn", "randperm", "tensor", "tril_indices", "triu_indices", "zeros"),
}


class Finding(NamedTuple):
    """Something that a step must not do, and the line that did it."""

    rule: Rule
    what: str
    place: str

    def __str__(self) -> str:
        return f"{self.what} in {self.place}"


class StepWatch(TorchFunctionMode):
    """Notes every call of torch that the step contract forbids, and counts all calls."""

    def __init__(self) -> None:
        super().__init__()
        self.findings: list[Finding] = []
        self.num_calls = 0

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Look at one call, and let it happen."""
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        result = func(*args, **kwargs)
        self.num_calls += 1
        found = _forbidden(name, args, kwargs) or _left_behind(name, args, kwargs, result)
        if found:
            self.findings.append(Finding(*found, place=_place()))
        return result

    def of(self, *rules: Rule) -> str:
        """Return the findings under some rules, a line each."""
        found = [str(finding) for finding in self.findings if finding.rule in rules]
        return "\n".join(dict.fromkeys(found))


def held_tensors(component: Any) -> list[str]:
    """Name the tensors that a component holds where nobody moves them to its device."""
    modules = component.modules() if isinstance(component, nn.Module) else [component]
    return [
        f"{type(owner).__name__}.{name}"
        for owner in modules
        for name, value in _attributes(owner).items()
        if isinstance(value, Tensor) and value.dim()
    ]


def _attributes(owner: Any) -> dict[str, Any]:
    if attrs.has(type(owner)):
        return attrs.asdict(owner, recurse=False)
    return dict(getattr(owner, "__dict__", {}))


def _forbidden(
    name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Rule, str] | None:
    if name in _READS:
        return "read", _READS[name]
    if name in ("__getitem__", "__setitem__") and _reads_index(args[1]):
        return "read", "a tensor as the end of a slice"
    if name in ("tensor", "as_tensor") and _has_tensors(args[0]):
        return "read", f"{name}() of a list of tensors"
    if name in _SHAPES:
        return "shape", _SHAPES[name]
    if name in ("__getitem__", "__setitem__", "index_put", "index_put_") and _by_mask(args[1]):
        return "shape", "selection by a boolean mask"
    if name == "where" and len(args) + len(kwargs) == 1:
        return "shape", "where() of a condition alone"
    if name == "repeat_interleave" and _repeats_by_value(args, kwargs):
        return "shape", "repeat_interleave() without output_size"
    return None


def _left_behind(
    name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], result: Any
) -> tuple[Rule, str] | None:
    made_here = name in _FACTORIES and kwargs.get("device") is None
    if not made_here or not isinstance(result, Tensor) or not result.dim():
        return None
    if name == "as_tensor" and isinstance(args[0], Tensor):
        return None
    return "device", f"{name}() without device="


def _indices(index: Any) -> tuple[Any, ...]:
    return tuple(index) if isinstance(index, tuple | list) else (index,)


def _by_mask(index: Any) -> bool:
    masks = (one for one in _indices(index) if isinstance(one, Tensor))
    return any(mask.dtype in (torch.bool, torch.uint8) for mask in masks)


def _reads_index(index: Any) -> bool:
    slices = (one for one in _indices(index) if isinstance(one, slice))
    return any(isinstance(end, Tensor) for one in slices for end in (one.start, one.stop))


def _has_tensors(value: Any) -> bool:
    return isinstance(value, tuple | list) and any(isinstance(one, Tensor) for one in value)


def _repeats_by_value(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    repeats = kwargs.get("repeats", args[1] if len(args) > 1 else args[0])
    return isinstance(repeats, Tensor) and kwargs.get("output_size") is None


def _place() -> str:
    """Return the innermost line of the component, in the plugin's own code if there is any."""
    frames = [frame for frame in _component_frames() if not frame.filename.startswith(_TORCH)]
    own = (frame for frame in frames if not frame.filename.startswith(_FRAMEWORK))
    frame = next(own, frames[0]) if frames else None
    return f"{Path(frame.filename).name}, line {frame.lineno}: {frame.line}" if frame else "?"


def _component_frames() -> Iterator[traceback.FrameSummary]:
    """Yield what the kit called, innermost first."""
    stack = reversed(traceback.extract_stack())
    called = dropwhile(lambda frame: frame.filename == __file__, stack)
    return takewhile(lambda frame: not frame.filename.startswith(_HERE), called)
