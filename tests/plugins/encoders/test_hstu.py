"""``hstu`` against its repository, written out slowly: float64, one pair of items at a time."""

import math

import pytest
import torch
from slow_encoder import (
    Slow,
    compare_gradients,
    compare_with_slow,
    random_weights,
    sequences_of,
    slow_states,
)
from torch.nn.functional import cosine_similarity
from torch.testing import assert_close
from watched_encoder import draws_of, states_of_one_graph

from fw import Sequences
from fw.random import Rng
from fw_plugins.encoders.hstu import HSTU

ROWS = [[3, 1, 4, 1, 5, 2], [2, 7, 1], [6], [5, 5], [1, 2, 3, 4, 5, 6]]


class SlowHSTU(Slow):
    """LayerNorm without weights inside blocks; embeddings have none, and one table."""

    def embed(self, slots):
        x = self.weights["items.weight"][slots]
        if self.settings.scale_embeddings:
            x = x * math.sqrt(x.shape[1])
        return (x + self.positions()) * ~self.padding[:, None]

    def encode(self, slots, block):
        x = self.embed(slots)
        for number in range(self.settings.num_blocks):
            x = block(self, f"blocks.{number}", x)
        return self.norm("norm", x) if self.settings.final_norm else x


def plain_norm(slow, x):
    mean = x.mean(-1, keepdim=True)
    variance = ((x - mean) ** 2).mean(-1, keepdim=True)
    return (x - mean) / torch.sqrt(variance + slow.settings.norm_epsilon)


def silu(x):
    return x / (1 + torch.exp(-x))


def sizes_of(settings):
    default = settings.hidden_size // settings.num_heads
    return settings.value_size or default, settings.attention_size or default


def block(slow, name, x):
    """``SequentialTransductionUnitJagged.forward`` with ``rel_bias``, and rows of n slots."""
    heads, n = slow.settings.num_heads, len(x)
    dv, dqk = sizes_of(slow.settings)
    uvqk = silu(plain_norm(slow, x) @ slow.weights[f"{name}.inward.weight"].T)
    u, v, q, k = uvqk.split([dv * heads, dv * heads, dqk * heads, dqk * heads], dim=1)
    attended = []
    for head in range(heads):
        of_head = [part[:, head * d :][:, :d] for part, d in ((v, dv), (q, dqk), (k, dqk))]
        attended.append(one_head(slow, name, *of_head, n))
    gated = u * plain_norm(slow, torch.cat(attended, -1))
    return slow.linear(f"{name}.outward", gated) + x


def one_head(slow, name, v, q, k, n):
    rows = []
    for i in range(n):
        row = torch.zeros_like(v[0])
        for j in range(i + 1):
            if not slow.padding[j]:
                added = bias(slow, name, i - j) + time_bias(slow, name, i, j)
                row = row + silu(q[i] @ k[j] + added) / n * v[j]
        rows.append(row)
    return torch.stack(rows)


def bias(slow, name, distance):
    if slow.settings.relative_bias == "none":
        return 0
    return slow.weights[f"{name}.by_distance"][distance]


def time_bias(slow, name, i, j):
    """``ts_w`` of the bucket of ts[i + 1] - ts[j], or without the target's time ts[i] - ts[j]."""
    if not slow.settings.timed:
        return 0
    until = slow.times[i + 1] if slow.settings.target_time else slow.times[i]
    bucket = int(math.log(max(abs(until - slow.times[j]), 1)) / 0.301)
    return slow.weights[f"{name}.by_time"][min(max(bucket, 0), 128)]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"num_heads": 3, "num_blocks": 3},
        {"num_heads": 2, "attention_size": 4, "value_size": 5},
        {"relative_bias": "none"},
        {"positions": "from_end", "scale_embeddings": False},
        {"positions": "none", "final_norm": False},
        {"norm_epsilon": 0.1},
    ],
    ids=str,
)
@pytest.mark.parametrize("max_len", [6, 9])
def test_states_and_gradients_are_those_of_the_repository(settings, max_len, make_info):
    settings = HSTU(hidden_size=6, **settings)
    info = make_info(ROWS, 7, max_len=max_len)
    compare_with_slow(settings, block, info, ROWS, kind=SlowHSTU)


def test_gaps_are_hidden_and_have_no_state(make_info):
    rows = [[3, 0, 4, 0, 5, 2], [0, 0, 1], [6], [0, 5]]
    settings = HSTU(hidden_size=6, num_heads=2, positions="from_end")
    compare_with_slow(
        settings, block, make_info(ROWS, 7, max_len=7), rows, gaps=True, kind=SlowHSTU
    )


