"""What holds for each of the encoders: causality, padding, extremes, dropout by address."""

import copy

import pytest
import torch
from slow_encoder import sequences_of
from torch.testing import assert_close
from watched_encoder import draws_of, states_of_one_graph

from fw import Sequences
from fw.nn.items import ItemTable
from fw.random import Rng
from fw_plugins.encoders.ligr import LiGR
from fw_plugins.encoders.sasrec_bert import SASRecBERT
from fw_plugins.encoders.sasrec_official import SASRecOfficial
from fw_plugins.encoders.sasrec_paper import SASRecPaper
from fw_plugins.encoders.sasrec_post_ln import SASRecPostLN

ENCODERS = [SASRecOfficial, SASRecPaper, SASRecPostLN, SASRecBERT, LiGR]
PLACES = ("embeddings", "attention_weights", "attention", "inner", "feed_forward")
SIZE, NUM_ITEMS, MAX_LEN = 8, 12, 9


@pytest.fixture
def info(make_info):
    return make_info([[1, 2, 3]], NUM_ITEMS, max_len=MAX_LEN)


@pytest.fixture(params=ENCODERS, ids=lambda settings: settings.__name__)
def build(request, info):
    """A function from settings to an encoder of one of the kinds."""

    def build(**settings):
        torch.manual_seed(0)
        return request.param(**{"hidden_size": SIZE, "num_heads": 2, **settings}).build(info)

    return build


def root(rows, epoch=1):
    return Rng.for_rows(5, epoch, rows)


def test_it_has_what_the_protocol_of_encoders_asks_for(build):
    encoder = build()
    assert type(encoder).causal is True
    assert encoder.hidden_size == SIZE
    assert isinstance(encoder.items, ItemTable)
    assert encoder(sequences_of([[1, 2], [3]])).shape == (2, 2, SIZE)


def test_case_B17_no_position_sees_a_later_item(build):
    encoder = build()
    first, second = (
        encoder(sequences_of([[1, 2, 3, 4, 5]])),
        encoder(sequences_of([[1, 2, 3, 4, 9]])),
    )
    assert (first - second)[:, :4].abs().max() == 0
    assert (first - second)[:, 4].abs().max() > 1e-4


def test_case_B17_every_position_sees_the_first_item(build):
    encoder = build()
    first, second = (
        encoder(sequences_of([[1, 2, 3, 4, 5]])),
        encoder(sequences_of([[7, 2, 3, 4, 5]])),
    )
    assert ((first - second).abs().amax(-1) > 1e-6).all()


@pytest.mark.parametrize("init", ["xavier_uniform", "xavier_normal", "normal"])
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("hide_padding", [True, False])
def test_case_B18_the_row_of_padding_is_and_stays_zero(build, init, tied, hide_padding, tmp_path):
    encoder = build(init=init, tied=tied, hide_padding=hide_padding)
    tables = [module for module in encoder.modules() if isinstance(module, ItemTable)]
    assert len(tables) == (1 if tied else 2)
    assert all(table.weight[0].abs().max() == 0 for table in tables)
    optimizer = torch.optim.Adam(encoder.parameters(), lr=0.1, weight_decay=0.1)
    for _ in range(10):
        sequences = sequences_of([[1, 2, 3], [4]])
        scores = encoder.items.scores(encoder(sequences, root(sequences.rows)))
        optimizer.zero_grad()
        scores.square().sum().backward()
        assert all(table.weight.grad[0].abs().max() == 0 for table in tables)
        optimizer.step()
    torch.save(encoder.state_dict(), tmp_path / "weights")
    loaded = build(init=init, tied=tied, hide_padding=hide_padding)
    loaded.load_state_dict(torch.load(tmp_path / "weights"))
    assert loaded.items.weight.equal(encoder.items.weight)
    assert loaded.items.weight[0].abs().max() == 0
    assert encoder.items.weight[1].abs().max() > 0


def test_case_B19_no_item_attends_to_padding(build):
    encoder = build(positions="from_end").double()
    sequences = sequences_of([[3, 7]], width=5)
    expected = encoder(sequences)
    loud = copy.deepcopy(encoder)
    loud.items.weight.data[0] = 100
    loud.embedding.positions.weight.data[: MAX_LEN - 2] = 100  # where left-padded rows have padding
    assert_close(loud(sequences), expected)


@pytest.mark.parametrize("positions", ["from_end", "from_start", "none"])
def test_case_B19_the_amount_of_padding_changes_nothing(build, positions):
    encoder = build(positions=positions).double()
    narrow, wide = (encoder(sequences_of([[3, 7]], width=width)) for width in (2, MAX_LEN))
    assert_close(wide[:, :2], narrow)
    assert wide[:, 2:].abs().max() == 0


def test_case_B20_a_sequence_of_one_item_has_one_state(build):
    states = build()(sequences_of([[7]], width=5))
    assert states[0, 0].abs().max() > 0
    assert states[0, 1:].abs().max() == 0


def test_case_B21_sequences_wider_than_max_len_are_refused(build):
    with pytest.raises(ValueError, match=r"^sequences of 10 positions; this encoder has 9$"):
        build()(sequences_of([list(range(1, 11))]))


