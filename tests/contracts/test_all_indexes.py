"""Every bundled index keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import IndexContract


class TestIndexes(IndexContract):
    @pytest.fixture(params=registered("index", hnsw=[{}, {"precision": "float16"}]))
    def chosen(self, request):
        return request.param()
