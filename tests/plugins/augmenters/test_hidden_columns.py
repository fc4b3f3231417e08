"""What is known of an item goes where it goes, and is not said of one that was put in its place."""

import pytest
import torch

from fw import Sequences
from fw.random import Rng
from fw_plugins.augmenters.crop import Crop
from fw_plugins.augmenters.insert import Insert
from fw_plugins.augmenters.mask import Mask
from fw_plugins.augmenters.reorder import Reorder
from fw_plugins.augmenters.replace import Replace
from fw_plugins.augmenters.substitute import Substitute

ROWS = [[1, 2, 3, 4, 5, 6], [7, 8, 9, 10]]
AUGMENTERS = [
    *(Crop(ratio=0.5), Reorder(ratio=1.0), Mask(ratio=0.5), Mask(ratio=0.5, token="pad")),
    *(Insert(ratio=0.5), Replace(ratio=0.5), Substitute(ratio=0.5)),
]


@pytest.mark.parametrize("settings", AUGMENTERS, ids=repr)
def test_a_rating_stays_with_its_item_and_with_no_other(settings, make_info):
    """Each item has ten times its number as its rating, so that a wrong one shows."""
    info = make_info(ROWS, 10)
    augmenter = settings.build(info) if hasattr(settings, "build") else settings
    items = torch.tensor([ROWS[0], [*ROWS[1], 0, 0]])
    columns = {"rating as number": items * 10.0, "time": items * 100}
    sequences = Sequences(items, torch.tensor([6, 4]), torch.arange(2), columns)
    view = augmenter(sequences, Rng.for_rows(1, 1, sequences.rows))
    ratings, times = view.columns["rating as number"], view.columns["time"]
    own = ratings == view.items * 10.0
    assert (own | (ratings == 0)).all()
    # Of two items one has been put in at most: insert doubles what resembles no other.
    known = (ratings != 0).sum(1)
    kept = (
        torch.tensor([3, 2]) if not isinstance(settings, Reorder | Insert) else torch.tensor([6, 4])
    )
    assert torch.equal(known, kept)
    if not (isinstance(settings, Mask) and settings.token == "pad"):
        assert ((times != 0) == view.is_real()).all()
