"""Every bundled evaluator keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import EvaluatorContract


class TestEvaluators(EvaluatorContract):
    @pytest.fixture(
        params=registered(
            "evaluator",
            full=[
                {},
                {"exclude": "none"},
                {"beyond_accuracy": ["coverage", "gini", "popularity", "novelty"]},
            ],
            sampled=[
                *(
                    {"protocol": p}
                    for p in (
                        "clean-sampled100",
                        "kang205-sampled100",
                        "popularity-sampled100",
                        "bert4rec-sampled100",
                        "s3rec-99",
                    )
                ),
                {"mode": "drawn", "draws": 2},
                {"protocol": "popularity-sampled100", "mode": "drawn"},
            ],
        )
    )
    def chosen(self, request):
        return request.param()
