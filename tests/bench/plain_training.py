"""Training a plain SASRec with one negative a position, without anything that fw does for speed."""

import numpy as np
import torch
from tests.bench.plain_model import PlainSASRec, pad_left
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from fw.engine.steps.batches import epoch_plans


class PlainTraining:
    """Epochs of a plain model over users' training items (a list of arrays, one a user)."""

    def __init__(self, model: PlainSASRec, sequences: list[np.ndarray], *, seed: int) -> None:
        self.model, self.sequences, self.seed = model, sequences, seed
        self.num_items = model.items.num_embeddings - 2
        self.optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.98))
        self.random = np.random.default_rng(seed)
        self.had = np.zeros((len(sequences), self.num_items + 1), dtype=bool)
        for user, items in enumerate(sequences):
            self.had[user, items] = True
        self.had[:, 0] = True  # padding is never a negative

    def epoch(self, number: int, batch_size: int = 128) -> None:
        """Train once on every user, in the batches that fw makes of them."""
        self.model.train()
        lengths = np.array([len(items) for items in self.sequences])
        users = np.flatnonzero(lengths >= 2)
        plans = epoch_plans(
            users, lengths, batch_size=batch_size, seed=self.seed, epoch=number, grouped=False
        )
        for plan in plans:
            self._step(plan.rows)

    def _step(self, users: np.ndarray) -> None:
        newest = [torch.from_numpy(self.sequences[user]) for user in users]
        max_len = self.model.max_len
        inputs = pad_left([items[:-1][-max_len:] for items in newest], max_len)
        targets = pad_left([items[1:][-max_len:] for items in newest], max_len)
        loss = self._loss(inputs, targets, torch.from_numpy(self.negatives(users)))
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()

    def _loss(self, inputs: Tensor, targets: Tensor, negatives: Tensor) -> Tensor:
        hidden = self.model(inputs)
        real = targets != 0
        parts = []
        for items, label in ((targets, 1.0), (negatives, 0.0)):
            logits = (hidden * self.model.items(items)).sum(-1)[real]
            parts.append(binary_cross_entropy_with_logits(logits, torch.full_like(logits, label)))
        return parts[0] + parts[1]

    def negatives(self, users: np.ndarray) -> np.ndarray:
        """Draw [B, max_len] items that each user has not had, again where one has."""
        shape = (len(users), self.model.max_len)
        drawn = self.random.integers(1, self.num_items + 1, shape)
        while (hit := self.had[users[:, None], drawn]).any():
            drawn[hit] = self.random.integers(1, self.num_items + 1, hit.sum())
        return drawn


def start(recipe, data, step) -> PlainTraining:
    """Start from the very weights, data and order of batches that a run of the recipe has."""
    settings = recipe.one("encoder").settings
    model = PlainSASRec(
        num_items=data.split.store.num_items,
        size=settings.hidden_size,
        blocks=settings.num_blocks,
        max_len=recipe.max_len,
        drop=settings.dropout,
    )
    model.take_weights(step.encoder)
    return PlainTraining(model, training_items(data.split), seed=recipe.seed)


def training_items(split) -> list[np.ndarray]:
    """Return every user's training items, oldest first."""
    firsts, lengths = split.store.offsets[:-1], split.train_lengths
    return [
        split.store.items[first : first + length]
        for first, length in zip(firsts, lengths, strict=True)
    ]