@pytest.mark.parametrize("hide_padding", [True, False])
@pytest.mark.parametrize("gaps", [True, False])
@pytest.mark.parametrize("dropping", [True, False])
def test_case_B22_an_empty_row_leaves_everything_finite(build, hide_padding, gaps, dropping):
    encoder = build(hide_padding=hide_padding).double()
    sequences = sequences_of([[], [3, 7]], width=5)._replace(gaps=gaps)
    rng = root(sequences.rows) if dropping else None
    states = encoder(sequences, rng)
    states.sum().backward()
    assert states.isfinite().all()
    assert all(weight.grad.isfinite().all() for weight in encoder.parameters())
    alone = Sequences(sequences.items[1:], sequences.lengths[1:], sequences.rows[1:], gaps=gaps)
    rng = root(alone.rows) if dropping else None
    assert_close(encoder(alone, rng), states[1:])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_case_B23_half_precision_stays_finite(build, dtype):
    encoder = build().to(dtype)
    sequences = sequences_of([[1, 2, 3], [4], []])
    for gaps in (False, True):
        states = encoder(sequences._replace(gaps=gaps), root(sequences.rows))
        states.sum().backward()
        assert states.dtype == dtype
        assert states.isfinite().all()
    assert all(weight.grad.isfinite().all() for weight in encoder.parameters())


def test_case_B23_autocast_gives_nearly_the_same(build):
    encoder, sequences = build(), sequences_of([[1, 2, 3], [4]])
    with torch.autocast("cpu", torch.bfloat16):
        states = encoder(sequences, root(sequences.rows))
    states.sum().backward()
    assert_close(states.float(), encoder(sequences, root(sequences.rows)), rtol=0.1, atol=0.1)


@pytest.mark.parametrize("hide_padding", [True, False])
def test_parts_of_equal_widths_together_are_those_alone_with_their_own_dropout(build, hide_padding):
    encoder = build(hide_padding=hide_padding, dropout=0.5, dropout_at=PLACES).double()
    gaps = torch.tensor([[1, 0, 3], [4, 0, 0]])
    parts = [
        sequences_of([[1, 2, 3], [4]]),
        sequences_of([[5, 6]]),
        Sequences(gaps, torch.tensor([3, 1]), torch.arange(2), gaps=True),
        sequences_of([[9, 8, 7]]),
        sequences_of([[2], [1, 3]]),
    ]
    rngs = [root(part.rows, epoch=number) for number, part in enumerate(parts)]
    for part, rng, states in zip(parts, rngs, encoder.together(parts, rngs), strict=True):
        assert_close(states, encoder(part, rng))


@pytest.mark.parametrize("hide_padding", [True, False])
def test_dropout_of_a_row_is_the_same_in_any_batch(build, hide_padding):
    encoder = build(hide_padding=hide_padding, dropout=0.5, dropout_at=PLACES).double()
    rows = [[1, 2, 3, 4], [5], [6, 7, 8, 9, 10, 11, 12, 1]]
    together = sequences_of(rows)
    states = encoder(together, root(together.rows))
    for order, width in (([2, 0], 8), ([0], 4), ([0, 1], 6)):
        part = sequences_of([rows[number] for number in order], width=width)
        part = part._replace(rows=torch.tensor(order))
        again = encoder(part, root(part.rows))
        shared = min(width, 8)
        assert_close(again[:, :shared], states[order, :shared])


@pytest.mark.parametrize("place", PLACES)
def test_dropout_acts_at_each_place_it_is_asked_for(build, place):
    sequences = sequences_of([[1, 2, 3, 4]])
    encoder = build(dropout=0.5, dropout_at=(place,))
    dropped = encoder(sequences, root(sequences.rows))
    assert not dropped.equal(encoder(sequences))
    assert not dropped.equal(encoder(sequences, root(sequences.rows, epoch=2)))
    silent = build(dropout=0.5, dropout_at=())
    assert silent(sequences, root(sequences.rows)).equal(silent(sequences))


def test_every_dropout_of_an_encoder_draws_its_own_numbers(build, monkeypatch):
    drawn = draws_of(build(dropout_at=PLACES), monkeypatch)
    assert len(drawn) == 1 + 2 * 4
    numbers = [number for draw in drawn for number in draw]
    assert len(set(numbers)) == len(numbers)


def test_two_builds_from_one_seed_have_the_same_weights(build):
    first, second = build().state_dict(), build().state_dict()
    assert first.keys() == second.keys()
    assert all(first[name].equal(second[name]) for name in first)


def test_an_encoder_of_two_tables_embeds_with_one_and_scores_with_the_other(build):
    encoder = build(tied=False)
    sequences = sequences_of([[1, 2]])
    before = encoder(sequences)
    encoder.items.weight.data.mul_(2)
    assert encoder(sequences).equal(before)
    encoder.input_items.weight.data.mul_(2)
    assert not encoder(sequences).equal(before)


def test_it_compiles_as_one_graph(build):
    encoder = build(dropout_at=PLACES, num_blocks=1)
    states_of_graph = states_of_one_graph(encoder)
    states_of_graph.square().sum().backward()
    assert encoder.items.weight.grad[0].abs().max() == 0
    assert encoder.items.weight.grad[1].abs().max() > 0
