"""When interactions were, as columns beside the items of sequences, for encoders that ask for them.

``"time"`` is the time of an interaction, in whatever unit the data set has; ``"next_time"`` that of
the row's next one, and its own where there is none. So where the input of a case ends,
``next_time`` is the time of the target.
"""

from __future__ import annotations

import numpy as np

TIME, NEXT_TIME = "time", "next_time"


def moments(times: np.ndarray, offsets: np.ndarray) -> dict[str, np.ndarray]:
    """Return both columns ([T] int64) of rows that begin at ``offsets`` ([U + 1]), laid flat."""
    following = np.append(times[1:], times[-1:])
    last = offsets[1:][np.diff(offsets) > 0] - 1
    following[last] = times[last]
    return {TIME: times, NEXT_TIME: following}
