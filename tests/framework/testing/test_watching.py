"""What the watch over a step sees, and what it lets pass."""

import numpy as np
import pytest
import torch
from torch import nn

from fw.random import Rng
from fw.testing.draws import place
from fw.testing.watching import StepWatch, held_tensors

VALUES = torch.tensor([3, 1, 2])
MASK = VALUES > 1
READS = {
    "item": lambda: VALUES[0].item(),
    "tolist": lambda: VALUES.tolist(),
    "numpy": lambda: VALUES.numpy(),
    "asarray": lambda: np.asarray(VALUES),
    "cpu": lambda: VALUES.cpu(),
    "if": lambda: 1 if MASK.any() else 0,
    "int": lambda: int(VALUES[0]),
    "float": lambda: float(VALUES[0]),
    "range": lambda: range(VALUES[0]),
    "slice": lambda: VALUES[: VALUES[1]],
    "in": lambda: 3 in VALUES,
    "text": lambda: f"{VALUES[0]}",
    "repr": lambda: repr(VALUES),
    "max": lambda: max(VALUES),
    "equal": lambda: torch.equal(VALUES, VALUES),
    "allclose": lambda: torch.allclose(VALUES, VALUES),
    "list of tensors": lambda: torch.tensor([VALUES[0], VALUES[1]], device="cpu"),
}
SHAPES = {
    "mask": lambda: VALUES[MASK],
    "mask among others": lambda: VALUES[None][:, MASK],
    "assignment": lambda: VALUES.clone().__setitem__(MASK, 0),
    "nonzero": lambda: MASK.nonzero(),
    "where": lambda: torch.where(MASK),
    "argwhere": lambda: torch.argwhere(MASK),
    "masked_select": lambda: VALUES.masked_select(MASK),
    "unique": lambda: torch.unique(VALUES),
    "bincount": lambda: torch.bincount(VALUES, minlength=9),
    "repeat_interleave": lambda: torch.repeat_interleave(VALUES, VALUES),
    "repeats": lambda: VALUES.repeat_interleave(repeats=VALUES),
}
DEVICES = {
    "arange": lambda: torch.arange(3),
    "zeros": lambda: torch.zeros(2, 2),
    "tensor": lambda: torch.tensor([1, 2]),
    "as_tensor": lambda: torch.as_tensor([1, 2]),
}
RIGHT = {
    "where": lambda: torch.where(MASK, VALUES, 0),
    "masked_fill": lambda: VALUES.masked_fill(MASK, 0),
    "index": lambda: VALUES[VALUES.argsort()],
    "gather": lambda: VALUES.gather(0, VALUES - 1),
    "slice": lambda: VALUES[: VALUES.shape[0] - 1],
    "repeat_interleave": lambda: VALUES.repeat_interleave(VALUES, output_size=6),
    "repeat": lambda: VALUES.repeat_interleave(2),
    "arange": lambda: torch.arange(3, device=VALUES.device),
    "number": lambda: torch.zeros(()),
    "as_tensor": lambda: torch.as_tensor(VALUES),
    "if of a shape": lambda: 1 if VALUES.shape[0] else 0,
    "draw": lambda: place(VALUES).integers((3, 2), VALUES[:, None]),
}


def findings(call):
    watch = StepWatch()
    with watch:
        call()
    return watch


@pytest.mark.parametrize(
    ("rule", "call"),
    [
        pytest.param(rule, call, id=f"{rule} {name}")
        for rule, calls in {"read": READS, "shape": SHAPES, "device": DEVICES}.items()
        for name, call in calls.items()
    ],
)
def test_what_is_forbidden_is_found_at_its_line(rule, call):
    found = findings(call).of(rule)
    assert f" in test_watching.py, line {call.__code__.co_firstlineno}: " in found


@pytest.mark.parametrize("call", RIGHT.values(), ids=RIGHT)
def test_what_a_step_may_do_is_not_found(call):
    assert findings(call).findings == []


def test_a_recorded_place_draws_what_a_plain_one_draws():
    rows = torch.arange(4)
    recorded, plain = place(rows), place(rows).plain()
    assert type(plain) is Rng
    for rng in (recorded, plain):
        assert (
            rng.child("a").part(1, 3).uniform((2, 5)).equal(plain.child("a").uniform((4, 5))[1:3])
        )
    assert len(recorded.draws) == 1


def test_two_places_share_nothing_unless_they_are_one():
    rng = place(torch.arange(4))
    rng.child("a").uniform((4, 3))
    rng.child("b").bytes((4, 9))
    rng.uniform((4, 3))
    assert rng.shared() is None
    rng.child("b").integers((4, 1), 7)
    assert rng.shared() == ("rng.child('b')", "rng.child('b')")


def test_buffers_and_parameters_move_and_other_tensors_do_not():
    module = nn.Linear(2, 2)
    module.register_buffer("table", torch.ones(3))
    assert held_tensors(module) == []
    module.scale = torch.tensor(2.0)
    module.places = torch.arange(3)
    assert held_tensors(nn.Sequential(module)) == ["Linear.places"]
