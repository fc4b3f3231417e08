"""Adam by rows against torch's own, and against Adam where every row is read."""

import pytest
import torch

from fw.nn.items import ItemTable, ask_for_rows
from fw_plugins.optimizers.adam import Adam
from fw_plugins.optimizers.sparse_adam import SparseAdam

STEPS = [torch.tensor(rows) for rows in ([1, 2, 2], [3], [2, 5, 1, 5], [2])]


@pytest.fixture
def table():
    return make_table()


def make_table():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ItemTable(5, 4, torch.nn.init.normal_)


def train(table, optimizer, steps):
    for rows in steps:
        optimizer.zero_grad()
        (table.rows(rows) ** 2 * torch.arange(1.0, 5.0)).sum().backward()
        optimizer.step()
    return table.weight.detach().clone()


def test_rows_change_as_by_torchs_sparse_adam(table):
    found = train(table, SparseAdam(learning_rate=0.1, epsilon=1e-12)(table.parameters()), STEPS)
    other = make_table()
    ask_for_rows([other.weight])
    theirs = torch.optim.SparseAdam([other.weight], lr=0.1, betas=(0.9, 0.98), eps=1e-12)
    torch.testing.assert_close(found, train(other, theirs, STEPS))


def test_where_every_row_is_read_in_every_step_it_is_adam(table):
    other, everything = make_table(), [torch.arange(7)] * 5
    found = train(table, SparseAdam(learning_rate=0.1)(table.parameters()), everything)
    expected = train(other, Adam(learning_rate=0.1)(other.parameters()), everything)
    torch.testing.assert_close(found, expected)


def test_rows_that_were_not_read_and_the_row_of_padding_stay_as_they_are(table):
    before = table.weight.detach().clone()
    optimizer = SparseAdam(learning_rate=0.1)(table.parameters())
    found = train(table, optimizer, [torch.tensor([0, 2, 0, 4])] * 3)
    still = torch.tensor([0, 1, 3, 5, 6])
    assert torch.equal(found[still], before[still])
    assert (found[[2, 4]] != before[[2, 4]]).all()
    assert not optimizer.state[table.weight]["exp_avg"][still].any()


def test_a_loss_over_all_items_is_trained_as_by_adam(table):
    other = make_table()
    for one, optimizer in ((table, SparseAdam()), (other, Adam())):
        made = optimizer(one.parameters())
        for _ in range(3):
            made.zero_grad()
            hidden = one.rows(torch.tensor([1, 2]))
            one.scores(hidden).square().sum().backward()
            made.step()
    torch.testing.assert_close(table.weight, other.weight)


def test_a_step_is_not_captured_into_a_graph(table):
    assert "capturable" not in SparseAdam()(table.parameters()).defaults
