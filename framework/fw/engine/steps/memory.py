"""Out of memory, said in the words of a recipe: what was asked for, and what to lower."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from fw.config.recipe import Recipe
from fw.errors import OutOfMemory

# torch has no exception of its own for the memory of the CPU.
_CPU = "DefaultCPUAllocator"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory could not be had, on the CPU or on a device."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and _CPU in str(error)


@contextmanager
def memory_explained(recipe: Recipe) -> Iterator[None]:
    """Turn an exception for want of memory into an OutOfMemory, the original chained."""
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        raise OutOfMemory(_message(recipe, error)) from error


def _message(recipe: Recipe, error: Exception) -> str:
    where = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
    training = recipe.training
    lines = [
        f"out of memory{where}, with training.batch_size = {training.batch_size} and "
        f"max_len = {recipe.max_len}",
        "lower one of the two, or make the encoder smaller; see what else uses the memory",
        f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".rstrip(": "),
    ]
    return "\n    ".join(lines)
