"""What holds for every bundled augmenter."""

from pathlib import Path

import attrs
import pytest
import torch

import fw_plugins.augmenters
from fw import Sequences
from fw.interfaces import Augmenter
from fw.random import Rng
from fw.views import TwoViews
from fw_plugins.augmenters.crop import Crop
from fw_plugins.augmenters.identity import Identity
from fw_plugins.augmenters.insert import Insert
from fw_plugins.augmenters.mask import Mask
from fw_plugins.augmenters.reorder import Reorder
from fw_plugins.augmenters.replace import Replace
from fw_plugins.augmenters.same_target import SameTarget
from fw_plugins.augmenters.substitute import Substitute

NUM_ITEMS, MAX_LEN = 12, 8
LENGTHS = [3, 8, 1, 2, 11, 8, 5, 0, 4, 1]
SETTINGS = [
    *(Crop(ratio=ratio) for ratio in (0.0, 0.2, 0.6, 1.0)),
    *(Mask(ratio=ratio, token=token) for ratio in (0.0, 0.5, 1.0) for token in ("mask", "pad")),
    *(Reorder(ratio=ratio) for ratio in (0.0, 0.6, 1.0)),
    *(Replace(ratio=ratio) for ratio in (0.0, 0.5, 1.0)),
    *(Substitute(ratio=ratio) for ratio in (0.0, 0.4, 1.0)),
    *(Insert(ratio=ratio) for ratio in (0.0, 0.4, 1.0)),
    *(Identity(newest=newest) for newest in ("keep", "drop")),
    SameTarget(),
]


@pytest.fixture
def info(make_info):
    generator = torch.Generator().manual_seed(3)
    rows = [
        torch.randint(1, NUM_ITEMS + 1, (length,), generator=generator).tolist()
        for length in LENGTHS
    ]
    times = torch.arange(1, sum(LENGTHS) + 1).numpy()
    return make_info(rows, NUM_ITEMS, max_len=MAX_LEN, columns={"time": times})


@pytest.fixture(params=SETTINGS, ids=str)
def augmenter(request, info):
    settings = request.param
    return settings.build(info) if hasattr(settings, "build") else settings


def batch(info, rows=range(10), width=MAX_LEN):
    return info.training.newest(torch.tensor(rows), width)


def view_of(augmenter, sequences, epoch=1):
    return augmenter(sequences, Rng.for_rows(1, epoch, sequences.rows))


def assert_equal(left: Sequences, right: Sequences):
    width = min(left.items.shape[1], right.items.shape[1])
    for name in ("items", "time"):
        one, other = (
            part.items if name == "items" else part.columns[name] for part in (left, right)
        )
        assert torch.equal(one[:, :width], other[:, :width])
        assert not one[:, width:].any()
        assert not other[:, width:].any()
    assert torch.equal(left.lengths, right.lengths)


def test_every_bundled_augmenter_is_tested_here():
    folder = Path(fw_plugins.augmenters.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {type(settings).__module__.rpartition(".")[2] for settings in SETTINGS} == modules


def test_it_follows_the_protocol_and_has_a_min_length(augmenter):
    assert isinstance(augmenter, Augmenter)
    assert augmenter.min_length == 0


@pytest.mark.parametrize("settings", {type(one): one for one in SETTINGS}.values(), ids=str)
def test_min_length_is_a_setting_that_the_built_augmenter_keeps(settings, info):
    settings = attrs.evolve(settings, min_length=4)
    built = settings.build(info) if hasattr(settings, "build") else settings
    assert built.min_length == 4
    with pytest.raises(ValueError, match=r"^min_length must be at least 0, found -1$"):
        attrs.evolve(settings, min_length=-1)


def test_a_view_has_the_rows_addresses_types_and_known_items_only(augmenter, info):
    sequences = batch(info)
    view = view_of(augmenter, sequences)
    assert torch.equal(view.rows, sequences.rows)
    assert view.items.dtype == view.lengths.dtype == torch.int64
    assert view.columns["time"].dtype == sequences.columns["time"].dtype
    assert view.items.shape == view.columns["time"].shape
    assert 0 <= view.items.min() <= view.items.max() <= info.mask_item
    assert not torch.where(view.is_real(), 0, view.items).any()
    assert not torch.where(view.is_real(), 0, view.columns["time"]).any()
    assert view.gaps or bool((view.items > 0).eq(view.is_real()).all())


def test_a_row_with_items_never_becomes_empty(augmenter, info):
    sequences = batch(info)
    assert torch.equal(view_of(augmenter, sequences).lengths > 0, sequences.lengths > 0)


def test_no_view_is_longer_than_the_host_expects(augmenter, info):
    for width in (1, 2, 5, MAX_LEN):
        view = view_of(augmenter, batch(info, width=width))
        assert view.lengths.max() <= view.items.shape[1] <= augmenter.longest(width) <= MAX_LEN


def test_the_input_is_not_written_to(augmenter, info):
    sequences = batch(info)
    before = (sequences.items.clone(), sequences.columns["time"].clone())
    view_of(augmenter, sequences)
    assert torch.equal(sequences.items, before[0])
    assert torch.equal(sequences.columns["time"], before[1])


def test_a_row_gets_the_same_view_in_any_batch_order_size_and_padded_width(augmenter, info):
    together = view_of(augmenter, batch(info))
    order = torch.tensor([9, 4, 0, 7, 2, 1, 8, 3, 6, 5])
    shuffled = view_of(augmenter, batch(info, order.tolist()))
    wide = view_of(augmenter, batch(info, range(4), width=MAX_LEN + 3))
    narrow = view_of(augmenter, batch(info, [0, 2, 3, 8], width=4))
    assert_equal(slice_of(together, [0, 1, 2, 3]), wide)
    assert_equal(slice_of(together, order.tolist()), shuffled)
    assert_equal(slice_of(together, [0, 2, 3, 8]), narrow)


def slice_of(sequences, rows):
    rows = torch.tensor(rows)
    columns = {name: column[rows] for name, column in sequences.columns.items()}
    return Sequences(sequences.items[rows], sequences.lengths[rows], sequences.rows[rows], columns)


def test_it_compiles_as_one_graph(augmenter, info):
    def step(items, lengths, rows, time):
        sequences = Sequences(items, lengths, rows, {"time": time})
        view = augmenter(sequences, Rng.for_rows(1, 1, rows).child("view"))
        return view.items, view.lengths, view.columns["time"]

    sequences = batch(info)
    arguments = (*sequences[:3], sequences.columns["time"])
    torch.compiler.reset()
    compiled = torch.compile(step, backend="eager", fullgraph=True)
    for plain, captured in zip(step(*arguments), compiled(*arguments), strict=True):
        assert torch.equal(plain, captured)


def test_two_views_of_it_are_those_of_two_places(augmenter, info):
    sequences = batch(info)
    first, second = TwoViews([augmenter])(sequences, Rng.for_rows(1, 1, sequences.rows))
    rng = Rng.for_rows(1, 1, sequences.rows).child("view 2").child("augmenter 1")
    assert_equal(second, augmenter(sequences, rng))
    assert torch.equal(first.rows, second.rows)
