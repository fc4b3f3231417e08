"""One evaluation of fw a turn: all users of both splits, scoring included, under all protocols."""

import json
import sys

import torch
from tests.bench.movielens import prepared
from tests.bench.peers.turns import Turns

import fw


def main() -> None:
    """Evaluate with initial weights: how good they are changes no time."""
    turns = Turns()
    _, _, parts = prepared(*json.loads(sys.argv[1])["overrides"])
    torch.set_flush_denormal(True)
    turns.ready(fw=fw.__version__)
    while True:
        turns.wait()
        for split in ("valid", "test"):
            parts.exam.score_model(parts.step, split)
        turns.done()


main()
