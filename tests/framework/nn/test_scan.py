"""The linear recurrence against a loop over positions, and its gradients against differences."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from fw.nn.scan import scan


def drawn(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def looped(decay, inputs):
    """Go from position to position, in torch's own complex numbers."""
    decay, inputs = torch.complex(*decay), torch.complex(*inputs)
    state, states = torch.zeros_like(inputs[:, 0]), []
    for position in range(inputs.shape[1]):
        state = decay * state + inputs[:, position]
        states.append(state)
    return torch.stack(states, 1)


def test_by_hand():
    # decay i: 1, then i + 2, then i (i + 2) + 3 = 2 + 2i
    decay = torch.zeros(1), torch.ones(1)
    inputs = torch.tensor([[[1.0], [2.0], [3.0]]]), torch.zeros(1, 3, 1)
    real, imaginary = scan(decay, inputs)
    assert real.flatten().tolist() == [1, 2, 2]
    assert imaginary.flatten().tolist() == [0, 1, 2]


@settings(max_examples=30)
@given(length=st.integers(1, 40), rows=st.integers(1, 3), seed=st.integers(0, 99))
def test_states_are_those_of_a_loop_at_any_length(length, rows, seed):
    decay = tuple(0.7 * drawn(2, 4, seed=seed).clamp(-1, 1))
    inputs = tuple(drawn(2, rows, length, 4, seed=seed + 1))
    before = [part.clone() for part in (*decay, *inputs)]
    states = torch.complex(*scan(decay, inputs))
    assert_close(states, looped(decay, inputs), rtol=1e-9, atol=1e-9)
    assert all(map(torch.equal, before, (*decay, *inputs)))


@pytest.mark.parametrize("length", [1, 2, 5, 8])
def test_gradients_are_those_of_small_differences(length):
    decay = (0.6 * drawn(2, 3)).requires_grad_()
    inputs = drawn(2, 2, length, 3, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda d, u: scan(tuple(d), tuple(u)), (decay, inputs))


def test_gradients_are_those_of_the_loop():
    parts = [drawn(3, seed=1), drawn(3, seed=2), drawn(2, 9, 3, seed=3), drawn(2, 9, 3, seed=4)]
    parts = [part.div(2).requires_grad_() for part in parts]
    towards = drawn(2, 2, 9, 3, seed=5)
    found = scan(parts[:2], parts[2:])
    fast = torch.autograd.grad((torch.stack(found) * towards).sum(), parts)
    slow = torch.view_as_real(looped(parts[:2], parts[2:])).movedim(-1, 0)
    assert_close(fast, torch.autograd.grad((slow * towards).sum(), parts), rtol=0, atol=1e-9)


def test_the_number_of_passes_is_the_logarithm_of_the_length(monkeypatch):
    from fw.nn import scan as module

    counted = []
    product = module._product
    monkeypatch.setattr(module, "_product", lambda *factors: counted.append(1) or product(*factors))
    module._scan(drawn(2, 3), drawn(2, 1, 200, 3))
    assert len(counted) == 2 * 8  # a pass and a power each; 2^8 is the first power above 200


# Torch's own compiler makes an instance of the function while it traces it.
@pytest.mark.filterwarnings("ignore:.*Function'> should not be instantiated:DeprecationWarning")
def test_it_compiles_as_one_graph():
    parts = [drawn(3, seed=1), drawn(3, seed=2), drawn(2, 5, 3, seed=3), drawn(2, 5, 3, seed=4)]
    parts = [part.div(2).requires_grad_() for part in parts]
    torch.compiler.reset()
    compiled = torch.compile(scan, backend="eager", fullgraph=True)
    plain, captured = (torch.stack(one(parts[:2], parts[2:])) for one in (scan, compiled))
    assert_close(captured, plain)
    assert_close(*(torch.autograd.grad(one.square().sum(), parts) for one in (captured, plain)))
