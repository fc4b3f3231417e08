"""Ratios that make no sense are refused when the recipe is read."""

import pytest

from fw_plugins.augmenters.crop import Crop
from fw_plugins.augmenters.insert import Insert
from fw_plugins.augmenters.mask import Mask
from fw_plugins.augmenters.reorder import Reorder
from fw_plugins.augmenters.replace import Replace
from fw_plugins.augmenters.substitute import Substitute

WITH_RATIO = [Crop, Mask, Reorder, Replace, Substitute, Insert]


@pytest.mark.parametrize("settings", WITH_RATIO)
@pytest.mark.parametrize(
    ("ratio", "message"),
    [
        (-0.1, "ratio must be between 0 and 1, found -0.1"),
        (1.5, "ratio must be between 0 and 1, found 1.5"),
        (float("nan"), "ratio must be between 0 and 1, found nan"),
        ("0.5", "ratio must be a number, found '0.5'"),
        (True, "ratio must be a number, found True"),
        ([], "ratio must be a number, found []"),
    ],
    ids=str,
)
def test_case_B35_a_ratio_out_of_range_is_refused(settings, ratio, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        settings(ratio=ratio)
    assert str(caught.value) == message


@pytest.mark.parametrize("settings", WITH_RATIO)
@pytest.mark.parametrize("ratio", [0, 0.0, 1, 1.0])
def test_case_B35_the_ends_of_the_range_are_accepted(settings, ratio):
    assert settings(ratio=ratio).ratio == ratio
