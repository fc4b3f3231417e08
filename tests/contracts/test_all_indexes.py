"""Every bundled index keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import IndexContract

OTHER = {"nearness": "inner_product", "precision": "float16"}


class TestIndexes(IndexContract):
    @pytest.fixture(params=registered("index", hnsw=[{}, OTHER]))
    def chosen(self, request):
        return request.param()
