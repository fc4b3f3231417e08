"""One epoch of fw a turn: a whole run of fw, which waits before each epoch.

A turn is what an epoch costs in a run: its batches and its steps. Evaluation, diagnostics and
checkpoints are outside.
"""

import json
import sys
import tempfile
from contextlib import contextmanager

from rich.console import Console
from tests.bench.peers.turns import Turns

import fw
from fw.engine.reporting import Reporter

NEVER = 10**9
ENDLESS = (
    f"training.epochs={NEVER}",
    f"training.evaluate_every={NEVER}",
    f"training.checkpoint_every={NEVER}",
)


class TurnTaker(Reporter):
    """Waits where an epoch is about to begin, and says when it is over."""

    def __init__(self, turns: Turns) -> None:
        super().__init__(Console(stderr=True))
        self.turns = turns

    @contextmanager
    def epoch(self, epoch, *_):
        """Report the end of an epoch; the first waits here, with its batches made."""
        if epoch == 1:
            self.turns.ready(fw=fw.__version__)
            self.turns.wait()
        yield lambda users: None
        self.turns.done()

    def line(self, line, state, training):
        """Wait where an epoch is over, so that the next one's batches are made in its turn."""
        self.turns.wait()


def main() -> None:
    """Run the recipe with the overrides that the first argument names."""
    wanted = json.loads(sys.argv[1])
    overrides = [*wanted["overrides"], *ENDLESS]
    with tempfile.TemporaryDirectory() as runs:
        reporter = TurnTaker(Turns())
        fw.run(wanted["recipe"], overrides=overrides, runs=runs, device="cpu", reporter=reporter)


main()
