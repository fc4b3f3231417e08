"""Every bundled encoder keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import EncoderContract


class TestEncoders(EncoderContract):
    @pytest.fixture(params=registered("encoder"))
    def chosen(self, request):
        return request.param()