TIMES = [[5, 5, 9, 400, 10**6, 10**9], [3, 90, 91], [7], [1, 10**5], [1, 2, 3, 5, 8, 13]]
TARGET_TIMES = [2 * 10**9, 10**4, 7, 10**5, 14]


def with_times(sequences, *, following=True):
    """Add the columns of the rows above: times, and the times of the items after them."""
    width = sequences.items.shape[1]
    padded = [[*row, *[0] * (width - len(row))] for row in TIMES]
    after = [
        [*row[1:], last, *[0] * (width - len(row))]
        for row, last in zip(TIMES, TARGET_TIMES, strict=True)
    ]
    columns = {"time": torch.tensor(padded)}
    if following:
        columns["next_time"] = torch.tensor(after)
    return sequences._replace(columns=columns)


@pytest.mark.parametrize("target_time", [False, True])
@pytest.mark.parametrize("num_heads", [1, 2])
def test_states_and_gradients_with_times_are_those_of_the_repository(
    make_info, target_time, num_heads
):
    settings = HSTU(
        hidden_size=6,
        num_heads=num_heads,
        relative_bias="position_and_time",
        target_time=target_time,
        positions="from_end",
    )
    encoder = random_weights(settings.build(make_info(ROWS, 7, max_len=8)))
    weights = {n: w.detach().clone().requires_grad_() for n, w in encoder.named_parameters()}
    sequences = with_times(sequences_of(ROWS))
    states, expected = encoder(sequences), torch.zeros(5, 6, 6).double()
    for number, (row, times) in enumerate(zip(ROWS, TIMES, strict=True)):

        def slow(*parts, times=times, target=TARGET_TIMES[number]):
            made = SlowHSTU(*parts)
            made.times = [0] * (8 - len(times)) + times + [target]
            return made

        expected[number, : len(row)] = slow_states(settings, block, weights, row, 8, slow)
    assert_close(states, expected, rtol=0, atol=1e-9)
    compare_gradients(encoder, weights, states, expected)
    newest = encoder.newest(sequences)
    for number, row in enumerate(ROWS):
        assert_close(newest[number], states[number, len(row) - 1], rtol=0, atol=1e-9)


def timed(make_info, **settings):
    torch.manual_seed(0)
    chosen = HSTU(hidden_size=6, relative_bias="position_and_time", **settings)
    return chosen.build(make_info(ROWS, 7, max_len=6))


def test_the_time_of_the_target_matters_only_where_it_is_asked_for(make_info):
    sequences = with_times(sequences_of(ROWS))
    later = sequences.columns["next_time"] * 50
    moved = sequences._replace(columns={**sequences.columns, "next_time": later})
    assert timed(make_info)(sequences).equal(timed(make_info)(moved))
    assert not timed(make_info, target_time=True)(sequences).equal(
        timed(make_info, target_time=True)(moved)
    )


def test_no_position_knows_the_time_of_a_later_item(make_info):
    encoder, sequences = timed(make_info), with_times(sequences_of(ROWS))
    times = sequences.columns["time"].clone()
    times[:, 3:] += 10**7
    moved = encoder(sequences._replace(columns={"time": times}))
    apart = (moved - encoder(sequences)).abs().amax(-1)
    assert apart[:, :3].max() == 0
    assert apart[0, 3:].min() > 0


def test_items_without_times_are_of_one_moment(make_info):
    encoder, sequences = timed(make_info), sequences_of(ROWS)
    same = sequences._replace(columns={"time": torch.full_like(sequences.items, 10**9)})
    assert encoder(sequences).equal(encoder(same))


def test_columns_are_asked_for_as_the_bias_needs_them():
    assert HSTU().columns == HSTU(relative_bias="none").columns == ()
    assert HSTU(relative_bias="position_and_time").columns == ("time",)
    both = HSTU(relative_bias="position_and_time", target_time=True)
    assert both.columns == ("time", "next_time")
    message = '^target_time needs relative_bias = "position_and_time"$'
    with pytest.raises(ValueError, match=message):
        HSTU(target_time=True)


@pytest.fixture
def build(make_info):
    def build(**settings):
        torch.manual_seed(0)
        return HSTU(hidden_size=8, **settings).build(make_info(ROWS, 7, max_len=9))

    return build


