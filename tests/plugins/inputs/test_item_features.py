"""Items are embedded by what is known of them: the mean of their words, and their numbers."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch.testing import assert_close

from fw.errors import UserError
from fw_plugins.inputs.item_features import ItemFeatures

FRAME = pd.DataFrame(
    {
        "genres": ["Drama|Action", "Action", "", None, " Drama | Drama "],
        "year": [1990.0, 1994.0, 1992.0, np.nan, 1992.0],
    }
)
WORDS = [{"Drama", "Action"}, {"Action"}, set(), set(), {"Drama"}]
NAMES = ["", "Action", "Drama"]  # rows of the table; the first is of items without any
IDS = torch.tensor([[0, 1, 2], [3, 4, 5]])


@pytest.fixture
def built(make_info):
    def build(**settings):
        info = make_info([[1, 2]], 5, item_frame=FRAME, hidden_size=3)
        return ItemFeatures(**settings).build(info)

    return build


def _of_words(item, weight):
    words = WORDS[item - 1]
    rows = [weight[NAMES.index(word)] for word in words] or [weight[0]]
    return torch.stack(rows).mean(0)


def test_words_are_averaged_and_items_without_any_have_a_vector_for_that(built):
    found = built(features=["genres"])
    vectors = found(IDS, {}, None)
    assert found.weight.shape == (3, 3)
    assert not vectors[0, 0].any()
    for place in list(np.ndindex(2, 3))[1:]:
        assert_close(vectors[place], _of_words(int(IDS[place]), found.weight))
    assert not found(torch.tensor([6]), {}, None).any()  # the mask token


def test_numbers_are_standardised_and_those_missing_have_a_vector_for_that(built):
    found = built(features=["year", "genres"])
    years = FRAME["year"]
    spread = years.std(ddof=0)
    for item in range(1, 6):
        year = years[item - 1]
        number = (year - years.mean()) / spread
        of_year = found.weight[0] if np.isnan(year) else number * found.weight[1]
        expected = of_year + _of_words(item, found.weight[2:])
        assert_close(found(torch.tensor(item), {}, None), expected, check_dtype=False)


def test_a_text_may_be_one_category(built):
    assert len(built(features=["genres"], separator=",").weight) == 4


def test_gradients_reach_the_words_of_an_item_alone(built):
    found = built(features=["genres"])
    found(torch.tensor([5]), {}, None).sum().backward()
    assert found.weight.grad.tolist() == [[0] * 3, [0] * 3, [1] * 3]


@pytest.mark.parametrize(("frame", "there"), [(None, "nothing"), (FRAME, "genres, year")])
def test_what_the_data_does_not_say_of_items_is_refused(make_info, frame, there):
    info = make_info([[1, 2]], 5, item_frame=frame, hidden_size=3)
    with pytest.raises(UserError) as refused:
        ItemFeatures(features=["maker"]).build(info)
    assert str(refused.value) == (
        f"input 'item_features' wants 'maker' of items, and the data set has {there} of them"
    )


def test_it_must_look_at_something():
    with pytest.raises(ValueError, match="at least one"):
        ItemFeatures(features=[])
