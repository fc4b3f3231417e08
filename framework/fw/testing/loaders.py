"""The contract of loaders."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
import torch

from fw.engine.steps.batches import Plan, epoch_plans
from fw.interfaces import Info, Sequences
from fw.testing.contract import Contract
from fw.testing.draws import drawing_by_address_only
from fw.testing.messages import require
from fw.testing.tensors import tensors


class LoaderContract(Contract):
    """The histories of the plans it is given, in their order, bit for bit."""

    kind = "loader"

    @pytest.fixture
    def loader(self, built: Any) -> Iterator[Any]:
        """The loader, closed after the test."""
        yield built
        built.close()

    def test_every_epoch_has_just_the_histories_of_its_plans(self, loader: Any, info: Info) -> None:
        """Also the one after an epoch that was stopped early, as a run is that resumes later."""
        for epoch, most in ((1, None), (2, 1), (3, None)):
            plans = _plans(info, epoch)
            with drawing_by_address_only():
                found = list(islice(loader(plans), most))
            require(
                len(found) == len(plans[:most]),
                f"{len(plans)} plans gave {len(found)} histories",
            )
            for plan, history in zip(plans, found, strict=False):
                wrong = _difference(history, info.training.history(plan))
                require(
                    not wrong,
                    f"epoch {epoch}: a history differs from info.training.history(plan): {wrong}",
                    "what a loader gives must not depend on where or by whom it is made",
                )

    def test_an_epoch_without_plans_is_empty(self, loader: Any) -> None:
        """Nothing is asked for that nobody wants."""
        require(not list(loader([])), "no plans gave histories")

    def test_it_can_be_closed_before_it_was_used(self, loader: Any) -> None:
        """A run may fail before its first epoch."""
        loader.close()

    def test_nothing_is_left_once_it_is_closed(self, built: Any, info: Info) -> None:
        """Not even where training stopped in the middle of an epoch."""
        before = {process.pid for process in multiprocessing.active_children()}
        histories = iter(built(_plans(info, 1)))
        next(histories)
        built.close()
        left = [one for one in multiprocessing.active_children() if one.pid not in before]
        require(not left, f"processes are left: {left}", "end them in close()")


def _difference(found: Sequences, right: Sequences) -> str:
    """Name the first tensor that is not there, or not the same to the bit."""
    one, other = tensors(found), tensors(right)
    if one.keys() != other.keys():
        return f"it has {sorted(one)} in place of {sorted(other)}"
    wrong = (
        f"{name} is {list(value.shape)} {value.dtype}, {value.flatten()[:8].tolist()} ..."
        for name, value in one.items()
        if value.dtype != other[name].dtype or not torch.equal(value.cpu(), other[name].cpu())
    )
    return next(wrong, "")


def _plans(info: Info, epoch: int) -> list[Plan]:
    lengths = info.training.host_lengths.clip(max=info.max_len + 1)
    rows = torch.from_numpy(lengths).nonzero().flatten().numpy()
    return list(epoch_plans(rows, lengths, batch_size=2, seed=1, epoch=epoch))
