"""The stages of work on one size of simulated data, each timed as a process of its own."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import attrs
from tests.bench.disk import DiskWatch

CASES, LISTS = 2_000, 500
UNITS = ("s", "CPU s", "GiB", "disk GiB")
STAGES = ("generate", "prepare", "start", "train", "evaluate", "record", "run", "recommend")
OF_RUN = {
    "start": "preparing",
    "train": "training",
    "evaluate": "evaluating",
    "record": "recording",
}
RUN_TIMES = ("parts", "processor_seconds")

RECIPE = """\
seed = 1
max_len = {length}

[dataset]
name = "partitioned"
path = "{data}"

[splitter]
name = "leave_one_out"
max_cases = {cases}

[task]
name = "next_item"

[sampler]
name = "shared"
num_negatives = 256
exclude = "target"
exponent = 0.5

[encoder]
name = "sasrec_paper"
hidden_size = {width}
num_blocks = 2
num_heads = 1
dropout = 0.1

[[losses]]
name = "sampled_softmax"
correction = "corrected"

[optimizer]
name = "sparse_adam"

[loader]
name = "prefetch"

[training]
batch_size = 512
epochs = 1
monitor = "valid/full-seen-out/ndcg@10"

[[evaluators]]
name = "full"
"""


@attrs.frozen(kw_only=True)
class Sizes:
    """What a curve varies one of."""

    users: int
    items: int
    interactions: int
    length: int  # of histories, at most
    width: int


@attrs.frozen
class Cost:
    """What a process took, with all processes that it waited for."""

    seconds: float  # that have passed
    processor: float  # seconds that it has computed
    gibibytes: float  # of memory, at most
    disk: float  # GiB below the folder, at most


def measure(sizes: Sizes, folder: Path, cases: int = CASES, lists: int = LISTS) -> dict[str, float]:
    """Go through all stages below a folder; return ``<stage> <unit>`` of each in all ``UNITS``."""
    data, runs, recipe = folder / "data", folder / "runs", folder / "scale.toml"
    recipe.write_text(
        RECIPE.format(data=data.as_posix(), cases=cases, length=sizes.length, width=sizes.width)
    )
    amounts = {name: getattr(sizes, name) for name in ("users", "items", "interactions")}
    options = [part for name, value in amounts.items() for part in (f"--{name}", str(value))]
    costs = Costs(folder)
    costs.of("generate", ["data", "generate", str(data), *options])
    costs.of("prepare", ["data", "prepare", str(recipe)])
    costs.of("run", ["run", str(recipe), "--runs", str(runs)])
    (run,) = runs.iterdir()
    asked = [
        part for user in range(1, min(lists, sizes.users) + 1) for part in ("--user", str(user))
    ]
    output = ["-o", str(folder / "lists.parquet")]
    costs.of("recommend", ["recommend", str(run), *asked, *output])
    return _columns(costs.known, json.loads((run / "result.json").read_text())["timing"])


class Costs:
    """What stages have cost, kept in a file of the folder: none is gone through twice."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "costs.json"
        found = json.loads(self.file.read_text()) if self.file.exists() else {}
        self.known = {stage: Cost(**fields) for stage, fields in found.items()}

    def of(self, stage: str, arguments: list[str]) -> None:
        """Go through a stage and write down what it cost."""
        if stage not in self.known:
            self.known[stage] = cost(arguments, self.folder)
            plain = {name: attrs.asdict(one) for name, one in self.known.items()}
            self.file.write_text(json.dumps(plain))
            print(stage, plain[stage], flush=True)


def cost(arguments: list[str], folder: Path) -> Cost:
    """Run ``fw`` with a cache of its own in the folder; raises RuntimeError if it fails."""
    started = time.perf_counter()
    with DiskWatch(folder) as disk:
        process = subprocess.Popen(
            [sys.executable, "-m", "fw", *arguments],
            env=os.environ | {"FW_CACHE_DIR": str(folder / "cache")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        with process.stderr as pipe:
            said = pipe.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"fw {' '.join(arguments[:3])} failed:\n{said.decode()[-4000:]}")
    return Cost(
        seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20, disk.most / 2**30
    )


def _columns(costs: dict[str, Cost], timing: dict) -> dict[str, float]:
    """Part the run into what it did; its peaks are those of all of it."""
    found = {}
    for stage in STAGES:
        whole = costs["run" if stage in OF_RUN else stage]
        if stage in OF_RUN:
            seconds, computed = (_of_run(stage, timing[key]) for key in RUN_TIMES)
            whole = attrs.evolve(whole, seconds=seconds, processor=computed)
        values = zip(UNITS, attrs.astuple(whole), strict=True)
        found |= {f"{stage} {unit}": round(value, 3) for unit, value in values}
    return found


def _of_run(stage: str, parts: dict[str, float]) -> float:
    """Return a run's seconds for a stage; gathering batches belongs to training."""
    return parts[OF_RUN[stage]] + (parts["data"] if stage == "train" else 0.0)
