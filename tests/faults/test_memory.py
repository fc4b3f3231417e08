"""Memory that cannot be had: said with batch size and length, and what was good is kept."""

import sys

import pytest
import torch
from click.testing import CliRunner

from fw.cli import main
from fw.engine import run as engine
from fw.engine.steps.memory import is_out_of_memory
from fw.errors import OutOfMemory
from processes import fw
from tiny_runs import Silent, write_recipe

PLUGIN = """
import attrs, torch
from typing import ClassVar
from fw import LossTerm, hookimpl

CALLS = []

def all_there_is():
    torch.empty(2**45)  # 128 TiB: more than a process can address

def device():
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.\\nSee manual")

def python():
    raise MemoryError

@attrs.frozen
class Hungry:
    '''Wants more memory than there is, from the third step on.'''
    requires: ClassVar = frozenset({{"hidden"}})

    def __call__(self, output):
        CALLS.append(1)
        if len(CALLS) > 2:
            {what}()
        return LossTerm(output.hidden.square().sum(), torch.tensor(1))

@hookimpl
def register_losses(register):
    register("hungry", Hungry)
"""
SAID = {
    "all_there_is": "RuntimeError: [enforce fail at alloc_cpu.cpp:",
    "device": "OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.",
    "python": "MemoryError",
}


@pytest.fixture
def recipe(tmp_path):
    return write_recipe(tmp_path)


@pytest.mark.parametrize("what", SAID)
def test_a_step_that_needs_too_much_memory_says_what_to_lower(recipe, tmp_path, monkeypatch, what):
    (tmp_path / f"hungry_{what}.py").write_text(PLUGIN.format(what=what))
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(OutOfMemory) as caught:
        engine.run(
            recipe,
            overrides=['losses=[{name="hungry"}]', "training.epochs=5"],
            plugins=[f"hungry_{what}"],
            runs=tmp_path / "runs",
            device="cpu",
            reporter=Silent(),
        )
    first, second, third = str(caught.value).splitlines()
    assert first == (
        "out of memory (epoch 2, step 1), with training.batch_size = 16 and max_len = 8"
    )
    assert second == (
        "    lower one of the two, or make the encoder smaller; see what else uses the memory"
    )
    assert third.strip().startswith(SAID[what])
    assert caught.value.exit_code == 2
    (folder,) = (tmp_path / "runs").iterdir()
    assert torch.load(folder / "state" / "checkpoint.pt", weights_only=True)
    assert (folder / "best.safetensors").exists()


def test_a_model_that_is_too_large_is_said_before_training(recipe):
    # 24 items and two more of 2^43 numbers: beyond what a process can address.
    size = f"encoder.hidden_size={2**41}"
    words = ["run", str(recipe), "--set", size, "--device", "cpu", "--runs", str(recipe.parent)]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2, done.output
    assert "out of memory, with training.batch_size = 16 and max_len = 8" in done.stderr
    assert "Traceback" not in done.output
    assert not list(recipe.parent.glob("tiny-*"))


def test_what_is_no_want_of_memory_is_left_alone():
    assert not is_out_of_memory(RuntimeError("shapes differ"))
    assert not is_out_of_memory(ValueError("DefaultCPUAllocator"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits of address space are a Unix thing")
def test_a_process_that_is_held_to_little_memory_says_so(recipe):
    def limit():
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))

    size = f"encoder.hidden_size={50_000_000}"  # 5 GB of embeddings, and as much again to begin
    words = ("run", recipe, "--device", "cpu", "--set", size)
    code, said = fw(*words, cwd=recipe.parent, before=limit)
    assert code == 2, said
    assert "out of memory" in said
    assert "Traceback" not in said
