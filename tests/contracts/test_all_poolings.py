"""Every bundled pooling keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import PoolingContract


class TestPoolings(PoolingContract):
    @pytest.fixture(params=registered("pooling", flatten=[{"align": "left"}, {"align": "right"}]))
    def chosen(self, request):
        return request.param()
