"""Which items a finished run takes to be alike."""

from __future__ import annotations

import torch

from fw.engine.evaluating.evaluation import evaluating
from fw.engine.evaluating.top_lists import first_items
from fw.engine.finished.catalogue import Catalogue, Recommended
from fw.engine.finished.model import Trained
from fw.engine.finished.recommending import require_positive


def similar_items(run: Trained, item: str, *, k: int = 10) -> tuple[Recommended, ...]:
    """Return the ``k`` other items whose embeddings have the highest cosine with the item's.

    ``score`` is the cosine, -1 to 1. Raises UserError if the item is unknown, or k is below 1.
    """
    require_positive(k)
    catalogue = Catalogue(run.split.store)
    number = catalogue.number_of(item)
    cosines = _cosines(run, number)
    itself, first = (torch.tensor([one], device=run.device) for one in (number, 0))
    found = first_items(cosines, itself, first, min(k, run.info.num_items))
    return catalogue.listed(
        found[0].numpy(force=True), cosines[0, found[0].long()].numpy(force=True)
    )


def _cosines(run: Trained, number: int) -> torch.Tensor:
    """Return the cosine of every item with item ``number``: [1, N + 2]."""
    with torch.inference_mode(), evaluating(run.model.encoder):
        return run.model.encoder.items.cosines(number).unsqueeze(0)
