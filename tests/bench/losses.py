"""How good a model each loss makes of so many seconds of training.

MovieLens-1M, the sizes of the comparison with peers, full ranking with seen items out; time to
evaluate is not counted as training.
"""

from collections.abc import Sequence

from tests.bench.curves import Point, columns_of, curve, settings
from tests.bench.report import Tables

RECIPE = "sasrec_ce"
MONITOR = "valid/full-seen-out/ndcg@10"
TARGETS = (0.06, 0.08, 0.1, 0.12, 0.14, 0.16)
SECONDS = 300.0
ENDLESS = 100_000  # epochs: the clock ends a run
ONE_NEGATIVE = 'sampler={name="uniform"}'
# Uniform over the catalogue, the user's own items included: as many of each position's own as a CPU
# scores in the time of an epoch of cross_entropy, or one set for a batch, which may be larger.
OWN = 'sampler={name="popularity", exponent=0.0, exclude="target", num_negatives=32}'
SHARED = 'sampler={name="shared", exclude="target", num_negatives=512}'
COSINES = "encoder.cosine_temperature=0.07"
LOSSES = {
    "bce, 1 negative": (ONE_NEGATIVE, 'losses=[{name="bce"}]'),
    "bce + 0.1 nt_xent, crops": (
        ONE_NEGATIVE,
        'augmenters=[{name="crop", ratio=0.8}]',
        'pooling={name="mean"}',
        'losses=[{name="bce"}, {name="nt_xent", weight=0.1}]',
    ),
    "bpr, 1 negative": (ONE_NEGATIVE, 'losses=[{name="bpr"}]'),
    "gbce, 512 shared": (SHARED, 'losses=[{name="gbce"}]'),
    "gbce, 32 own": (OWN, 'losses=[{name="gbce"}]'),
    "sampled_softmax, 512 shared": (
        SHARED,
        'losses=[{name="sampled_softmax", correction="corrected"}]',
    ),
    "sce": ('losses=[{name="sce"}]',),
    "cross_entropy": ('losses=[{name="cross_entropy"}]',),
    "cross_entropy, cosines": ('losses=[{name="cross_entropy"}]', COSINES),
    "cross_entropy, cosines, rate 0.004": (
        'losses=[{name="cross_entropy"}]',
        COSINES,
        "optimizer.learning_rate=0.004",
    ),
    "sampled_softmax, 512 shared, cosines, rate 0.002": (
        SHARED,
        'losses=[{name="sampled_softmax"}]',
        COSINES,
        "optimizer.learning_rate=0.002",
    ),
    "sampled_softmax, 48 own, cosines, rate 0.004": (
        'sampler={name="uniform", num_negatives=48}',
        'losses=[{name="sampled_softmax"}]',
        COSINES,
        "optimizer.learning_rate=0.004",
    ),
    "cross_entropy + 0.2 bce": (
        ONE_NEGATIVE,
        'losses=[{name="cross_entropy"}, {name="bce", weight=0.2}]',
    ),
}


def measure(options) -> Tables:
    """Train with every loss, and every seed, for so many seconds."""
    seconds = options.seconds or SECONDS
    overrides = settings(options.users, MONITOR, ENDLESS, ENDLESS)

    def points_of(loss: str, seed: int) -> list[Point]:
        given = [*overrides, *LOSSES[loss], f"seed={seed}"]
        return curve(RECIPE, given, MONITOR, lambda point: point.seconds >= seconds)

    rows = [
        row_of(loss, seed, points_of(loss, seed))
        for seed in range(1, (options.rounds or 1) + 1)
        for loss in options.only or LOSSES
    ]
    return {f"Seconds until {MONITOR} is reached, of {seconds:.0f}": rows}


def row_of(loss: str, seed: int, points: Sequence[Point]) -> dict:
    """Return a run's row: seconds to each value, None where it was not reached, and the best."""
    return {
        "loss": loss,
        "seed": seed,
        "epochs": len(points),
        "seconds an epoch": points[-1].seconds / len(points),
        **{f"{target:g}": _reached(points, target) for target in TARGETS},
        "best": max(point.value for point in points),
        **columns_of(points),
    }


def _reached(points: Sequence[Point], target: float) -> float | None:
    return next((point.seconds for point in points if point.value >= target), None)
