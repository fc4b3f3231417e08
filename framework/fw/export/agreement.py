"""Whether exported scores are the trained ones, on histories of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs
import numpy as np
from torch.nn.functional import pad

from fw.engine.finished.model import Trained
from fw.engine.finished.next_items import Histories
from fw.interfaces import NO_COLUMNS, Sequences

TOLERANCE = 1e-4
BATCHES = (1, 2, 7, 32)  # histories at once

Exported = Callable[[Sequences], np.ndarray]  # to scores [B, N + 2]


@attrs.frozen(kw_only=True)
class Agreement:
    """How far exported scores were from the trained ones.

    ``difference`` is the largest, as a share of the batch's largest score where that is above 1.
    """

    difference: float
    batches: int
    histories: int

    @property
    def close(self) -> bool:
        """Whether they are the same to 1e-4; never if one is not a number."""
        return self.difference <= TOLERANCE


def compare(run: Trained, exported: Exported) -> Agreement:
    """Score histories of the run both ways, at several batch sizes and lengths."""
    histories = list(_histories(run))
    differences = [_difference(run, exported, one) for one in histories]
    return Agreement(
        difference=float(np.max(differences)),
        batches=len(histories),
        histories=sum(len(one.lengths) for one in histories),
    )


def _difference(run: Trained, exported: Exported, history: Sequences) -> float:
    trained = run.scores(history).cpu().numpy()[:, 1:-1]
    found = exported(history)[:, 1:-1]
    return float(np.abs(found - trained).max() / max(1.0, np.abs(trained).max()))


def _histories(run: Trained) -> Iterator[Sequences]:
    """Yield batches of users' newest items, of each size and length; once more with padding."""
    max_len, users = run.info.max_len, run.split.store.num_users
    for size in sorted({min(size, users) for size in BATCHES}):
        rows = _spread(run, size)
        for width in sorted({1, min(2, max_len), (max_len + 1) // 2, max_len}):
            yield Histories.of_rows(run, rows).newest(np.arange(size), width)
        yield _padded(Histories.of_rows(run, rows).newest(np.arange(size), 1), max_len)


def _spread(run: Trained, size: int) -> np.ndarray:
    """Choose users from those with the longest history to those with the shortest."""
    order = np.argsort(-run.split.store.lengths, kind="stable")
    return np.asarray(order[np.linspace(0, len(order) - 1, size).astype(np.int64)])


def _padded(history: Sequences, width: int) -> Sequences:
    wanted = (0, width - history.items.shape[1])
    columns = {name: pad(column, wanted) for name, column in history.columns.items()}
    return history._replace(items=pad(history.items, wanted), columns=columns or NO_COLUMNS)
