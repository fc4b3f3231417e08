"""The item table: rows, scores, and a row of padding that nothing moves."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from fw.nn import own_scores
from fw.nn.initialisation import INITS
from fw.nn.items import ItemTable


def table_of(init="xavier_uniform"):
    torch.manual_seed(0)
    return ItemTable(5, 3, INITS[init])


def test_it_has_a_row_for_padding_each_item_and_the_mask_token():
    assert table_of().weight.shape == (7, 3)


def test_rows_and_their_gradients_are_those_of_an_embedding():
    table = table_of()
    embedding = nn.Embedding.from_pretrained(table.weight.detach().clone(), freeze=False)
    ids = torch.tensor([[1, 2, 2], [6, 5, 1]])
    towards = torch.randn(2, 3, 3)
    (table.rows(ids) * towards).sum().backward()
    (embedding(ids) * towards).sum().backward()
    assert table.rows(ids).equal(embedding(ids))
    assert_close(table.weight.grad, embedding.weight.grad)


def test_scores_are_products_with_every_row():
    table, hidden = table_of(), torch.randn(2, 4, 3)
    assert_close(table.scores(hidden)[1, 2, 5], hidden[1, 2] @ table.weight[5])
    assert table.scores(hidden).shape == (2, 4, 7)


@pytest.mark.parametrize("number", [1, 3, 4, 7])
@pytest.mark.parametrize("numbers_of_a_part", [1, 60, 10**6])
def test_scores_of_own_items_and_their_gradients_are_those_of_products_one_by_one(
    number, numbers_of_a_part, monkeypatch
):
    monkeypatch.setattr(own_scores, "_NUMBERS", numbers_of_a_part)
    table, other = table_of(), table_of()
    hidden = torch.randn(2, 5, 3, requires_grad=True)
    hidden_too = hidden.detach().clone().requires_grad_()
    ids, towards = torch.randint(0, 7, (2, 5, number)), torch.randn(2, 5, number)
    found = table.scores_of(hidden, ids)
    slow = torch.stack(
        [(hidden_too * other.weight[ids[..., k]]).sum(-1) for k in range(number)], dim=-1
    )
    assert_close(found, slow)
    (found * towards).sum().backward()
    (slow * towards).sum().backward()
    assert_close(hidden.grad, hidden_too.grad)
    assert_close(table.weight.grad, other.weight.grad)


def test_scores_of_no_positions_are_none():
    assert table_of().scores_of(torch.empty(0, 1, 3), torch.empty(0, 1, 5).long()).shape == (
        0,
        1,
        5,
    )


@pytest.mark.parametrize("init", INITS)
def test_case_B18_the_row_of_padding_stays_zero_under_any_optimizer(init):
    for make in (torch.optim.SGD, torch.optim.AdamW, torch.optim.Adagrad):
        table = table_of(init)
        optimizer = make(table.parameters(), lr=0.1, weight_decay=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            (table.rows(torch.tensor([0, 1])).sum() + table.scores(torch.ones(3)).sum()).backward()
            assert table.weight.grad[0].tolist() == [0, 0, 0]
            assert table.weight.grad[1].abs().min() > 0
            optimizer.step()
        assert table.weight[0].tolist() == [0, 0, 0]


def test_case_B18_gradients_of_several_passes_add_up_without_padding():
    table = table_of()
    for _ in range(2):
        table.rows(torch.tensor([0, 1])).sum().backward()
    assert table.weight.grad[:2].tolist() == [[0, 0, 0], [2, 2, 2]]
