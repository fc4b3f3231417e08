"""Every bundled encoder keeps the contract of its kind."""

import pytest
from registered import registered

from fw.testing import EncoderContract

TIMED = {"relative_bias": "position_and_time", "target_time": True}


class TestEncoders(EncoderContract):
    @pytest.fixture(params=registered("encoder", hstu=[{}, TIMED]))
    def chosen(self, request):
        chosen = request.param()
        # Popularity is the same whatever the history.
        self.reach = 0 if chosen.name == "popularity" else None
        return chosen
