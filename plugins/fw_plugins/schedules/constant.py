"""The learning rate as it is: for a warm-up with nothing after it."""

from __future__ import annotations

import attrs

from fw import hookimpl


@attrs.frozen(kw_only=True)
class Constant:
    """Keep the learning rate, once warm-up is over."""

    def __call__(self, step: int, steps: int) -> float:
        """Return 1."""
        return 1.0


@hookimpl
def register_schedules(register):
    """Offer ``constant``."""
    register("constant", Constant)
