"""What every sampler promises, whatever it draws from."""

import pytest
import torch

from fw.random import Rng
from fw_plugins.samplers.hard import Hard
from fw_plugins.samplers.in_batch import InBatch
from fw_plugins.samplers.mixed import Mixed
from fw_plugins.samplers.popularity import Popularity
from fw_plugins.samplers.shared import Shared
from fw_plugins.samplers.uniform import Uniform

BY_ADDRESS = [
    Uniform(num_negatives=4),
    Popularity(num_negatives=4),
    Popularity(num_negatives=4, exponent=0.5, exclude="target"),
    Hard(num_candidates=4),
]
SHARED = [
    Shared(num_negatives=4),
    Shared(num_negatives=4, exponent=1.0, exclude="target"),
    InBatch(num_negatives=4),
    Mixed(num_in_batch=2, num_uniform=2),
]
ROWS, NUM_ITEMS = [[1, 2, 3, 4], [5, 6, 7], [2, 8, 8, 3], [4, 9]], 12
TARGETS = [[2, 3, 4], [6, 7], [8, 8, 3], [9]]

every = pytest.mark.parametrize("settings", [*BY_ADDRESS, *SHARED], ids=repr)


@pytest.fixture
def batch(batch_of):
    return batch_of([0, 1, 2, 3], TARGETS)


@every
def test_shapes_and_types_are_those_of_the_interface(counted_info, batch, draw, settings):
    items, log_probability, collides, target = draw(
        settings.build(counted_info(ROWS, NUM_ITEMS)), batch
    )
    assert items.shape == ((4,) if settings in SHARED else (4, 3, 4))
    assert log_probability.shape == items.shape
    assert (collides.shape, target.shape) == ((4, 3, 4), (4, 3))
    assert (items.dtype, collides.dtype) == (torch.int64, torch.bool)
    assert log_probability.dtype == target.dtype == torch.float32


@every
def test_case_B33_neither_padding_nor_the_mask_token_is_drawn(counted_info, batch, draw, settings):
    sampler = settings.build(counted_info(ROWS, NUM_ITEMS))
    drawn = torch.cat([draw(sampler, batch, epoch).items.flatten() for epoch in range(1, 100)])
    assert drawn.min() >= 1
    assert drawn.max() <= NUM_ITEMS


@every
def test_what_may_be_used_is_never_the_target_and_of_the_history_as_asked(
    counted_info, batch, draw, settings
):
    sampler = settings.build(counted_info(ROWS, NUM_ITEMS))
    used = set()
    for epoch in range(1, 100):
        items, _, collides, _ = draw(sampler, batch, epoch)
        items = items.expand(collides.shape)
        assert not ((items == batch.targets.items[..., None]) & ~collides).any()
        used |= set(items[0][~collides[0]].tolist())
    history_used = bool(used & set(ROWS[0]))
    assert history_used is (getattr(settings, "exclude", "history") == "target")


@every
def test_log_probabilities_of_what_is_drawn_and_of_targets_are_finite(
    counted_info, batch, draw, settings
):
    drawn = draw(settings.build(counted_info(ROWS, NUM_ITEMS)), batch)
    assert drawn.log_probability.isfinite().all()
    assert (drawn.log_probability <= 0).all()
    assert drawn.target_log_probability[batch.targets.items > 0].isfinite().all()


@every
def test_an_epoch_draws_the_same_again_and_the_next_another(counted_info, batch, draw, settings):
    sampler = settings.build(counted_info(ROWS, NUM_ITEMS))
    first = draw(sampler, batch).items.tolist()
    assert draw(sampler, batch).items.tolist() == first
    assert draw(sampler, batch, epoch=2).items.tolist() != first


@pytest.mark.parametrize("settings", BY_ADDRESS, ids=repr)
def test_what_is_drawn_by_address_is_the_same_in_any_batch(counted_info, batch_of, draw, settings):
    sampler = settings.build(counted_info(ROWS, NUM_ITEMS))
    alone = draw(sampler, batch_of([2], [TARGETS[2]])).items[0]
    together = draw(sampler, batch_of([3, 2, 0], [TARGETS[3], TARGETS[2], [2, 3, 4, 1]])).items
    assert together[1, :3].tolist() == alone.tolist()


@pytest.mark.parametrize("settings", SHARED, ids=repr)
def test_a_shared_set_depends_on_the_batch_but_not_on_its_padding(
    counted_info, batch_of, draw, settings
):
    sampler = settings.build(counted_info(ROWS, NUM_ITEMS))
    sets = [
        draw(sampler, batch_of(rows, [TARGETS[row] for row in rows])).items.tolist()
        for rows in ([0, 1], [1, 0])
    ]
    assert sets[0] != sets[1]
    wide = batch_of([0, 1], [[*TARGETS[0], 0, 0], TARGETS[1]])
    assert draw(sampler, wide).items.tolist() == sets[0]


@every
def test_it_compiles_as_one_graph(counted_info, batch, settings):
    sampler = settings.build(counted_info(ROWS, NUM_ITEMS))

    def drawn(epoch):
        return sampler(batch, Rng.for_rows(1, epoch, batch.targets.rows))

    torch.compiler.reset()
    compiled = torch.compile(drawn, backend="eager", fullgraph=True)
    epoch = torch.tensor(1)
    for one, other in zip(compiled(epoch), drawn(epoch), strict=True):
        assert torch.equal(one, other)
