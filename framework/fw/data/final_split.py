"""The split of a final fit: validation items are trained on, and test stays as it is."""

from __future__ import annotations

import attrs
import numpy as np

from fw.data.split import CaseList, Split
from fw.data.split_report import report_split


def with_validation_trained(split: Split) -> Split:
    """Return the split with every row trained on up to its last validation target.

    There are no validation cases then; test cases and their histories are the same.
    """
    lengths = split.train_lengths.copy()
    np.maximum.at(lengths, split.valid.rows, split.valid.ends + 1)
    nobody = CaseList(split.valid.rows[:0], split.valid.ends[:0])
    changed = attrs.evolve(split, train_lengths=lengths, valid=nobody)
    rule = f"{split.report.get('rule', 'split')}; trained on validation items too"
    return attrs.evolve(changed, report={**split.report, **report_split(changed, rule)})
