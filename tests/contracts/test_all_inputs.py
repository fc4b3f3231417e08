"""Every bundled input keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import InputContract

COLUMNS = [
    {"column": "rating"},
    {"column": "rating", "form": "number", "hide": 0.5},
    {"column": "time_gap", "form": "log"},
    {"column": "time_gap", "form": "quantile", "bins": 4},
]
FEATURES = [{"features": ["genres"]}, {"features": ["genres", "year"], "scored": False}]


class TestInputs(InputContract):
    @pytest.fixture(params=registered("input", column=COLUMNS, item_features=FEATURES))
    def chosen(self, request):
        return request.param()
