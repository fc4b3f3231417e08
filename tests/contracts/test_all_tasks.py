"""Every bundled task keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import TaskContract


class TestTasks(TaskContract):
    @pytest.fixture(params=registered("task"))
    def chosen(self, request):
        return request.param()
