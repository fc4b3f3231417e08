"""Every bundled optimizer keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import OptimizerContract


class TestOptimizers(OptimizerContract):
    @pytest.fixture(params=registered("optimizer", adam=[{}, {"weight_decay": 0.1}]))
    def chosen(self, request):
        return request.param()
