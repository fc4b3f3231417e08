"""Every bundled executor keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import ExecutorContract

# Starting a cluster takes longer than everything else.
EXECUTORS = [
    pytest.param(*one.values, id=one.id, marks=pytest.mark.slow if one.id == "ray" else ())
    for one in registered("executor")
]


class TestExecutors(ExecutorContract):
    @pytest.fixture(params=EXECUTORS)
    def chosen(self, request):
        return request.param()
