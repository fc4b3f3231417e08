"""Whether runs may stand in one table, and which metrics they share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fw.comparison.finished import Begun, Finished
from fw.engine.folders.folder import RANKS
from fw.errors import RunError, UserError

SHOWN = ("hr@10", "ndcg@10")
_SPLITS = ("test", "valid")


def obstacles(runs: Sequence[Finished], *, protocols: bool = True) -> list[str]:
    """Say in what the first run differs from others so that their numbers mean different things.

    ``protocols = False`` leaves out that runs were scored under different protocols.
    """
    return [
        text
        for run in runs[1:]
        for text in (*in_data(runs[0], run), *(_in_protocols(runs[0], run) if protocols else ()))
    ]


def wanted_metrics(runs: Sequence[Finished], asked: Sequence[str]) -> list[tuple[str, str]]:
    """Return what is to be compared, as (split, ``<protocol>/<metric>``).

    ``asked`` are metrics (``ndcg@10``, under every shared protocol), with protocol
    (``full-seen-out/ndcg@10``), or with split as well. With none asked for, hit rate and NDCG at 10
    are taken, or else whatever there is first. Test is meant where nothing is said, and validation
    where a run has not seen its test. Raises UserError for one that not every run has.
    """
    shared = [metric for metric in runs[0].metrics if all(metric in run.metrics for run in runs)]
    if not shared:
        raise RunError(_nothing_shared(runs))
    splits = _shared_splits(runs)
    if not asked:
        return [(splits[0], metric) for metric in _default(shared)]
    return list(dict.fromkeys(pair for name in asked for pair in _resolve(name, shared, splits)))


def in_data(first: Begun, other: Begun) -> Iterator[str]:
    """Say in what the data of two runs, or its split, differs."""
    if first.fingerprints["cleaned"] != other.fingerprints["cleaned"]:
        yield f"data: {_data(first)}; {_data(other)}"
    elif first.fingerprints["split"] != other.fingerprints["split"]:
        yield f"split: {_split(first)}; {_split(other)}"


def _in_protocols(first: Finished, other: Finished) -> Iterator[str]:
    if _lacks(first, other) or _lacks(other, first):
        yield f"protocols: {_protocols(first)}; {_protocols(other)}"


def _data(run: Begun) -> str:
    data = run.data
    counts = f"{data['users']:,} users, {data['items']:,} items"
    return f"{run.name} has {data['data']} ({counts}, {_short(run.fingerprints['cleaned'])})"


def _split(run: Begun) -> str:
    rule = run.data["split"]["rule"]
    return f"{run.name} has {rule!r} ({_short(run.fingerprints['split'])})"


def _short(fingerprint: str) -> str:
    return f"fingerprint {fingerprint[:8]}"


def _lacks(run: Finished, other: Finished) -> set[str]:
    """Return the protocols of the one run's recipe that the other was never scored under."""
    scored = {metric.split("/")[0] for metric in other.metrics}
    return run.own_protocols - other.own_protocols - scored


def _protocols(run: Finished) -> str:
    return f"{run.name} was scored under {', '.join(sorted(run.own_protocols))}"


def _default(shared: Sequence[str]) -> list[str]:
    return [
        f"{protocol}/{name}"
        for protocol, names in _by_protocol(shared).items()
        for name in [name for name in names if name in SHOWN] or names[:2]
    ]


def _by_protocol(metrics: Sequence[str]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for metric in metrics:
        protocol, name = metric.split("/")
        names.setdefault(protocol, []).append(name)
    return names


def _shared_splits(runs: Sequence[Finished]) -> list[str]:
    """Return the splits of which every run has cases; raises RunError if there is none."""
    scored = [set(run.cases["split"]) for run in runs]
    found = [split for split in _SPLITS if all(split in one for one in scored)]
    if not found:
        raise RunError(
            "some of these runs were scored on test alone (a final fit), others on validation "
            "alone (a trial of fw tune)"
        )
    return found


def _resolve(name: str, shared: Sequence[str], splits: Sequence[str]) -> list[tuple[str, str]]:
    split, _, rest = name.partition("/")
    split, rest = (split, rest) if split in _SPLITS else (splits[0], name)
    if split not in splits:
        raise UserError(f"--metric {name}: not every run was scored on {split}")
    found = [metric for metric in shared if rest in (metric, metric.split("/")[1])]
    if not found:
        raise UserError(
            f"--metric {name}: not every run has it\n    shared by all: {', '.join(shared)}"
        )
    return [(split, metric) for metric in found]


def _nothing_shared(runs: Sequence[Finished]) -> str:
    without = [run for run in runs if not run.metrics]  # these alone are in the way
    lines = [f"{run.path}: {_what_is_known(run)}" for run in without or runs]
    hint = "fw evaluate RUN scores a run under further protocols, and keeps the values of its cases"
    return "\n    ".join(["no metric is known of the cases of all these runs", *lines, hint])


def _what_is_known(run: Finished) -> str:
    if not run.metrics:
        return "none" if (run.path / RANKS).exists() else f"none, its {RANKS} is gone"
    known = _by_protocol(run.metrics).items()
    return "; ".join(f"{protocol}: {', '.join(names)}" for protocol, names in known)
