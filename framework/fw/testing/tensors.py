"""The tensors in what a component is given or gives back, by name, and how two of them differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn


def tensors(value: Any, name: str = "") -> dict[str, Tensor]:
    """Return all tensors in tuples, mappings and modules, named by the way to them."""
    if isinstance(value, Tensor):
        return {name: value}
    prefix = f"{name}." if name else ""
    parts = (tensors(one, f"{prefix}{key}") for key, one in _parts(value))
    return {key: tensor for part in parts for key, tensor in part.items()}


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, nn.Module):
        yield from (*value.named_parameters(), *value.named_buffers())
    elif hasattr(value, "_asdict"):
        yield from value._asdict().items()
    elif isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, tuple | list):
        yield from ((str(number), one) for number, one in enumerate(value))


def difference(left: Mapping[str, Tensor], right: Mapping[str, Tensor]) -> str:
    """Say where two results differ first, or return nothing.

    Floats may differ by rounding. Where one is wider, only what both have along the second axis is
    compared: the rest is padding.
    """
    for name, one in left.items():
        pair = _cut(one, right[name]), _cut(right[name], one)
        if not _equal(*pair):
            return f"{name} {_first_difference(*pair)}".strip()
    return ""


def rows_of(values: Mapping[str, Tensor], numbers: list[int]) -> dict[str, Tensor]:
    """Take the given rows of each tensor that has rows."""
    return {name: value[numbers] if value.dim() else value for name, value in values.items()}


def _cut(value: Tensor, other: Tensor) -> Tensor:
    return value[:, : other.shape[1]] if value.dim() > 1 and other.dim() > 1 else value


def _equal(one: Tensor, other: Tensor) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.is_floating_point():
        return torch.allclose(one, other, rtol=1e-4, atol=1e-5, equal_nan=True)
    return torch.equal(one, other)


def _first_difference(one: Tensor, other: Tensor) -> str:
    if one.shape != other.shape or one.dtype != other.dtype:
        return " and ".join(f"{list(value.shape)} {value.dtype}" for value in (one, other))
    rows = zip(*(value.reshape(-1, *value.shape[1:]) for value in (one, other)), strict=True)
    number, pair = next((n, pair) for n, pair in enumerate(rows) if not _equal(*pair))
    return f"[{number}]: {_words(pair[0])} and {_words(pair[1])}"


def _words(value: Tensor, most: int = 8) -> str:
    """Write a tensor in a few words."""
    values = value.detach().flatten()[:most].tolist()
    short = [round(one, 4) if isinstance(one, float) else one for one in values]
    return f"{short}".removesuffix("]") + (", ...]" if value.numel() > most else "]")