def test_attention_is_no_average_so_a_repeated_item_counts_twice(build):
    unit = build().blocks[0]
    value, one, mask = torch.rand(1, 1, 8), torch.ones(1, 1, 8), torch.zeros(1, 1, 2)
    once = unit._attend(one, one, value, torch.zeros(1, 1, 1), 0.3)
    twice = unit._attend(one, one.repeat(1, 2, 1), value.repeat(1, 2, 1), mask, 0.3)
    assert_close(twice, 2 * once)


def test_weights_start_as_in_the_repository(make_info):
    torch.manual_seed(0)
    encoder = HSTU(hidden_size=64).build(make_info(ROWS, 500, max_len=300))
    assert encoder.items.weight.abs().max() <= 0.04
    assert encoder.embedding.positions.weight.abs().max() <= 2 / 8
    unit = encoder.blocks[0]
    assert unit.inward.weight.std().item() == pytest.approx(0.02, rel=0.03)
    assert unit.by_distance.std().item() == pytest.approx(0.02, rel=0.2)
    assert unit.outward.weight.abs().max() <= math.sqrt(6 / 128) + 1e-6
    assert unit.outward.bias.abs().max() == 0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_stays_finite(build, dtype):
    encoder, sequences = build().to(dtype), sequences_of([[1, 2, 3], [4], []])
    for gaps in (False, True):
        states = encoder(sequences._replace(gaps=gaps), Rng.for_rows(5, 1, sequences.rows))
        states.sum().backward()
        assert states.dtype == dtype
        assert states.isfinite().all()
    assert all(weight.grad.isfinite().all() for weight in encoder.parameters())


def test_every_dropout_draws_its_own_numbers(build, monkeypatch):
    drawn = draws_of(build(), monkeypatch)
    assert len(drawn) == len(set(drawn)) == 1 + 2


@pytest.mark.parametrize("relative_bias", ["position", "none"])
def test_parts_together_are_those_alone_with_their_own_dropout(build, relative_bias):
    encoder = build(dropout=0.5, num_heads=2, relative_bias=relative_bias).double()
    assert all(block.packs for block in encoder.blocks)
    gaps = Sequences(torch.tensor([[1, 0, 3]]), torch.tensor([3]), torch.arange(1), gaps=True)
    parts = [sequences_of([[1, 2, 3], [4]]), sequences_of([[5, 6]]), gaps]
    rngs = [Rng.for_rows(5, epoch, part.rows) for epoch, part in enumerate(parts)]
    for part, rng, states in zip(parts, rngs, encoder.together(parts, rngs), strict=True):
        assert_close(states, encoder(part, rng))
        assert not states.equal(encoder(part))


def test_parts_without_the_kernel_of_a_cpu_are_the_same(build, monkeypatch):
    encoder = build(num_heads=2).double()
    parts = [sequences_of([[1, 2, 3], [4]]), sequences_of([[5, 6]])]
    expected = encoder.together(parts, [None, None])
    monkeypatch.setattr("fw_plugins.encoders.hstu.is_eager_on_cpu", lambda values: False)
    for states, other in zip(expected, encoder.together(parts, [None, None]), strict=True):
        assert_close(states, other)


def test_sequences_wider_than_max_len_are_refused(build):
    with pytest.raises(ValueError, match=r"^sequences of 10 positions; this encoder has 9$"):
        build()(sequences_of([[1] * 10]))


def test_it_compiles_as_one_graph(build):
    states_of_one_graph(build(num_blocks=1))


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ValueError, match=r"^num_heads must divide hidden_size \(50\), found 3$"):
        HSTU(num_heads=3)


def test_scores_can_be_those_of_the_repository(make_info):
    """Both sides at length 1, over a temperature of 0.05, and no LayerNorm before."""
    info = make_info(ROWS, 7, max_len=6)
    torch.manual_seed(1)
    plain = HSTU(hidden_size=6, final_norm=False).build(info)
    torch.manual_seed(1)
    scored = HSTU(hidden_size=6, final_norm=False, cosine_temperature=0.05).build(info)
    rows = sequences_of(ROWS)
    states, items = plain(rows)[:, 0], plain.items.weight[1:]
    expected = cosine_similarity(states[:, None], items[None], dim=-1) / 0.05
    assert_close(scored.items.scores(scored(rows))[:, 0, 1:], expected)


def test_defaults_are_those_of_the_repository_for_movielens():
    settings = HSTU()
    assert (settings.hidden_size, settings.num_blocks, settings.num_heads) == (50, 2, 1)
    assert sizes_of(settings) == (50, 50)
    assert (settings.dropout, settings.norm_epsilon) == (0.2, 1e-6)
    assert (settings.relative_bias, settings.target_time) == ("position", False)
