"""Steps of several recipes, in one of the processes that torchrun starts: losses and gradients.

``torchrun ... steps_of_processes.py FOLDER OUT``: each recipe in FOLDER is trained for the steps of
an epoch, at a learning rate of next to nothing, so that every step is one from initial weights. The
first process saves what it found to OUT: by recipe, for each step, the loss's terms and gradients.
"""

import sys
from pathlib import Path

import torch

from fw.config.reading import read_recipe
from fw.data.places import Places
from fw.discovery import discover_or_explain
from fw.engine.assembly import assemble
from fw.engine.data import load_data
from fw.engine.epoch import Progress, train_epoch
from fw.engine.folders.folder import RunFolder
from fw.engine.prepared import prepare
from fw.engine.reporting import Reporter
from fw.engine.stopwatch import Stopwatch
from fw.processes.joining import joined
from fw.stopping import Stop


def session_of(path, device, peers):
    """Prepare what a run of a recipe trains with."""
    recipe = read_recipe(path, discover_or_explain([], print))
    parts = prepare(recipe, load_data(recipe, Places.from_environment(None), print), device, print)
    folder = RunFolder(path.parent)
    return assemble(recipe, parts, folder, Reporter(), Stop(), Stopwatch(), peers)


def steps_of(session):
    """Train for the steps of an epoch; return terms ([S, 1 + T]) and the gradients of each step."""
    plans, gradients = session.plans(1), []

    def execute(*given):
        found = session.execute(*given)
        named = session.step.named_parameters()
        gradients.append({n: p.grad.clone() for n, p in named if p.grad is not None})
        return found

    progress = Progress.begin(session.step, len(plans), 1)
    with session.step.among(session.peers):
        train_epoch(session.step, execute, session.loader, plans, progress, own=session.own(plans))
    return {"terms": progress.record, "gradients": gradients}


def main():
    torch.set_num_threads(1)
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    with joined("cpu", Stop()) as (peers, device):
        found = {}
        for path in sorted(folder.glob("*.toml")):
            session = session_of(path, device, peers)
            found[path.stem] = steps_of(session)
            session.loader.close()
        if peers.first:
            torch.save(found, out)


if __name__ == "__main__":
    main()
