"""Every bundled schedule keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import ScheduleContract


class TestSchedules(ScheduleContract):
    @pytest.fixture(
        params=registered(
            "schedule",
            cosine=[{}, {"final_factor": 0.1}],
            linear=[{}, {"final_factor": 1.0}],
        )
    )
    def chosen(self, request):
        return request.param()
