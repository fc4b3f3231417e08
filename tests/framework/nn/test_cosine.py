"""Scores that are cosines: by hand, and as those of the same encoder with inner products."""

import attrs
import pytest
import torch
from torch import nn
from torch.nn.functional import cosine_similarity
from torch.testing import assert_close

from fw import Sequences
from fw.nn.block import PostNormBlock
from fw.nn.cosine import UnitItems, UnitStates
from fw.nn.inputs import DescribedItems, Joined, join
from fw.nn.items import ItemTable, ask_for_rows
from fw.nn.settings import EncoderSettings

TEMPERATURE = 0.5


@attrs.frozen(kw_only=True)
class Small(EncoderSettings):
    """An encoder for these tests."""

    block = PostNormBlock
    hidden_size: int = 4


def table_of(*rows):
    """Return a table of the items of such rows; PAD is zero, the mask token (9, 9)."""
    table = ItemTable(len(rows), 2, nn.init.zeros_)
    table.weight.data[1:] = torch.tensor([*rows, (9.0, 9.0)])
    return table


def given():
    return Sequences(torch.tensor([[1, 2, 3], [4, 0, 0]]), torch.tensor([3, 1]), torch.arange(2))


def built(make_info, **settings):
    torch.manual_seed(1)
    return Small(**settings).build(make_info([[1]], 5, max_len=3))


def test_a_score_is_the_cosine_over_the_temperature():
    items = UnitItems(table_of((4.0, 3.0), (0.0, -2.0)))
    states = UnitStates(TEMPERATURE)(torch.tensor([3.0, 4.0]))
    # (3, 4) and (4, 3): 24 / 25; (3, 4) and (0, -2): -8 / 10
    expected = torch.tensor([0.96, -0.8]) / TEMPERATURE
    assert_close(items.scores(states)[1:3], expected)
    assert_close(items.scores_of(states, torch.tensor([1, 2])), expected)
    assert_close(items.scores_of(states, torch.tensor([1, 2, 1, 2])), expected.repeat(2))
    assert_close((items.rows(torch.tensor(1)) * states).sum(), expected[0])


@pytest.mark.parametrize("tied", [True, False])
def test_items_enter_the_encoder_as_without_cosines(make_info, tied):
    plain, cosine = (built(make_info, tied=tied, cosine_temperature=t) for t in (None, TEMPERATURE))
    states, rows = plain(given()), plain.items.weight
    slow = cosine_similarity(states[:, :, None], rows[None, None], dim=-1) / TEMPERATURE
    found = cosine.items.scores(cosine(given()))
    assert_close(found[..., 1:], slow[..., 1:])
    newest = cosine.items.scores(cosine.newest(given()))
    assert_close(newest[:, 1:], torch.stack([slow[0, 2, 1:], slow[1, 0, 1:]]))


def test_only_the_length_of_what_scores_is_lost(make_info):
    encoder = built(make_info, cosine_temperature=TEMPERATURE)
    ids = torch.arange(7)
    own = encoder.items.table.weight
    assert torch.equal(encoder.items.embedded(ids), own)
    lengths = encoder.items.weight.norm(dim=1)
    assert_close(lengths, torch.tensor([0.0] + 6 * [1.0]))
    assert_close(encoder(given()).norm(dim=-1)[1], torch.tensor([1 / TEMPERATURE, 0.0, 0.0]))


def test_padding_stays_zero_and_its_gradient_too():
    items = UnitItems(table_of((4.0, 3.0)))
    items.rows(torch.tensor([0, 1])).sum().backward()
    assert not items.table.weight.grad[0].any()
    assert items.table.weight.grad.isfinite().all()


def test_a_gradient_that_names_rows_names_those_that_were_read():
    items = UnitItems(table_of((4.0, 3.0), (0.0, -2.0)))
    ask_for_rows(items.parameters())
    items.rows(torch.tensor([2])).square().sum().backward()
    gradient = items.table.weight.grad
    assert gradient.is_sparse
    assert gradient.coalesce().indices().tolist() == [[2]]


class Doubled(nn.Module):
    """An input of items: twice their number, everywhere."""

    of_items = True

    def forward(self, items, columns, rng):
        return (2.0 * items)[..., None].expand(*items.shape, 4)


def test_items_that_are_described_are_scored_at_length_1(make_info):
    encoder = built(make_info, cosine_temperature=TEMPERATURE)
    join(encoder, [Joined(Doubled(), "add")], make_info([[1]], 5, max_len=3))
    assert isinstance(encoder.items.table, DescribedItems)
    # Item 3 is nowhere in training: what is known of it is all that it has.
    assert encoder.items.embedded(torch.tensor(3)).tolist() == [6.0, 6.0, 6.0, 6.0]
    assert_close(encoder.items.rows(torch.tensor(3)), torch.full((4,), 0.5))
