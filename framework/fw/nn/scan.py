"""The linear recurrence h[t] = lambda * h[t - 1] + u[t], of complex numbers, for all t at once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Complex numbers are pairs of real tensors here: torch's own cannot be had on every device, nor in
# every precision.
Complex = tuple[Tensor, Tensor]


def scan(decay: Complex, inputs: Complex) -> Complex:
    """Return h ([B, L, S]) of h[t] = decay * h[t - 1] + inputs[t], with h[-1] = 0.

    ``decay`` ([S]) and ``inputs`` ([B, L, S]) are real and imaginary parts. log2(L) passes over
    all positions, of which the one with step s adds what stands s positions before (Hillis and
    Steele, Communications of the ACM, 1986).
    """
    states: Complex = LinearRecurrence.apply(*decay, *inputs)  # type: ignore[no-untyped-call]
    return states


class LinearRecurrence(torch.autograd.Function):
    """The recurrence and its gradient, which is the same recurrence from the end.

    So nothing but the result is kept for the way back, where autograd would keep every pass.
    """

    @staticmethod
    def forward(
        ctx: Any, real_decay: Tensor, imaginary_decay: Tensor, real: Tensor, imaginary: Tensor
    ) -> Complex:
        """Return real and imaginary part of all states."""
        decay, states = (real_decay, imaginary_decay), (real.clone(), imaginary.clone())
        _scan(decay, states)
        ctx.save_for_backward(*decay, *states)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, ...]:
        """Return the gradients of both parts of decay and inputs."""
        real, imaginary, *states = ctx.saved_tensors
        # g[t] = gradient[t] + conj(decay) * g[t + 1], for which time is turned round.
        back = gradients[0].flip(1), gradients[1].flip(1)
        _scan((real, -imaginary), back)
        of_inputs = back[0].flip(1), back[1].flip(1)
        # That of decay is the sum over t of g[t] * conj(h[t - 1]).
        before = states[0][:, :-1], -states[1][:, :-1]
        of_decay = _product((of_inputs[0][:, 1:], of_inputs[1][:, 1:]), before)
        return of_decay[0].sum((0, 1)), of_decay[1].sum((0, 1)), *of_inputs


def _scan(decay: Complex, states: Complex) -> None:
    """Turn inputs ([B, L, S]) into states, in place."""
    length, step, power = states[0].shape[1], 1, decay
    while step < length:
        earlier = states[0][:, :-step], states[1][:, :-step]
        real, imaginary = _product(power, earlier)  # whole before anything is added
        states[0][:, step:].add_(real)
        states[1][:, step:].add_(imaginary)
        power, step = _product(power, power), 2 * step


def _product(one: Complex, other: Complex) -> Complex:
    (a, b), (c, d) = one, other
    return a * c - b * d, a * d + b * c
