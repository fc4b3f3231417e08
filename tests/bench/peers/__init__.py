"""fw against RecTools, RePlay and a plain torch program: same sizes, data, cores and torch.

MovieLens-1M as "user item". One epoch each in turn, round after round.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.bench.contenders import Command, Outcome, interleave, module_command
from tests.bench.log import dataset_of, write_log
from tests.bench.peers.environments import HERE, RECTOOLS, REPLAY, Peer
from tests.bench.report import Tables, ratios

ROUNDS = 5
SIZES = {
    "max_len": 200,
    "width": 50,
    "blocks": 2,
    "heads": 1,
    "dropout": 0.2,
    "batch_size": 128,
    "learning_rate": 1e-3,
}
# sasrec_official is the model of both peers: their blocks follow the code of SASRec's authors.
SAME_SIZES = (
    f"max_len={SIZES['max_len']}",
    f'encoder={{name="sasrec_official", hidden_size={SIZES["width"]}, '
    f"num_blocks={SIZES['blocks']}, num_heads={SIZES['heads']}, dropout={SIZES['dropout']}}}",
    f'optimizer={{name="adam", learning_rate={SIZES["learning_rate"]}, betas=[0.9, 0.98]}}',
    f"training.batch_size={SIZES['batch_size']}",
)
# Who is compared with whom: how many times as long the second takes as the first.
PAIRS = (
    ("fw BCE", "RecTools BCE"),
    ("fw BCE", "RePlay BCE"),
    ("fw BCE", "RePlay BCE, bucketed"),
    ("fw BCE", "plain BCE"),
    ("fw CE", "RecTools softmax"),
    ("fw CE", "RePlay CE"),
    ("fw crop + mean", "RecTools BCE"),
    ("fw evaluation, both splits", "RecTools recommend"),
    ("fw evaluation, both splits", "RePlay predict"),
)


def measure(options) -> Tables:
    """Time every contender's epochs, and what scoring all users takes."""
    log, counts = write_log(options.users)
    outcomes = interleave(commands(log), options.rounds or ROUNDS)
    sizes = ", ".join(f"{count:,} {what}" for what, count in counts.items())
    return {
        f"Seconds a turn ({sizes})": [
            {"what": name, **outcome.row()} for name, outcome in outcomes.items()
        ],
        "How many times as long, in pairs of one round": pairs(outcomes),
        "Each turn": turns(outcomes),
        "Versions": [{"of": name, "versions": text} for text, name in _versions(outcomes).items()],
    }


def commands(log: Path) -> dict[str, Command]:
    """Return what each contender runs."""
    overrides = [dataset_of(log), *SAME_SIZES]

    def fw_epochs(recipe: str) -> Command:
        return module_command("fw_epochs", recipe=recipe, overrides=overrides)

    def rectools(job: str) -> Command:
        return _peer_command(RECTOOLS, log, job)

    def replay(job: str) -> Command:
        return _peer_command(REPLAY, log, job)

    return {
        "fw BCE": fw_epochs("published/sasrec_official"),
        "RecTools BCE": rectools("BCE"),
        "RePlay BCE": replay("BCE"),
        "RePlay BCE, bucketed": replay("BCE, bucketed"),
        "plain BCE": module_command("plain_epochs", overrides=overrides),
        "fw CE": fw_epochs("sasrec_ce"),
        "RecTools softmax": rectools("softmax"),
        "RePlay CE": replay("CE"),
        "fw crop + mean": fw_epochs("cl_crop_mean"),
        "fw evaluation, both splits": module_command("fw_scores", overrides=overrides),
        "RecTools recommend": rectools("recommend"),
        "RePlay predict": replay("predict"),
    }


def pairs(outcomes: Mapping[str, Outcome]) -> list[dict]:
    """Return the rows of the pairs that were measured."""
    return [
        {"what": other, "against": own, **ratios(outcomes[other].seconds, outcomes[own].seconds)}
        for own, other in PAIRS
        if own in outcomes and other in outcomes
    ]


def turns(outcomes: Mapping[str, Outcome]) -> list[dict]:
    """Return a row for each turn: its seconds, and how long cores waited for one another then."""
    return [
        {"what": name, "seconds": seconds, "handover, microseconds": waited}
        for name, outcome in outcomes.items()
        for seconds, waited in zip(outcome.seconds, outcome.handovers, strict=True)
    ]


def _versions(outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    """Return each set of versions with the first contender that has it."""
    found: dict[str, str] = {}
    for name, outcome in outcomes.items():
        found.setdefault(", ".join(f"{what} {v}" for what, v in outcome.about.items()), name)
    return found


def _peer_command(peer: Peer, log: Path, job: str) -> Command:
    wanted = json.dumps({"log": str(log), "job": job, "sizes": SIZES})
    return [str(peer.python()), str(HERE / f"{peer.name}_epochs.py"), wanted]
