"""What holds for every bundled augmenter beyond the contract of its kind."""

import attrs
import pytest
import torch

from fw import Sequences
from fw.discovery import discover
from fw.random import Rng

SETTINGS = [entry.component() for entry in discover().entries("augmenter") if entry.bundled]


@pytest.fixture
def info(make_info):
    rows = [[1, 2, 3], [4, 5, 6, 7, 8, 9, 10, 11], [12], [], [2, 4, 2, 6, 8]]
    times = torch.arange(1, sum(map(len, rows)) + 1).numpy()
    return make_info(rows, 12, max_len=8, columns={"time": times})


def built(settings, info):
    return settings.build(info) if hasattr(settings, "build") else settings


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_min_length_is_a_setting_that_the_built_augmenter_keeps(settings, info):
    assert built(settings, info).min_length == 0
    assert built(attrs.evolve(settings, min_length=4), info).min_length == 4
    with pytest.raises(ValueError, match=r"^min_length must be at least 0, found -1$"):
        attrs.evolve(settings, min_length=-1)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_it_compiles_as_one_graph(settings, info):
    augmenter = built(settings, info)

    def step(items, lengths, rows, time):
        sequences = Sequences(items, lengths, rows, {"time": time})
        view = augmenter(sequences, Rng.for_rows(1, 1, rows).child("view"))
        return view.items, view.lengths, view.columns["time"]

    sequences = info.training.newest(torch.arange(5), 8)
    arguments = (*sequences[:3], sequences.columns["time"])
    torch.compiler.reset()
    compiled = torch.compile(step, backend="eager", fullgraph=True)
    for plain, captured in zip(step(*arguments), compiled(*arguments), strict=True):
        assert torch.equal(plain, captured)
