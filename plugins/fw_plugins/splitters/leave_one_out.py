"""Leave-one-out: the last item of every user is for the test, the one before for validation."""

from __future__ import annotations

import attrs
import numpy as np

from fw import hookimpl, validators
from fw.data.sequences import SequenceStore
from fw.data.split import CaseList, Split
from fw.data.split_report import report_split


@attrs.frozen(kw_only=True)
class LeaveOneOut:
    """Test on a user's last item, validate on the one before, train on the rest.

    As in SASRec (Kang and McAuley, ICDM 2018, section IV-A; ``util.py`` of their code, where the
    limit is 3 items; pmixer's port has had 4 since September 2025). The history of a test case
    includes the validation item. Users with fewer than ``min_items`` are trained on whole and not
    evaluated.
    """

    min_items: int = attrs.field(
        default=3,
        validator=validators.at_least(3),
        metadata={"help": "users with fewer items are trained on whole and not evaluated"},
    )

    def __call__(self, store: SequenceStore) -> Split:
        """Split every user's sequence; the report counts users, pairs, cold and repeat targets."""
        lengths = store.lengths
        rows = np.flatnonzero(lengths >= self.min_items)
        split = Split(
            store=store,
            train_lengths=np.where(lengths >= self.min_items, lengths - 2, lengths),
            valid=CaseList(rows, lengths[rows] - 2),
            test=CaseList(rows, lengths[rows] - 1),
        )
        rule = f"leave one out; users with fewer than {self.min_items} items are only trained on"
        return attrs.evolve(split, report=report_split(split, rule))


@hookimpl
def register_splitters(register):
    """Offer ``leave_one_out``."""
    register("leave_one_out", LeaveOneOut)
