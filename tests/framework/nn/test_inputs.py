"""Vectors of inputs are joined with those of items, as one position after the other would be."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from fw import Sequences
from fw.nn.inputs import DescribedItems, Inputs, Joined, join
from fw.nn.items import ItemTable
from fw.random import Rng
from fw_plugins.encoders.bsarec import BSARec
from fw_plugins.encoders.gru4rec import GRU4Rec
from fw_plugins.encoders.hstu import HSTU
from fw_plugins.encoders.lru import LRU
from fw_plugins.encoders.sasrec_paper import SASRecPaper

SIZE = 4


class Doubled(nn.Module):
    """Gives a position its column times a vector, and 7 where it was not given the column."""

    def __init__(self, of_items=False):
        super().__init__()
        self.of_items = of_items
        self.weight = nn.Parameter(torch.arange(1.0, SIZE + 1))

    def forward(self, items, columns, rng):
        values = items if self.of_items else columns.get("c", torch.full_like(items, 7))
        return values.unsqueeze(-1) * self.weight


@pytest.fixture
def info(make_info):
    counts = torch.tensor([0, 2, 0, 1, 1, 5, 0])
    made = make_info([[1, 3, 4], [1, 5]], 5, max_len=6)
    return type(made)(**{**_fields(made), "item_counts": counts, "hidden_size": SIZE})


def _fields(info):
    return {name: getattr(info, name) for name in info.__class__.__annotations__}


def sequences():
    items = torch.tensor([[1, 3, 4], [5, 2, 0]])
    columns = {"c": torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 0.0]])}
    return Sequences(items, torch.tensor([3, 2]), torch.arange(2), columns)


def test_vectors_are_added_everywhere_but_at_padding():
    inputs = Inputs([Joined(Doubled(), "add")], SIZE)
    given = sequences()
    rows = torch.rand(2, 3, SIZE)
    found = inputs(rows, given.items, given.columns, None)
    for row in range(2):
        for place in range(3):
            more = given.columns["c"][row, place] * torch.arange(1.0, SIZE + 1)
            real = given.items[row, place] != 0
            assert_close(found[row, place], rows[row, place] + (more if real else 0))


def test_what_is_concatenated_is_mapped_back_to_the_width():
    inputs = Inputs([Joined(Doubled(), "concatenate"), Joined(Doubled(), "add")], SIZE)
    given = sequences()
    rows = torch.rand(2, 3, SIZE)
    more = given.columns["c"][0, 1] * torch.arange(1.0, SIZE + 1)
    expected = inputs.map.weight @ torch.cat([rows[0, 1] + more, more])
    assert_close(inputs(rows, given.items, given.columns, None)[0, 1], expected)
    assert torch.equal(inputs.map.weight[:, :SIZE], torch.eye(SIZE))


def test_a_described_table_is_its_rows_and_what_is_known_of_each_item(info):
    table = ItemTable(5, SIZE, nn.init.normal_)
    own = table.weight.detach().clone()
    encoder = nn.Module()
    encoder.items = table
    join(encoder, [Joined(Doubled(of_items=True), "add")], info)
    table = encoder.items
    for item in range(7):
        known = item * torch.arange(1.0, SIZE + 1)
        trained = item == info.mask_item or info.item_counts[item] > 0
        expected = (own[item] if trained else torch.zeros(SIZE)) + known
        assert_close(table.rows(torch.tensor([item]))[0], expected)
        assert_close(table.weight[item], expected)
        assert_close(table.scores(torch.ones(SIZE))[item], expected.sum())


def test_padding_of_a_described_table_stays_zero_when_it_is_trained(info):
    table = ItemTable(5, SIZE, nn.init.normal_)
    encoder = nn.Module()
    encoder.items = table
    parts = [Joined(Doubled(of_items=True), "add"), Joined(Doubled(of_items=True), "concatenate")]
    join(encoder, parts, info)
    table = encoder.items
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        table.weight.square().sum().backward()
        optimizer.step()
    assert not table.weight[0].any()


def test_an_item_that_is_not_trained_on_learns_from_its_description_alone(info):
    table = ItemTable(5, SIZE, nn.init.normal_)
    encoder = nn.Module()
    encoder.items = table
    join(encoder, [Joined(Doubled(of_items=True), "add")], info)
    encoder.items.rows(torch.tensor([2])).sum().backward()
    (description,) = encoder.items.inputs.parameters()
    assert not encoder.items.own.grad.any()
    assert torch.equal(description.grad, torch.full((SIZE,), 2.0))


def test_tables_that_are_not_tied_are_described_each_on_its_own(info):
    encoder = SASRecPaper(hidden_size=SIZE, num_blocks=1, tied=False).build(info)
    join(encoder, [Joined(Doubled(of_items=True), "add")], info)
    names = [name for name in encoder.state_dict() if name.endswith("modules_among.0.weight")]
    assert len(names) == 2
    first, second = (encoder.get_parameter(name) for name in names)
    assert first is not second


ENCODERS = [
    SASRecPaper(hidden_size=SIZE, num_blocks=1),
    SASRecPaper(hidden_size=SIZE, num_blocks=1, hide_padding=False),
    BSARec(hidden_size=SIZE, num_blocks=1, num_heads=1),
    HSTU(hidden_size=SIZE, num_blocks=1),
    GRU4Rec(hidden_size=SIZE),
    LRU(hidden_size=SIZE, num_blocks=1),
]


@pytest.mark.parametrize("settings", ENCODERS, ids=lambda one: f"{type(one).__name__}")
def test_every_encoder_sees_the_column_of_a_position_at_that_position(settings, info):
    encoder = settings.build(info)
    join(encoder, [Joined(Doubled(), "add")], info)
    given = sequences()
    changed = given._replace(
        columns={"c": given.columns["c"] + torch.tensor([[0, 0, 1], [0, 0, 9]])}
    )
    with torch.no_grad():
        before, after = encoder(given), encoder(changed)
    assert not torch.equal(before[0, 2], after[0, 2])
    assert torch.equal(before[1], after[1])  # what stands at padding is not looked at
    if settings.causal:
        assert torch.equal(before[0, :2], after[0, :2])


@pytest.mark.parametrize("settings", ENCODERS, ids=lambda one: f"{type(one).__name__}")
def test_the_newest_state_and_that_of_the_whole_see_the_same(settings, info):
    encoder = settings.build(info)
    join(encoder, [Joined(Doubled(), "add"), Joined(Doubled(), "concatenate")], info)
    given = sequences()
    if not hasattr(encoder, "newest"):
        pytest.skip("has no newest")
    with torch.no_grad():
        assert_close(encoder.newest(given), encoder(given)[[0, 1], given.lengths - 1])


def test_parts_that_are_encoded_together_are_those_alone(info):
    encoder = SASRecPaper(hidden_size=SIZE, num_blocks=1, dropout=0.5).build(info)
    join(encoder, [Joined(Doubled(), "concatenate")], info)
    whole = sequences()
    parts = [
        whole,
        Sequences(
            whole.items[:1, :2], torch.tensor([2]), torch.tensor([4]), {"c": torch.ones(1, 2)}
        ),
    ]
    rngs = [Rng.for_rows(1, 1, part.rows) for part in parts]
    for part, rng, found in zip(parts, rngs, encoder.together(parts, rngs), strict=True):
        assert_close(encoder(part, rng), found)


def test_without_inputs_nothing_is_joined(info):
    encoder = SASRecPaper(hidden_size=SIZE, num_blocks=1).build(info)
    assert encoder.inputs is None
    assert type(encoder.items) is ItemTable
    assert not any(isinstance(module, DescribedItems) for module in encoder.modules())
