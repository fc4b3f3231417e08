"""``python -m tests.bench [NAME ...]``: run benchmarks and print one table.

Data is looked for in FW_DATA_DIR, by default ../shared/data. Nothing else should run beside it.
"""

import sys

import torch
from rich.console import Console
from rich.table import Table
from tests.bench import dropout, evaluation, grouping

BENCHMARKS = {"evaluation": evaluation, "dropout": dropout, "grouping": grouping}


def main() -> None:
    """Run the benchmarks that were named, or all."""
    table = Table("benchmark", "what", "seconds (median)", "times", title_justify="left")
    table.title = f"torch {torch.__version__}, {torch.get_num_threads()} threads"
    for name in sys.argv[1:] or BENCHMARKS:
        first = None
        for what, seconds in BENCHMARKS[name].measure():
            first = first or seconds
            table.add_row(name, what, f"{seconds:.4f}", f"{seconds / first:.2f}")
    Console().print(table)


main()
