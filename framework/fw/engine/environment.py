"""With what a run was made: versions, plugins, machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import torch

import fw
from fw.config.recipe import Recipe
from fw.engine.machine import load_average

_LIBRARIES = ("torch", "numpy", "pandas", "scipy", "pluggy", "attrs", "cattrs")


def describe_environment(
    recipe: Recipe, device: torch.device, modules: Sequence[str]
) -> dict[str, Any]:
    """Gather what another machine would need to know to repeat the run."""
    chosen = [
        one
        for kind, components in recipe.components.items()
        if kind != "tracker"  # nothing that a run comes to depends on it
        for one in components
    ]
    return {
        "fw": fw.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "plugins": sorted(
            {(one.entry.plugin, one.entry.distribution, one.entry.version) for one in chosen}
        ),
        "plugin_modules": list(modules),
        "device": _device_name(device),
        "threads": torch.get_num_threads(),
        "cpus": os.cpu_count(),
        "load_average": load_average(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    return device.type
