"""Item-based nearest neighbours: what was had by those who had the items of a history."""

from __future__ import annotations

from typing import ClassVar

import attrs
import torch
from torch import Tensor, nn

from fw import Info, Sequences, hookimpl, validators
from fw.data.similarity import nearest_items
from fw.nn.embedding import is_item
from fw.nn.items import ItemTable
from fw.nn.settings import setting


@attrs.frozen(kw_only=True)
class ItemKNN:
    """Scores an item by its cosine similarities to the items of the history, added up.

    Item-based collaborative filtering (Sarwar et al., WWW 2001; Deshpande and Karypis, TOIS 2004):
    the similarity of items i and j is |U_i & U_j| / sqrt(|U_i| |U_j|), U_i being the users who have
    had item i in training; each item of the history has a say on its ``num_neighbours`` most
    similar items alone. An item that the history has twice counts once. With
    ``inverse_user_frequency`` a user who has had n items counts 1 / log(1 + n) in the numerator
    (Breese, Heckerman and Kadie, UAI 1998), as for the augmenters ``substitute`` and ``insert``.

    A baseline without anything to train: a recipe with it has ``epochs = 0``. The history is the
    newest ``max_len`` items; with ``max_len = 1`` an item is answered with what is similar to it.
    """

    causal: ClassVar[bool] = True
    trainable: ClassVar[bool] = False

    num_neighbours: int = setting(
        100, "most similar items of each item that count", validators.at_least(1)
    )
    inverse_user_frequency: bool = setting(
        False, "let users count the less, the more items they have had"
    )

    def build(self, info: Info) -> HistoryEncoder:
        """Find every item's nearest neighbours."""
        found = nearest_items(
            info, self.num_neighbours, inverse_user_frequency=self.inverse_user_frequency
        )
        return HistoryEncoder(NeighbourTable(*found))


class NeighbourTable(ItemTable):
    """The similarity of every item to every other, of which few are not 0, in place of embeddings.

    A row is an item's similarity to each item of a history, so that a state, which says what is in
    the history, times the row is the item's score. ``neighbours`` ([N + 2, K] int64) are those
    on which an item has a say, ``similarities`` ([N + 2, K] float32) how much.
    """

    neighbours: Tensor
    similarities: Tensor

    def __init__(self, neighbours: Tensor, similarities: Tensor) -> None:
        nn.Module.__init__(self)
        self.num_items = len(neighbours) - 2
        self.register_buffer("neighbours", neighbours)
        self.register_buffer("similarities", similarities)

    @property
    def device(self) -> torch.device:
        """Where the table is."""
        return self.neighbours.device

    @property
    def weight(self) -> Tensor:
        """All similarities, made anew at each call: [N + 2, N + 2]."""
        return self._matrix().to_dense()

    def rows(self, ids: Tensor) -> Tensor:
        """Return how similar ``ids`` (any shape) are to each item of a history: [..., N + 2]."""
        return self._matrix().index_select(0, ids.flatten()).to_dense().view(*ids.shape, -1)

    def scores(self, hidden: Tensor) -> Tensor:
        """Add up the similarities to what ``hidden`` ([..., N + 2]) holds: [..., N + 2]."""
        flat = hidden.reshape(-1, hidden.shape[-1])
        return torch.sparse.mm(self._matrix(), flat.T.contiguous()).T.reshape(hidden.shape)

    def cosines(self, item: int) -> Tensor:
        """Return the similarity of the nearest neighbours of one item, 0 for all others."""
        found = self.similarities.new_zeros(len(self.neighbours))
        return found.index_add(0, self.neighbours[item], self.similarities[item])

    def _matrix(self) -> Tensor:
        """Return the sparse matrix: column j has the say of item j."""
        size, number = self.neighbours.shape
        columns = torch.arange(size, device=self.device).repeat_interleave(number)
        places = torch.stack([self.neighbours.flatten(), columns])
        return torch.sparse_coo_tensor(
            places, self.similarities.flatten(), (size, size), check_invariants=False
        )


class HistoryEncoder(nn.Module):
    """States that say which items a history has: 1 for each of them, [N + 2] numbers."""

    causal = True
    trainable = False

    def __init__(self, items: NeighbourTable) -> None:
        super().__init__()
        self.items = items
        self.hidden_size = items.num_items + 2

    def forward(self, sequences: Sequences, rng: object = None) -> Tensor:
        """Return [B, L, N + 2], 0 at padding; each position has the items up to its own.

        Of use for a look at few sequences: :meth:`newest` is what a run asks for.
        """
        shape = (*sequences.items.shape, self.hidden_size)
        states = self.items.similarities.new_zeros(shape)
        states = states.scatter(2, sequences.items.unsqueeze(-1), 1.0).cumsum(1).clamp(max=1)
        return self._without_padding(states) * is_item(sequences.items, states)

    def newest(self, sequences: Sequences) -> Tensor:
        """Return what each whole row has: [B, N + 2]."""
        like = self.items.similarities
        states = like.new_zeros(len(sequences.lengths), self.hidden_size)
        return self._without_padding(states.scatter(1, sequences.items, 1.0))

    def _without_padding(self, states: Tensor) -> Tensor:
        return torch.cat([torch.zeros_like(states[..., :1]), states[..., 1:]], -1)


@hookimpl
def register_encoders(register):
    """Offer ``item_knn``."""
    register("item_knn", ItemKNN)
