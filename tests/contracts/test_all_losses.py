"""Every bundled loss keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import LossContract

SMALL = {"num_buckets": 2, "bucket_positions": 4, "bucket_items": 5}


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
            gbce=[{}, {"calibration": 0.0}],
            sampled_softmax=[{"correction": c} for c in ("none", "classic", "corrected")],
            rating=[{}, {"inner_size": 3}],
            sce=[{}, SMALL, {**SMALL, "mix": True}],
            cross_entropy=[{}, {"label_smoothing": 0.1, "temperature": 0.5}],
        )
    )
    def chosen(self, request):
        return request.param()
