"""Every bundled loss keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import LossContract


class TestLosses(LossContract):
    @pytest.fixture(
        params=registered(
            "loss",
            nt_xent=[
                {"false_negatives": "mask"},
                {"false_negatives": "positive"},
                {"similarity": "dot"},
                {"projection": 4},
            ],
            cross_entropy=[{}, {"label_smoothing": 0.1, "temperature": 0.5}],
        )
    )
    def chosen(self, request):
        return request.param()
