"""Runs that take a second: a small file of interactions with awkward ids, and a recipe about it."""

import csv
import random
from pathlib import Path

from fw.engine import run as engine
from fw.engine.reporting import Reporter

ITEMS = ["B00-1", "12", "ä,b", "007", "0.5", *(f"item {number}" for number in range(6, 25))]
USERS = ["007", "x y", *(f"u{number}" for number in range(3, 31))]

RECIPE = """
seed = 1
max_len = 8

[dataset]
name = "interactions"
path = "log.csv"
[splitter]
name = "leave_one_out"
[task]
name = "next_item"
[sampler]
name = "uniform"
[encoder]
name = "sasrec_paper"
hidden_size = 8
num_blocks = 1
[[losses]]
name = "bce"
[optimizer]
name = "adam"
[training]
batch_size = 16
epochs = 2
evaluate_every = 1
monitor = "valid/full-seen-out/ndcg@10"
[[evaluators]]
name = "full"
"""


# Behind a recipe: contrastive learning on top of what it does.
CONTRAST = """
[[augmenters]]
name = "crop"
[[augmenters]]
name = "mask"
[[augmenters]]
name = "reorder"
[pooling]
name = "mean"
[[losses]]
name = "nt_xent"
weight = 0.1
"""
# The same with simulated data, of which the best reachable score is known.
SYNTHETIC = RECIPE.replace(
    'name = "interactions"\npath = "log.csv"',
    'name = "synthetic"\nnum_users = 60\nnum_items = 40\nmean_length = 12.0',
)


def untrained(encoder):
    """Return a recipe with nothing to train; ``encoder`` is what its table says."""
    return f"""{RECIPE.partition("[sampler]")[0]}[encoder]
{encoder}
[training]
epochs = 0
monitor = "valid/full-seen-out/ndcg@10"
[[evaluators]]
name = "full"
"""


class Silent(Reporter):
    """Says nothing; remembers what was to be said."""

    def __init__(self):
        super().__init__()
        self.said, self.warned = [], []

    def say(self, message):
        self.said.append(message)

    def warn(self, message):
        self.warned.append(message)

    def result(self, rows, content, folder):
        self.rows = rows


def rows():
    """Return users with 4 to 12 items each; the first user has every item."""
    draw = random.Random(7)
    histories = [draw.sample(ITEMS, draw.randint(4, 12)) for _ in USERS]
    histories[0] = list(ITEMS)
    for user, history in zip(USERS, histories, strict=True):
        for time, item in enumerate(history):
            yield user, item, 1000 + time


def write_log(folder):
    """Write the interactions as ``log.csv``."""
    path = Path(folder) / "log.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("user", "item", "time"), *rows()])
    return path


def write_recipe(folder, text=RECIPE, name="tiny.toml"):
    """Write the data and a recipe about it; return the recipe's path."""
    write_log(folder)
    path = Path(folder) / name
    path.write_text(text, encoding="utf-8")
    return path


def train_tiny(recipe, *overrides, runs=None, plugins=(), reporter=None):
    """Run a tiny recipe on the CPU and return its folder."""
    runs = runs or recipe.parent / "runs"
    result = engine.run(
        recipe,
        overrides=overrides,
        plugins=plugins,
        runs=runs,
        device="cpu",
        reporter=reporter or Silent(),
    )
    return result.folder
