"""On what the runs were made: their data with its fingerprints, and their environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fw.report.parts import Notes, Part, Section, Table
from fw.report.runs import Row, Run, all_runs

_SPELT_OUT = {
    "user_lengths": "interactions of a user",
    "item_counts": "interactions of an item",
    "density": "density (share of user-item pairs)",
    "ties": "ties in time",
    "fingerprints": "SHA-256",
    "train_rows_later_than_test": "share of training later than a test target (mean)",
}
_ALL = "all"
_QUIET = ("data", "started", "load_average", "plugins")


def data_section(rows: Sequence[Row]) -> Section:
    """Show each data set that the runs had, once."""
    by_fingerprint: dict[str, list[Run]] = {}
    for run in all_runs(rows):
        by_fingerprint.setdefault(str(run.begun.fingerprints), []).append(run)
    several = len(by_fingerprint) > 1
    parts = [part for runs in by_fingerprint.values() for part in _data(runs, several)]
    return Section(title="Data", parts=parts)


def _data(runs: Sequence[Run], several: bool) -> Iterator[Part]:
    data = runs[0].begun.data
    if data.get("fallback"):
        missing = data["fallback"]["instead_of"]
        yield Notes(urgent=True, lines=[f"FALLBACK: {missing} was not there; this is other data."])
    whose = f" of {', '.join(run.name for run in runs)}" if several else ""
    yield Table(
        caption=f"Data {data['data']}{whose}",
        headings=("what", "value"),
        lines=[(key, text) for key, text in flat(data) if key not in ("data", "name")],
        numbers=False,
    )


def environment_section(rows: Sequence[Row]) -> Section:
    """Show versions and machine: once what all runs share, and who has what where they differ."""
    runs = all_runs(rows)
    facts = {run.name: dict(_facts(run)) for run in runs}
    keys = dict.fromkeys(key for known in facts.values() for key in known)
    lines = [line for key in keys for line in _lines(key, facts)]
    same = all(whose == _ALL for _, _, whose in lines)
    table = Table(
        caption="Versions and machine" + (", of all runs" if same else ""),
        headings=("what", "value") if same else ("what", "value", "runs"),
        lines=[line[:2] for line in lines] if same else lines,
        numbers=False,
    )
    return Section(title="Environment", parts=[table])


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    shown = {key: value for key, value in run.begun.environment.items() if key not in _QUIET}
    yield from flat(shown)
    for plugin, version in run.begun.versions.items():
        if plugin != "fw":
            yield f"plugin {plugin}", version


def _lines(key: str, facts: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Yield a line for each value that a key has, with the runs that have it."""
    by_value: dict[str, list[str]] = {}
    for name, known in facts.items():
        if key in known:
            by_value.setdefault(known[key], []).append(name)
    for value, names in by_value.items():
        yield key, value, _ALL if len(names) == len(facts) else ", ".join(names)


def flat(value: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield nested plain values as lines, with keys such as ``split.rule``."""
    for key, inner in value.items():
        name = f"{before}{_SPELT_OUT.get(key, key)}".replace("_", " ")
        if isinstance(inner, Mapping) and "median" in inner:
            yield name, ", ".join(f"{level}: {_text(number)}" for level, number in inner.items())
        elif isinstance(inner, Mapping):
            yield from flat(inner, f"{name}: ")
        elif inner is not None and inner != []:
            yield name, _text(inner)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,.0f}" if value == int(value) else f"{value:.4g}"
