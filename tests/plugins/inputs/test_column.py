"""A column is embedded by category or by number; what is not known has a vector of its own."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from fw.data.coding import Coding
from fw.random import Rng
from fw_plugins.inputs.column import ColumnInput

RATINGS = np.array([1, 2, 2, 5])
ITEMS = torch.tensor([[3, 1, 2], [2, 0, 0]])


@pytest.fixture
def built(make_info):
    """A function from settings to the input, with weights that are all different."""

    def build(**settings):
        chosen = ColumnInput(column="rating", **settings)
        (use,) = chosen.columns
        codings = {use.key: Coding.of(use, RATINGS)}
        made = chosen.build(make_info([[1, 2]], 3, codings=codings, hidden_size=2))
        assert not made.weight[0].any()
        made.weight.data.copy_(torch.arange(made.weight.numel()).view(made.weight.shape) + 1.0)
        return made

    return build


def test_a_category_has_a_row_and_what_is_not_known_the_first(built):
    found = built()
    codes = torch.tensor([[1, 3, 0], [2, 0, 0]])
    vectors = found(ITEMS, {found.key: codes}, None)
    for place in np.ndindex(2, 3):
        assert torch.equal(vectors[place], found.weight[codes[place]])


def test_a_number_moves_along_a_line(built):
    found = built(form="number")
    numbers = torch.tensor([[0.5, -2.0, 0.0], [1e-30, 0.0, 0.0]])
    vectors = found(ITEMS, {found.key: numbers}, None)
    unknown, b, a = found.weight
    for place in np.ndindex(2, 3):
        x = numbers[place]
        assert_close(vectors[place], unknown if x == 0 else x * a + b)


@pytest.mark.parametrize("form", ["category", "number", "log", "quantile"])
def test_a_history_without_the_column_is_one_of_which_nothing_is_known(built, form):
    found = built(form=form)
    assert torch.equal(found(ITEMS, {}, None), found.weight[0].expand(2, 3, 2))


def test_training_hides_as_many_values_as_asked(built):
    found = built(hide=0.3)
    rows = torch.arange(1000)
    items = torch.ones(1000, 10, dtype=torch.int64)
    codes = {found.key: torch.full((1000, 10), 2)}
    vectors = found(items, codes, Rng.for_rows(1, 1, rows))
    hidden = (vectors == found.weight[0]).all(-1).sum().item()
    assert abs(hidden - 3000) < 200  # 4 standard deviations of 46
    assert (found(items, codes, None) == found.weight[2]).all()


def test_what_is_not_known_is_learned_where_it_is_hidden(built):
    found = built(hide=0.5)
    codes = {found.key: torch.ones(50, 3, dtype=torch.int64)}
    found(
        torch.ones(50, 3, dtype=torch.int64), codes, Rng.for_rows(1, 1, torch.arange(50))
    ).sum().backward()
    assert found.weight.grad[0].all()
