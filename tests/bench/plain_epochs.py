"""One epoch of a plain torch program a turn."""

import json
import sys
from itertools import count

import torch
from tests.bench.movielens import prepared
from tests.bench.peers.turns import Turns
from tests.bench.plain_training import start


def main() -> None:
    """Train on the data and with the sizes of a recipe with the given overrides."""
    turns = Turns()
    recipe, data, parts = prepared(*json.loads(sys.argv[1])["overrides"])
    torch.manual_seed(recipe.seed)
    training = start(recipe, data, parts.step)
    turns.ready(torch=torch.__version__)
    for epoch in count(1):
        turns.wait()
        training.epoch(epoch, recipe.training.batch_size)
        turns.done()


main()
