"""What all forms of Adam have in common."""

from __future__ import annotations

import attrs

from fw import validators


@attrs.frozen(kw_only=True)
class AdamSettings:
    """Step size, moments and denominator of Adam (Kingma and Ba, ICLR 2015)."""

    learning_rate: float = attrs.field(
        default=1e-3, validator=validators.positive, metadata={"help": "step size"}
    )
    betas: tuple[float, float] = attrs.field(
        default=(0.9, 0.98),
        validator=attrs.validators.deep_iterable(validators.below_one),
        metadata={"help": "decay of the first and the second moment"},
    )
    epsilon: float = attrs.field(
        default=1e-8, validator=validators.positive, metadata={"help": "added to the denominator"}
    )
