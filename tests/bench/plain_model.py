"""SASRec as one would write it down: padded to max_len, torch's own dropout.

The model is that of ``sasrec_official``, and takes its weights; what fw does for speed is left out.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout


class Attention(nn.Module):
    """One head."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(size, size) for _ in range(3))

    def forward(self, queries: Tensor, memory: Tensor, hidden_from: Tensor, drop: float) -> Tensor:
        """Attend where ``hidden_from`` ([B, L, L]) is false."""
        scores = self.query(queries) @ self.key(memory).mT / math.sqrt(memory.shape[-1])
        weights = scores.masked_fill(hidden_from, -math.inf).softmax(-1)
        return dropout(weights, drop, self.training) @ self.value(memory)


class FeedForward(nn.Module):
    """Two linear maps."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(size, size), nn.Linear(size, size)

    def forward(self, hidden: Tensor, drop: float) -> Tensor:
        """Map [B, L, D] to [B, L, D]."""
        return self.outer(dropout(self.inner(hidden).relu(), drop, self.training))


class Block(nn.Module):
    """LayerNorm on queries alone, residuals from what it gave, as in the authors' code."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(size, 1e-8)
        self.attention = Attention(size)
        self.feed_forward_norm = nn.LayerNorm(size, 1e-8)
        self.feed_forward = FeedForward(size)

    def forward(self, hidden: Tensor, hidden_from: Tensor, drop: float) -> Tensor:
        """Map [B, L, D] to [B, L, D]."""
        queries = self.attention_norm(hidden)
        attended = queries + self.attention(queries, hidden, hidden_from, drop)
        normalised = self.feed_forward_norm(attended)
        changed = self.feed_forward(normalised, drop)
        return normalised + dropout(changed, drop, self.training)


class PlainSASRec(nn.Module):
    """Items padded on the left to ``max_len``, to hidden states."""

    def __init__(self, num_items: int, size: int, blocks: int, max_len: int, drop: float) -> None:
        super().__init__()
        self.max_len, self.drop = max_len, drop
        self.items = nn.Embedding(num_items + 2, size, padding_idx=0)
        self.positions = nn.Embedding(max_len, size)
        self.blocks = nn.ModuleList(Block(size) for _ in range(blocks))
        self.norm = nn.LayerNorm(size, 1e-8)

    def forward(self, items: Tensor) -> Tensor:
        """Map [B, max_len] to [B, max_len, D]; what stands at padding means nothing."""
        hidden = self.items(items) * math.sqrt(self.items.embedding_dim) + self.positions.weight
        hidden = dropout(hidden, self.drop, self.training)
        later = torch.ones(self.max_len, self.max_len, dtype=torch.bool).triu(1)
        others = ~torch.eye(self.max_len, dtype=torch.bool)  # a row must see something: itself
        hidden_from = later | ((items == 0)[:, None] & others)
        for block in self.blocks:
            hidden = block(hidden, hidden_from, self.drop)
        return self.norm(hidden)

    def take_weights(self, encoder: nn.Module) -> None:
        """Start from the weights of a ``sasrec_official`` of the same sizes."""
        state = encoder.state_dict()
        self.load_state_dict({k.removeprefix("embedding."): v for k, v in state.items()})


class PlainScorer:
    """Lets fw's evaluation score a plain model."""

    def __init__(self, model: PlainSASRec) -> None:
        self.model = model

    @torch.no_grad()
    def scores(self, cases, history) -> Tensor:
        """Score all items for each case: [C, N + 2]."""
        rows = [items[:length] for items, length in zip(*history[:2], strict=True)]
        newest = self.model.eval()(pad_left(rows, self.model.max_len))[:, -1]
        return newest @ self.model.items.weight.T


def pad_left(rows, width: int) -> Tensor:
    """Return [B, width] int64 of rows of items that are no longer than that."""
    padded = torch.zeros(len(rows), width, dtype=torch.int64)
    for place, row in enumerate(rows):
        if len(row):
            padded[place, -len(row) :] = row
    return padded
