"""``python -m tests.bench.scale AXIS``: time and memory of every stage along one axis of size.

Simulated data is generated, prepared, trained on for an epoch, evaluated and recommended from, each
stage a process of its own. The axis is doubled several times while all else stays; ``all`` makes
users, items and interactions ten times as many at each step. What was measured is fitted by a
straight line (of least squares, none of its two parts negative) and drawn out to the size asked for
with ``--to``. Everything is below ``--folder``, and removed afterwards.
"""

import math
import shutil
import tempfile
from pathlib import Path

import attrs
import click
from tests.bench.report import Report, environment, load, write_json
from tests.bench.scale_fit import Line
from tests.bench.scale_stages import STAGES, Sizes, measure

BASE = Sizes(users=20_000, items=20_000, interactions=1_000_000, length=50, width=64)
EACH = BASE.interactions // BASE.users  # interactions of a user
ALL = "all"
AXES = (*(field.name for field in attrs.fields(Sizes)), ALL)
SMALLEST = {
    "users": 10_000,
    "items": 10_000,
    "interactions": 500_000,
    "length": 25,
    "width": 32,
    ALL: 10_000,
}
TO = {
    "users": 10**8,
    "items": 10**8,
    "interactions": 10**9,
    "length": 200,
    "width": 256,
    ALL: 10**9,
}
FITTED = ("CPU s", "GiB")


def factor(axis: str) -> int:
    """Return how many times as large each size is as the one before."""
    return 10 if axis == ALL else 2


def sizes_of(axis: str, points: int) -> list[Sizes]:
    """Return the sizes of a curve; users and interactions grow together where users do."""
    values = [SMALLEST[axis] * factor(axis) ** number for number in range(points)]
    if axis == ALL:
        return [together(value) for value in values]
    found = [attrs.evolve(BASE, **{axis: value}) for value in values]
    if axis == "users":
        found = [attrs.evolve(one, interactions=one.users * EACH) for one in found]
    return found


def together(interactions: int) -> Sizes:
    """Return a size with as many items as users, in the proportions of the base."""
    number = interactions // EACH
    return attrs.evolve(BASE, users=number, items=number, interactions=interactions)


def curve(axis: str, points: int, folder: Path) -> list[dict]:
    """Measure a curve: a row a size, with what every stage cost."""
    rows = []
    name = "interactions" if axis == ALL else axis
    for sizes in sizes_of(axis, points):
        inside = Path(tempfile.mkdtemp(dir=folder, prefix="scale-"))
        try:
            rows.append({name: getattr(sizes, name), **measure(sizes, inside)})
        finally:
            shutil.rmtree(inside, ignore_errors=True)
        print(rows[-1], flush=True)
    return rows


def fitted(rows: list[dict], to: int) -> list[dict]:
    """Fit a line to every stage's CPU seconds and GiB; say how the last step and ``to`` stand."""
    sizes = [next(iter(row.values())) for row in rows]
    found = []
    for stage, unit in ((stage, unit) for stage in STAGES for unit in FITTED):
        values = [row[f"{stage} {unit}"] for row in rows]
        line = Line.through(sizes, values)
        found.append(
            {
                "stage": f"{stage}, {unit}",
                "times, at the last step": values[-1] / values[-2],
                "exponent there": exponent(sizes, values),
                "fixed": line.fixed,
                "of each million": line.slope * 10**6,
                f"at {to:,}": line.at(to),
            }
        )
    return found


def exponent(sizes: list[float], values: list[float]) -> float:
    """Return the slope of the last step on logarithmic scales: 1 where both grow alike."""
    return math.log(values[-1] / values[-2]) / math.log(sizes[-1] / sizes[-2])


@click.command(help=__doc__)
@click.argument("axis", type=click.Choice(AXES))
@click.option("--points", default=4, show_default=True, type=click.IntRange(2), help="sizes")
@click.option("--to", type=click.IntRange(1), help="size to draw the line out to")
@click.option("--folder", default=tempfile.gettempdir(), type=click.Path(path_type=Path))
@click.option("--json", "file", type=click.Path(path_type=Path), help="write all there, too")
def scale(axis, points, to, folder, file):
    """Measure one curve and print its tables."""
    before = {"load before": load()}
    rows = curve(axis, points, folder)
    tables = {f"By {axis}": rows, "Fitted": fitted(rows, to or TO[axis])}
    facts = environment() | before | {"load after": load()}
    report = Report(benchmark=f"scale {axis}", tables=tables, environment=facts)
    print(report.markdown())
    if file:
        write_json([report], file)


if __name__ == "__main__":
    scale()
