"""Every bundled loader keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import LoaderContract


class TestLoaders(LoaderContract):
    @pytest.fixture(
        params=registered(
            "loader",
            warp=[{"num_workers": 2}],
            dataloader=[{"num_workers": 0}, {"num_workers": 1}],
        )
    )
    def chosen(self, request):
        return request.param()
