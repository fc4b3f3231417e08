"""Every bundled splitter keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import SplitterContract


class TestSplitters(SplitterContract):
    @pytest.fixture(
        params=registered(
            "splitter",
            time_split=[
                {"target": t, "quantile": 0.6, "valid_quantile": 0.6}
                for t in ("last", "first", "all")
            ],
        )
    )
    def chosen(self, request):
        return request.param()
