"""The rating of the next item is predicted from the state before it and the item's embedding."""

import numpy as np
import pytest
import torch

from fw import Batch, Sequences, StepOutput
from fw.nn.items import ItemTable
from fw_plugins.losses.rating import RatingLoss

KEY = "rating as number"


@pytest.fixture
def loss(make_info):
    return RatingLoss(inner_size=5).build(make_info([[1, 2]], 9, hidden_size=4))


@pytest.fixture
def output():
    torch.manual_seed(2)
    targets = torch.tensor([[3, 5, 0], [9, 1, 2]])
    ratings = torch.tensor([[1.5, 0.0, 0.7], [-0.5, 1e-30, 2.0]])
    sequences = Sequences(targets, torch.tensor([2, 3]), torch.arange(2), {KEY: ratings})
    table = ItemTable(9, 4, torch.nn.init.normal_)
    return StepOutput(Batch(sequences, sequences, sequences), table, hidden=torch.randn(2, 3, 4))


def test_it_is_the_squared_error_of_the_network_where_a_rating_is_known(loss, output):
    weights = {name: w.detach().double().numpy() for name, w in loss.named_parameters()}
    ratings, total, count = output.batch.targets.columns[KEY].double().numpy(), 0.0, 0
    for place in np.ndindex(2, 3):
        item = int(output.batch.targets.items[place])
        if item == 0 or ratings[place] == 0:
            continue
        state = output.hidden[place].double().numpy()
        embedding = output.items.weight[item].detach().double().numpy()
        inner = weights["of_state.weight"] @ state + weights["of_state.bias"]
        inner = 1 / (1 + np.exp(-inner - weights["of_item.weight"] @ embedding))
        predicted = weights["outward.weight"] @ inner + weights["outward.bias"]
        total += ((predicted - ratings[place]) ** 2).item()
        count += 1
    found = loss(output)
    assert count == 4
    assert found.count == 4
    assert found.total.item() == pytest.approx(total, rel=1e-5)


def test_states_items_and_network_learn_from_it(loss, output):
    hidden = output.hidden.requires_grad_()
    loss(output).total.backward()
    assert hidden.grad[1].all()
    assert not hidden.grad[0, 1].any()  # no rating is known there
    assert output.items.weight.grad[[3, 9, 1, 2]].all()
    assert all(weights.grad.any() for weights in loss.parameters())


def test_predicting_the_mean_costs_the_variance(loss, output):
    """Ratings are standardised: over training data, a prediction of 0 has a loss of 1."""
    for weights in loss.parameters():
        weights.data.zero_()
    ratings = output.batch.targets.columns[KEY][[0, 1, 1, 1], [0, 0, 1, 2]]
    assert loss(output).total.item() == pytest.approx(ratings.square().sum().item())
