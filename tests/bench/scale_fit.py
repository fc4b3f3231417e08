"""A straight line through measured sizes, none of whose two parts is negative."""

from collections.abc import Sequence

import attrs
import numpy as np
from scipy.optimize import nnls


@attrs.frozen
class Line:
    """``fixed`` plus ``slope`` times the size."""

    fixed: float
    slope: float

    @classmethod
    def through(cls, sizes: Sequence[float], values: Sequence[float]) -> "Line":
        """Return the line with the least squares of relative errors, so that all sizes count."""
        weights = 1 / np.maximum(np.asarray(values, dtype=float), 1e-9)
        columns = np.stack([np.ones(len(sizes)), np.asarray(sizes, dtype=float)], axis=1)
        scale = columns.max(axis=0)
        parts, _ = nnls(columns / scale * weights[:, None], np.asarray(values) * weights)
        fixed, slope = parts / scale
        return cls(float(fixed), float(slope))

    def at(self, size: float) -> float:
        """Return the value at a size."""
        return self.fixed + self.slope * size
