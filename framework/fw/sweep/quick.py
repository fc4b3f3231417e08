"""What makes any sweep or search small enough to be tried in a minute."""

from __future__ import annotations

from fw.config.nodes import Node

QUICK = (
    'dataset={name="synthetic", num_users=300, num_items=200, mean_length=20.0, min_length=5}',
    "max_len=20",
    "training.evaluate_every=1",
)


def shrinking(recipe: Node) -> tuple[str, ...]:
    """Return the overrides that shrink a recipe: few epochs where anything is trained at all."""
    training = recipe.get("training")
    epochs = training.get("epochs") if training else None
    return QUICK if epochs and epochs.value == 0 else (*QUICK, "training.epochs=2")
