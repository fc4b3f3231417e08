"""What about a data set can make results wrong or surprising, with counts and what to set."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs
import numpy as np

from fw.beyond_accuracy import gini
from fw.data.findings import Finding, Patient
from fw.data.order import check_gaps, check_order, check_unsorted
from fw.data.sequences import SequenceStore
from fw.data.split import Split


def examine(patient: Patient) -> list[Finding]:
    """Return what was found, in a fixed order; nothing is said where there is nothing to say."""
    return [finding for check in CHECKS for finding in check(patient)]


def check_times(patient: Patient) -> Iterator[Finding]:
    """Find times that are missing, or equal within a user."""
    store = patient.store
    if store.times is None:
        yield Finding(
            name="no_times",
            counts={"interactions": len(store.items)},
            message="there are no times: the order of the rows is taken for the order in time",
            advice="name the column of times, if there is one; a file that is not in order leaks",
        )
        return
    tied, changed = int(_is_tied(store).sum()), _changed_targets(patient)
    if tied:
        yield Finding(
            name="tied_times",
            counts={"interactions": tied, "test_targets_changed": changed},
            message=f"{tied:,} of {len(store.items):,} interactions have the same time as another "
            "of their user, and stand in the order of the source; with ties the other way round "
            f"{changed:,} of {len(patient.split.test):,} test targets would be other items",
            advice="compare only with results on the same order (fw data compare); "
            "if the source has a finer order, put its rows in it",
            serious=changed > 0,
        )


def check_duplicates(patient: Patient) -> Iterator[Finding]:
    """Find rows that say the same as another, and items that users had again."""
    found = patient.cleaning["duplicates"]
    if found["found"]:
        yield Finding(
            name="duplicates",
            counts={"found": found["found"], "dropped": found["dropped_rows"]},
            message=f"{found['found']:,} rows repeat user, item and time of another; "
            f"{found['dropped_rows']:,} of them were dropped",
            advice='dataset.duplicates = "drop" or "keep"',
        )
    repeated = patient.store.is_repeat()
    if repeated.any():
        targets = patient.split.report.get("repeat_test_targets", 0)
        yield Finding(
            name="repeats",
            counts={"interactions": int(repeated.sum()), "test_targets": targets},
            message=f"{int(repeated.sum()):,} interactions are with an item that the user had "
            f"before, {targets:,} test targets among them; a target is never excluded",
            advice='add the evaluator full with exclude = "none" beside the one that leaves the '
            "history out"
            if targets
            else "",
        )


def check_users(patient: Patient) -> Iterator[Finding]:
    """Find users who are not evaluated."""
    alone = patient.split.report.get("train_only_users", 0)
    if alone:
        yield Finding(
            name="users_not_evaluated",
            counts={"users": alone},
            message=f"{alone:,} of {patient.store.num_users:,} users have no test case "
            f"({patient.split.report.get('rule', 'by the splitter')})",
            advice="a splitter may have a minimum (min_items); dataset.min_user_count drops such "
            "users",
        )


def check_cold_targets(patient: Patient) -> Iterator[Finding]:
    """Find targets that no model can have learned."""
    report = patient.split.report
    cold = {name: report.get(f"cold_{name}_targets", 0) for name in ("valid", "test")}
    if any(cold.values()):
        yield Finding(
            name="cold_targets",
            counts=cold,
            message=f"{cold['test']:,} of {len(patient.split.test):,} test targets and "
            f"{cold['valid']:,} of {len(patient.split.valid):,} validation targets are items that "
            "no one was trained on",
            advice="dataset.min_item_count drops rare items",
            serious=cold["test"] > len(patient.split.test) / 20,
        )


def check_leak(patient: Patient) -> Iterator[Finding]:
    """Find training rows from after what is tested."""
    share = patient.split.report.get("train_rows_later_than_test", 0.0)
    if share:
        yield Finding(
            name="future_in_training",
            counts={"share": share},
            message=f"{share:.1%} of the training rows are later than a test target, in the mean",
            advice='splitter.name = "time_split" trains on nothing that is later',
            serious=share > 0.1,
        )


def check_lengths(patient: Patient) -> Iterator[Finding]:
    """Find histories of which the model sees only the newest part."""
    lengths, limit = patient.split.train_lengths, patient.max_len
    longer = lengths > limit
    if longer.any():
        hidden = int((lengths - limit)[longer].sum())
        enough = int(np.quantile(lengths, 0.95, method="higher"))
        yield Finding(
            name="cut_histories",
            counts={"users": int(longer.sum()), "interactions": hidden},
            message=f"{int(longer.sum()):,} users have more than max_len = {limit} training items; "
            f"{hidden:,} of {int(lengths.sum()):,} training interactions are never seen",
            advice=f"max_len = {enough} would be enough for 95 % of the users"
            if enough > limit
            else "",
            serious=hidden > lengths.sum() / 4,
        )


def check_popularity(patient: Patient) -> Iterator[Finding]:
    """Say how much of the data the most popular items make up."""
    counts = np.sort(np.bincount(patient.store.items)[1:])[::-1]
    top = max(len(counts) // 100, 1)
    shares = {
        "top_1_percent": float(counts[:top].sum() / counts.sum()),
        "gini": gini(counts),
    }
    yield Finding(
        name="popularity",
        counts=shares,
        message=f"the most popular 1 % of the items make up {shares['top_1_percent']:.1%} of the "
        f"interactions (Gini coefficient {shares['gini']:.2f})",
        advice="look at the popularity baseline first; popularity-sampled100 is harder on it",
    )


CHECKS: tuple[Callable[[Patient], Iterator[Finding]], ...] = (
    check_unsorted,
    check_times,
    check_order,
    check_duplicates,
    check_gaps,
    check_users,
    check_cold_targets,
    check_leak,
    check_lengths,
    check_popularity,
)


def _is_tied(store: SequenceStore) -> np.ndarray:
    """Return bool, [T]: interactions at the same time as a neighbour of the same user."""
    assert store.times is not None
    same = (np.diff(store.rows) == 0) & (np.diff(store.times) == 0)
    return np.asarray(np.append(same, False) | np.append(False, same))


def _changed_targets(patient: Patient) -> int:
    """Count the test cases that would have another target if ties stood the other way round."""
    other = patient.resplit(_with_ties_reversed(patient.store))
    mine, theirs = _targets(patient.split), _targets(other)
    return int((mine != theirs).sum()) if len(mine) == len(theirs) else len(mine)


def _targets(split: Split) -> np.ndarray:
    store = split.store
    return np.asarray(store.items[store.offsets[split.test.rows] + split.test.ends])


def _with_ties_reversed(store: SequenceStore) -> SequenceStore:
    assert store.times is not None
    order = np.lexsort((-np.arange(len(store.items)), store.times, store.rows))
    columns = {name: column[order] for name, column in store.columns.items()}
    return attrs.evolve(
        store,
        items=store.items[order],
        source_rows=store.source_rows[order],
        columns=columns,
    )
