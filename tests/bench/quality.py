"""How long fw trains until NDCG@10 on validation has reached a given value, with each loss.

MovieLens-1M, the sizes of the comparison with peers, the protocol clean-sampled100; time to
evaluate is not counted as training.
"""

from collections.abc import Sequence

from tests.bench.curves import Point, columns_of, curve, settings
from tests.bench.report import Tables

MONITOR = "valid/clean-sampled100/ndcg@10"
TARGET = 0.53
EPOCHS = 200
PATIENCE = 20
RECIPES = {
    "BCE": "published/sasrec_official",
    "CE": "sasrec_ce",
    "BCE, crop + mean": "cl_crop_mean",
}


def measure(options) -> Tables:
    """Train every recipe, with every seed, until it is good enough."""
    target = options.target or TARGET
    overrides = settings(options.users, MONITOR, options.epochs or EPOCHS, PATIENCE)

    def points_of(recipe: str, seed: int) -> list[Point]:
        given = [*overrides, f"seed={seed}"]
        return curve(recipe, given, MONITOR, lambda point: point.value >= target)

    rows = [
        row_of(loss, seed, target, points_of(recipe, seed))
        for seed in range(1, (options.rounds or 1) + 1)
        for loss, recipe in RECIPES.items()
    ]
    return {f"Training until {MONITOR} is {target}": rows}


def row_of(loss: str, seed: int, target: float, points: Sequence[Point]) -> dict:
    """Return a run's row; where the target was not reached it has no seconds."""
    best = max(point.value for point in points)
    return {
        "loss": loss,
        "seed": seed,
        "epochs": len(points),
        "training seconds": points[-1].seconds if best >= target else None,
        "best NDCG@10": best,
        **columns_of(points),
    }
