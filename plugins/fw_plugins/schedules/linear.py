"""The learning rate along a straight line."""

from __future__ import annotations

import attrs

from fw import hookimpl, validators


@attrs.frozen(kw_only=True)
class Linear:
    """Lower the learning rate by the same amount in every step.

    As BERT was trained (Devlin et al., NAACL 2019, appendix A.2), and BERT4Rec (Sun et al., CIKM
    2019, section 4.4).
    """

    final_factor: float = attrs.field(
        default=0.0,
        validator=validators.fraction,
        metadata={"help": "share of the learning rate that is left after the last step"},
    )

    def __call__(self, step: int, steps: int) -> float:
        """Return the factor of a step of ``steps``: 1 in the first."""
        return 1 - (1 - self.final_factor) * step / steps


@hookimpl
def register_schedules(register):
    """Offer ``linear``."""
    register("linear", Linear)
