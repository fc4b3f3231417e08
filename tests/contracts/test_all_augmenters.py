"""Every bundled augmenter keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import AugmenterContract

RATIOS = [{}, *({"ratio": ratio} for ratio in (0.0, 0.5, 1.0))]


class TestAugmenters(AugmenterContract):
    @pytest.fixture(
        params=registered(
            "augmenter",
            crop=RATIOS,
            insert=RATIOS,
            mask=[*RATIOS, {"token": "pad"}],
            reorder=RATIOS,
            replace=RATIOS,
            substitute=RATIOS,
            identity=[{"newest": "keep"}, {"newest": "drop"}],
        )
    )
    def chosen(self, request):
        return request.param()
