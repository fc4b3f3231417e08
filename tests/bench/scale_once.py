"""``python -m tests.bench.scale_once``: time, memory and disk of every stage at one size.

Without options that is a million users, a million items and fifty million interactions; ``--part``
divides all three. Everything is in a folder that is removed afterwards; one that is named by
``--inside`` is kept, and where it was begun there before, what is done is not done again.
"""

from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import click
from tests.bench.report import Report, environment, load, write_json
from tests.bench.scale_stages import STAGES, UNITS, Sizes, measure

WHOLE = Sizes(users=1_000_000, items=1_000_000, interactions=50_000_000, length=50, width=64)


def one_part(part: int) -> Sizes:
    """Return the whole size with users, items and interactions divided by ``part``."""
    divided = {name: getattr(WHOLE, name) // part for name in ("users", "items", "interactions")}
    return attrs.evolve(WHOLE, **divided)


def table(found: dict[str, float]) -> list[dict]:
    """Return a row for each stage, of what :func:`measure` has found."""
    return [{"stage": s} | {unit: found[f"{s} {unit}"] for unit in UNITS} for s in STAGES]


@click.command(help=__doc__)
@click.option("--part", default=1, show_default=True, type=click.IntRange(1))
@click.option("--cases", default=20_000, show_default=True, type=click.IntRange(1))
@click.option("--lists", default=2_000, show_default=True, type=click.IntRange(1))
@click.option("--inside", type=click.Path(path_type=Path), help="a folder to go on in")
@click.option("--json", "file", type=click.Path(path_type=Path), help="write all there, too")
def once(part, cases, lists, inside, file):
    """Measure one size and print its table."""
    before, sizes = {"load before": load()}, one_part(part)
    with TemporaryDirectory(prefix="scale-") if inside is None else nullcontext(inside) as folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        found = measure(sizes, Path(folder), cases=cases, lists=lists)
    facts = attrs.asdict(sizes) | {"cases": cases, "lists": lists}
    facts |= environment() | before | {"load after": load()}
    report = Report(benchmark="scale once", tables={"Stages": table(found)}, environment=facts)
    print(report.markdown())
    if file:
        write_json([report], file)


if __name__ == "__main__":
    once()
