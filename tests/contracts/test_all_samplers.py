"""Every bundled sampler keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import SamplerContract


class TestSamplers(SamplerContract):
    @pytest.fixture(params=registered("sampler"))
    def chosen(self, request):
        return request.param()
