"""``fw data generate``: simulated interactions of any size, as parts in a folder."""

from __future__ import annotations

from pathlib import Path

import click

from fw.cli.common import show


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--users", type=click.IntRange(1), required=True, help="How many users.")
@click.option("--items", type=click.IntRange(1), required=True, help="How many items.")
@click.option("--interactions", type=click.IntRange(1), required=True, help="How many rows.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Other data.")
def generate(folder: Path, users: int, items: int, interactions: int, seed: int) -> None:
    """Simulate interactions and write them to FOLDER, part by part, as parquet.

    For trying out what data of a size costs; no more than a part is ever in memory. A recipe reads
    them by [dataset] name = "partitioned" with path = "FOLDER". Numbers of users, items and
    interactions are exact.
    """
    from fw.data.generating import Sizes
    from fw.data.generating import generate as generate_parts

    sizes = Sizes(users=users, items=items, interactions=interactions, seed=seed)
    parts = list(generate_parts(folder, sizes))
    show(
        f"written: {folder} ({len(parts):,} parts; {users:,} users, {items:,} items, "
        f"{sum(parts):,} interactions)"
    )
