"""The encoders once more, slow and plain: float64, padded on the left to max_len, loops for sums.

What the four have in common stands here; each test writes down the block of its source.
"""

import math

import attrs
import torch
from torch.testing import assert_close

from fw import Sequences

FAR_BELOW = -(2.0**32) + 1  # what the authors' code fills hidden scores with


@attrs.define
class Slow:
    """One row's computation with the weights of an encoder, by name."""

    settings: object
    weights: dict
    padding: torch.Tensor  # [slots] bool

    def linear(self, name, x):
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def norm(self, name, x):
        mean = x.mean(-1, keepdim=True)
        variance = ((x - mean) ** 2).mean(-1, keepdim=True)
        normal = (x - mean) / torch.sqrt(variance + self.settings.norm_epsilon)
        return normal * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def hidden_keys(self):
        return self.padding if self.settings.hide_padding else torch.zeros_like(self.padding)

    def attention(self, block, queries, memory):
        """Look from every slot at the slots up to it, one slot and one head at a time."""
        q = self.linear(f"{block}.attention.query", queries)
        k = self.linear(f"{block}.attention.key", memory)
        v = self.linear(f"{block}.attention.value", memory)
        size = q.shape[1] // self.settings.num_heads
        heads = []
        for start in range(0, q.shape[1], size):
            part = slice(start, start + size)
            heads.append(self.one_head(q[:, part], k[:, part], v[:, part]))
        attended = torch.cat(heads, -1)
        if self.settings.out_projection:
            attended = self.linear(f"{block}.attention.output", attended)
        return attended

    def one_head(self, q, k, v):
        hidden = self.hidden_keys()
        rows = []
        for slot in range(len(q)):
            scores = (k @ q[slot]) / math.sqrt(q.shape[1])
            later = torch.arange(len(q)) > slot
            scores = torch.where(hidden | later, torch.tensor(FAR_BELOW).double(), scores)
            shares = torch.exp(scores - scores.max())
            rows.append((shares / shares.sum()) @ v)
        return torch.stack(rows)

    def feed_forward(self, block, x):
        inner = self.linear(f"{block}.feed_forward.inner", x)
        if self.settings.activation == "relu":
            inner = inner.clamp(min=0)
        else:
            inner = inner * 0.5 * (1 + torch.erf(inner / math.sqrt(2)))
        return self.linear(f"{block}.feed_forward.outer", inner)

    def embed(self, slots):
        table = "items.weight" if self.settings.tied else "input_items.weight"
        x = self.weights[table][slots]
        if self.settings.scale_embeddings:
            x = x * math.sqrt(x.shape[1])
        x = x + self.positions()
        if self.settings.embedding_norm:
            x = self.norm("embedding.norm", x)
        return x * ~self.padding[:, None]

    def positions(self):
        if self.settings.positions == "none":
            return torch.zeros(1).double()
        table = self.weights["embedding.positions.weight"]
        if self.settings.positions == "from_end":
            return table
        # The first slot that holds an item has position 0; a gap after it is counted.
        first = int((~self.padding).nonzero()[0])
        return torch.cat([table[:1].expand(first, -1), table[: len(table) - first]])

    def encode(self, slots, block):
        x = self.embed(slots)
        for number in range(self.settings.num_blocks):
            x = block(self, f"blocks.{number}", x)
            if self.settings.zero_padding:
                x = x * ~self.padding[:, None]
        return self.norm("norm", x) if self.settings.final_norm else x


def sequences_of(rows, width=None):
    """Pad the rows on the right."""
    width = width or max(len(row) for row in rows)
    return Sequences(
        torch.tensor([row + [0] * (width - len(row)) for row in rows]),
        torch.tensor([len(row) for row in rows]),
        torch.arange(len(rows)),
    )


def random_weights(encoder):
    """Give every weight, biases and norms too, a random value; PAD keeps its row of zeros."""
    generator = torch.Generator().manual_seed(0)
    for name, weight in encoder.named_parameters():
        values = torch.randn(weight.shape, generator=generator) * 0.4
        weight.data = values + 1 if name.endswith("norm.weight") else values
        if name.endswith("items.weight"):
            weight.data[0] = 0
    return encoder.double()


def slow_states(settings, block, weights, row, max_len, kind=Slow):
    """Return the states of one row's items, [n, D]."""
    slots = torch.tensor([0] * (max_len - len(row)) + row)
    slow = kind(settings, weights, slots == 0)
    return slow.encode(slots, block)[max_len - len(row) :]


def compare_with_slow(settings, block, info, rows, *, gaps=False, kind=Slow):
    """Hold the encoder's states and all its gradients against the slow ones."""
    encoder = random_weights(settings.build(info))
    weights = {
        name: weight.detach().clone().requires_grad_()
        for name, weight in encoder.named_parameters()
    }
    sequences = sequences_of(rows)._replace(gaps=gaps)
    states = encoder(sequences)
    expected = torch.zeros_like(states)
    for number, row in enumerate(rows):
        if row:
            slow = slow_states(settings, block, weights, row, info.max_len, kind)
            expected[number, : len(row)] = slow * (torch.tensor(row) != 0)[:, None]
    assert_close(states, expected, rtol=0, atol=1e-9)
    compare_gradients(encoder, weights, states, expected)


def compare_gradients(encoder, weights, states, expected):
    generator = torch.Generator().manual_seed(1)
    towards = torch.randn(states.shape, generator=generator).double()
    (states * towards).sum().backward()
    (expected * towards).sum().backward()
    for name, weight in encoder.named_parameters():
        slow = weights[name].grad
        if name.endswith("items.weight") and slow is not None:
            slow[0] = 0  # never trained
        if slow is None:  # the table that only scores, where there are two
            assert weight.grad is None
        else:
            assert_close(
                weight.grad, slow, rtol=0, atol=1e-8, msg=lambda text, n=name: f"{n}: {text}"
            )
