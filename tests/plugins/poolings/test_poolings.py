"""Every pooling against a loop over rows."""

from pathlib import Path

import attrs
import pytest
import torch

import fw_plugins.poolings
from fw.interfaces import Pooling
from fw_plugins.poolings.flatten import Flatten
from fw_plugins.poolings.last import Last
from fw_plugins.poolings.mean import Mean
from fw_plugins.poolings.mean_all import MeanAll

MAX_LEN, SIZE = 6, 3


@attrs.frozen
class Place:
    """The part of ``Info`` that poolings read."""

    max_len: int = MAX_LEN


def slow_last(states):
    return states[-1] if len(states) else torch.zeros(SIZE)


def slow_mean(states):
    return sum(states) / len(states) if len(states) else torch.zeros(SIZE)


def slow_mean_all(states):
    return sum([*states, torch.zeros(SIZE)]) / MAX_LEN


def slow_flatten_left(states):
    return torch.cat([*states, *[torch.zeros(SIZE)] * (MAX_LEN - len(states))])


def slow_flatten_right(states):
    return torch.cat([*[torch.zeros(SIZE)] * (MAX_LEN - len(states)), *states])


CASES = [
    (Last(), slow_last, SIZE),
    (Mean(), slow_mean, SIZE),
    (MeanAll(), slow_mean_all, SIZE),
    (Flatten(), slow_flatten_left, MAX_LEN * SIZE),
    (Flatten(align="right"), slow_flatten_right, MAX_LEN * SIZE),
]
each = pytest.mark.parametrize(("settings", "slow", "width"), CASES, ids=[str(c[0]) for c in CASES])


def built(settings):
    return settings.build(Place()) if hasattr(settings, "build") else settings


def states_of(lengths, length=MAX_LEN):
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(len(lengths), length, SIZE, generator=generator)
    lengths = torch.tensor(lengths)
    real = torch.arange(length) < lengths[:, None]
    return torch.where(real[..., None], hidden, 0.0), lengths


def test_every_bundled_pooling_is_tested_here():
    modules = {path.stem for path in Path(fw_plugins.poolings.__file__).parent.glob("*.py")}
    tested = {type(settings).__module__.rpartition(".")[2] for settings, _, _ in CASES}
    assert tested == modules - {"__init__"}


@each
@pytest.mark.parametrize("length", [4, MAX_LEN])
def test_it_equals_a_loop_over_rows(settings, slow, width, length):
    hidden, lengths = states_of([3, 0, length, 1], length)
    pooling = built(settings)
    pooled = pooling(hidden, lengths)
    rows = [slow(states[:n]) for states, n in zip(hidden, lengths.tolist(), strict=True)]
    assert torch.allclose(pooled, torch.stack(rows), atol=1e-6)
    assert pooled.shape[1] == pooling.width(SIZE, MAX_LEN) == width
    assert isinstance(pooling, Pooling)


@each
def test_an_empty_row_is_0_and_has_a_finite_gradient(settings, slow, width):
    hidden, lengths = states_of([0, 2])
    hidden.requires_grad_()
    pooled = built(settings)(hidden, lengths)
    pooled.sum().backward()
    assert not pooled[0].any()
    assert hidden.grad.isfinite().all()


@each
def test_padding_to_a_larger_width_changes_nothing(settings, slow, width):
    hidden, lengths = states_of([3, 1, 4], 4)
    wider = torch.nn.functional.pad(hidden, (0, 0, 0, 2))
    pooling = built(settings)
    assert torch.allclose(pooling(hidden, lengths), pooling(wider, lengths), atol=1e-7)


@each
def test_it_compiles_as_one_graph(settings, slow, width):
    hidden, lengths = states_of([3, 0, 4], 4)
    pooling = built(settings)

    def pool(hidden, lengths):
        return pooling(hidden, lengths)

    compiled = torch.compile(pool, backend="eager", fullgraph=True)
    assert torch.equal(compiled(hidden, lengths), pooling(hidden, lengths))
