"""Poolings that break their contract."""

# ruff: noqa: RUF012 (what is expected is never changed)

import attrs

from fw.testing import PoolingContract


@attrs.frozen(kw_only=True)
class Narrow:
    """Be narrower than it says."""

    def width(self, hidden_size, max_len):
        return hidden_size

    def __call__(self, hidden, lengths):
        return hidden[:, 0, :4]


class TestNarrow(PoolingContract):
    component = Narrow
    expected = {
        "test_a_vector_is_as_wide_as_it_says": "pooled vectors are [10, 4] torch.float32\n"
        "    width() says [10, 8] torch.float32"
    }


@attrs.frozen(kw_only=True)
class DividesByZero:
    """Take the mean, of nothing too."""

    def width(self, hidden_size, max_len):
        return hidden_size

    def __call__(self, hidden, lengths):
        return hidden.sum(1) / lengths[:, None]


class TestDividesByZero(PoolingContract):
    component = DividesByZero
    expected = {
        "test_values_and_gradients_are_finite": "not finite for rows of "
        "[3, 8, 1, 2, 8, 8, 5, 0, 4, 1] items"
    }


@attrs.frozen(kw_only=True)
class SteepAtNothing:
    """Take the length of the mean, whose gradient is not finite at 0."""

    def width(self, hidden_size, max_len):
        return hidden_size

    def __call__(self, hidden, lengths):
        return hidden.square().sum(1).sqrt()


class TestSteepAtNothing(PoolingContract):
    component = SteepAtNothing
    expected = {
        "test_values_and_gradients_are_finite": "gradients are missing or not finite for rows of "
        "[3, 8, 1, 2, 8, 8, 5, 0, 4, 1] items\n    divide by lengths.clamp(min=1)"
    }
