"""How the time of an epoch and the memory of a run grow with users, items, length and width.

Synthetic data; each size is doubled twice while the others stay. One epoch each in turn.
"""

from collections.abc import Mapping

from tests.bench.contenders import Command, Outcome, interleave, module_command
from tests.bench.report import Tables, ratios

ROUNDS = 5
BASE = {"users": 2000, "items": 2000, "length": 100, "width": 64}
DOUBLINGS = (1, 2, 4)


def measure(options) -> Tables:
    """Time every size in one session."""
    base = BASE | ({"users": options.users} if options.users else {})
    sizes = {name_of(axis, factor): grown(base, axis, factor) for axis, factor in points()}
    outcomes = interleave(
        {name: command(size) for name, size in sizes.items()}, options.rounds or ROUNDS
    )
    facts = ", ".join(f"{axis} {value:,}" for axis, value in base.items())
    return {f"Growth from {facts}": [_row(base, outcomes, *point) for point in points()[1:]]}


def points() -> list[tuple[str, int]]:
    """Return what is measured: an axis and the factor on it, the base as the first axis by 1."""
    axes = list(BASE)
    return [(axes[0], 1), *((axis, factor) for axis in axes for factor in DOUBLINGS[1:])]


def grown(base: Mapping[str, int], axis: str, factor: int) -> dict[str, int]:
    """Return the sizes with one of them multiplied."""
    return {name: size * (factor if name == axis else 1) for name, size in base.items()}


def name_of(axis: str, factor: int) -> str:
    """Name a size; by a factor of 1 all axes are the same."""
    return "base" if factor == 1 else f"{axis} x {factor}"


def command(sizes: Mapping[str, int]) -> Command:
    """Return the run of a size; histories are cut at twice their mean."""
    overrides = [
        f'dataset={{name="synthetic", num_users={sizes["users"]}, num_items={sizes["items"]}, '
        f"mean_length={float(sizes['length'])}}}",
        f"max_len={2 * sizes['length']}",
        f"encoder.hidden_size={sizes['width']}",
    ]
    return module_command("fw_epochs", recipe="published/sasrec_official", overrides=overrides)


def _row(base: Mapping[str, int], outcomes: Mapping[str, Outcome], axis: str, factor: int) -> dict:
    grown_one, half = outcomes[name_of(axis, factor)], outcomes[name_of(axis, factor // 2)]
    return {
        "what grows": axis,
        "factor": factor,
        "to": base[axis] * factor,
        **grown_one.row(),
        "seconds, times half the size": ratios(grown_one.seconds, half.seconds)["times (median)"],
        "memory, times half the size": grown_one.peak_megabytes / half.peak_megabytes,
    }
