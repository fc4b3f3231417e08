"""Weights from a file into a model, if they are that model's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor, nn

_SHOWN = 3


def fit_weights(module: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Load ``weights`` into a module; raises ValueError, saying where, if they do not fit it."""
    found = list(_differences(module.state_dict(), weights))
    if found:
        more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        raise ValueError("\n    ".join(["they are of another model", *found[:_SHOWN], *more]))
    module.load_state_dict(weights)


def _differences(own: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> Iterator[str]:
    for name in sorted({*own, *found}):
        if name not in found:
            yield f"{name} is missing"
        elif name not in own:
            yield f"{name} is not a part of the recipe's model"
        elif own[name].shape != found[name].shape:
            yield f"{name} is {list(found[name].shape)}, it should be {list(own[name].shape)}"
