"""Joining the processes that torchrun has launched: one group, one run, one end."""

from __future__ import annotations

import os
import platform
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil
import torch
import torch.distributed as dist

from fw.engine.steps.device import choose_device
from fw.errors import DeviceError, UserError
from fw.processes.failures import Failures
from fw.processes.peers import ALONE, Peers
from fw.processes.several import Several
from fw.stopping import Stop, ignore_signals

_GIVEN = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
_RUN_ID = "TORCHELASTIC_RUN_ID"  # given by torchrun, and not by others who launch processes


def is_launched() -> bool:
    """Whether this process is one of several, as torchrun's environment variables have it."""
    return all(name in os.environ for name in _GIVEN)


def refuse_several(command: str) -> None:
    """Raise UserError where several processes would do each for itself what is one's work."""
    if is_launched():
        raise UserError(f"{command} is not for torchrun: it is one process, which starts others")


@contextmanager
def joined(wanted: str, stop: Stop) -> Iterator[tuple[Peers, torch.device]]:
    """Yield the processes of the run, and the device of this one; alone where none are launched.

    An error of one process ends the others too, with its message; if torchrun is gone, all stop as
    if they were asked to. Raises DeviceError where there are fewer GPUs than processes.
    """
    if not is_launched():
        yield ALONE, choose_device(wanted)
        return
    device = own_device(wanted)
    if _RUN_ID in os.environ:
        threading.Thread(target=_end_with_launcher, daemon=True).start()
    store, rank, number = next(dist.rendezvous("env://"))  # type: ignore[attr-defined]
    words = Failures(store=_part(store, "words"), rank=rank, number=number)
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, store=_part(store, "group"), rank=rank, world_size=number)
    try:
        yield Several(rank=rank, number=number, device=device, launch=_launch()), device
    except BaseException as error:
        ignore_signals()  # torchrun is about to end this process, which has a word to say before
        ended = words.explained(error, stop)
        if ended is error:
            raise
        raise ended from ended.__cause__
    finally:
        with suppress(RuntimeError):
            dist.destroy_process_group()


def own_device(wanted: str) -> torch.device:
    """Return the CPU, or the GPU whose number is that of this process on its machine."""
    local, locals_ = (int(os.environ.get(name, "0")) for name in ("LOCAL_RANK", "LOCAL_WORLD_SIZE"))
    kind = choose_device(wanted).type
    if kind == "mps":
        kind = "cpu" if wanted == "auto" else kind
    if kind not in ("cpu", "cuda") or ":" in wanted:
        raise DeviceError(f"several processes train on cpu or cuda, found device {wanted!r}")
    if kind == "cpu":
        return torch.device("cpu")
    if locals_ > torch.cuda.device_count():
        raise DeviceError(
            f"{locals_} processes need a GPU each, but this machine has "
            f"{torch.cuda.device_count()}: start fewer, or give --device cpu"
        )
    torch.cuda.set_device(local)
    return torch.device("cuda", local)


def restarts() -> int:
    """How often torchrun has started these processes again, after one of them failed."""
    return int(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"))


def _end_with_launcher() -> None:
    """Stop once torchrun is gone: nobody else would end what it has started."""
    launcher = psutil.Process(os.getppid())
    with suppress(psutil.Error):
        # Whoever started it may never notice that it has ended: then it stays, as a zombie.
        while launcher.is_running() and launcher.status() != psutil.STATUS_ZOMBIE:
            time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def _part(store: Any, name: str) -> Any:
    """Return a part of a store, without what processes have left there before a restart."""
    return dist.PrefixStore(f"fw {restarts()} {name}", store)  # type: ignore[attr-defined]


def _launch() -> str:
    """Name the launch: torchrun's own id, or where that is no name of one, the launcher."""
    given = os.environ.get(_RUN_ID, "none")
    if given != "none":
        return given
    launcher = psutil.Process(os.getppid())
    return f"{platform.node()}/{launcher.pid}/{launcher.create_time():.0f}"
