"""``python -m tests.bench.scale AXIS``: time and memory of every stage along one axis of size.

Simulated data is generated, prepared, trained on for an epoch, evaluated and recommended from, each
stage a process of its own; the axis is doubled several times while all else stays. What was
measured is fitted by a straight line (of least squares, none of its two parts negative) and drawn
out to the size asked for with ``--to``. Everything is below ``--folder``, and removed afterwards.
"""

import shutil
import tempfile
from itertools import pairwise
from pathlib import Path

import attrs
import click
from tests.bench.report import Report, environment, load, write_json
from tests.bench.scale_fit import Line
from tests.bench.scale_stages import STAGES, Sizes, measure

BASE = Sizes(users=20_000, items=20_000, interactions=1_000_000, length=50, width=64)
AXES = tuple(field.name for field in attrs.fields(Sizes))
SMALLEST = {"users": 10_000, "items": 10_000, "interactions": 500_000, "length": 25, "width": 32}
TO = {
    "users": 10**8,
    "items": 10**8,
    "interactions": 10**9,
    "length": 200,
    "width": 256,
}


def sizes_of(axis: str, points: int) -> list[Sizes]:
    """Return the sizes of a curve; users and interactions grow together where users do."""
    factors = [2**number for number in range(points)]
    found = [attrs.evolve(BASE, **{axis: SMALLEST[axis] * factor}) for factor in factors]
    if axis == "users":
        each = BASE.interactions // BASE.users
        found = [attrs.evolve(one, interactions=one.users * each) for one in found]
    return found


def curve(axis: str, points: int, folder: Path) -> list[dict]:
    """Measure a curve: a row a size, with seconds and GiB of every stage."""
    rows = []
    for sizes in sizes_of(axis, points):
        inside = Path(tempfile.mkdtemp(dir=folder, prefix="scale-"))
        try:
            rows.append({axis: getattr(sizes, axis), **measure(sizes, inside)})
        finally:
            shutil.rmtree(inside, ignore_errors=True)
        print(rows[-1], flush=True)
    return rows


def fitted(axis: str, rows: list[dict], to: int) -> list[dict]:
    """Fit a line to every stage's seconds and GiB; say what doubling and ``to`` cost."""
    sizes = [row[axis] for row in rows]
    found = []
    for stage in STAGES:
        for unit in ("s", "GiB"):
            values = [row[f"{stage} {unit}"] for row in rows]
            line = Line.through(sizes, values)
            doubled = [later / before for before, later in pairwise(values)]
            found.append(
                {
                    "stage": f"{stage}, {unit}",
                    "times, where doubled last": doubled[-1],
                    "fixed": line.fixed,
                    "of each million": line.slope * 10**6,
                    f"at {to:,}": line.at(to),
                }
            )
    return found


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
    tables = {f"By {axis}": rows, "Fitted": fitted(axis, rows, to or TO[axis])}
    facts = environment() | before | {"load after": load()}
    report = Report(benchmark=f"scale {axis}", tables=tables, environment=facts)
    print(report.markdown())
    if file:
        write_json([report], file)


if __name__ == "__main__":
    scale()
