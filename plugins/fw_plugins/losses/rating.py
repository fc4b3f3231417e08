"""A second task: what the user will give the item that comes next."""

from __future__ import annotations

from typing import ClassVar

import attrs
from torch import Tensor, nn

from fw import Info, LossTerm, StepOutput, hookimpl, validators
from fw.data.coding import ColumnUse
from fw.interfaces import PAD
from fw.nn.initialisation import initialise_linear


@attrs.frozen(kw_only=True)
class RatingLoss:
    """Squared error of the rating of the target, predicted from hidden state and its embedding.

    Ranking and rating are learned together, as in Hadash, Shalom and Osadchy (RecSys 2018). The
    prediction is the network of NRT (Li et al., SIGIR 2017, section 3.3), with the hidden state in
    the user's place: r = w . sigma(U h + V e + b) + c, one inner layer, the logistic function.
    Ratings are standardised by mean and standard deviation of the training part, so that a loss of
    1 is that of the mean. Averaged over the targets whose rating is known. The network serves
    training alone: items are ranked by the products of state and embedding that it shares.
    """

    requires: ClassVar[frozenset[str]] = frozenset({"hidden"})
    positionwise: ClassVar[bool] = True

    column: str = attrs.field(
        default="rating", metadata={"help": "the column that is predicted: a number"}
    )
    inner_size: int | None = attrs.field(
        default=None,
        validator=validators.at_least(1),
        metadata={"help": "width of the inner layer; left out: hidden_size of the encoder"},
    )

    @property
    def use(self) -> ColumnUse:
        """Return the column as it is wanted."""
        return ColumnUse(name=self.column, form="number")

    @property
    def columns(self) -> tuple[ColumnUse, ...]:
        """Return the columns that sequences are to come with."""
        return (self.use,)

    def build(self, info: Info) -> PredictedRating:
        """Make the network, its weights drawn from torch's global generator."""
        size = info.hidden_size
        return PredictedRating(self.use.key, size, self.inner_size or size)


class PredictedRating(nn.Module):
    """Predicts what stands in a column of the targets."""

    requires = RatingLoss.requires
    positionwise = RatingLoss.positionwise

    def __init__(self, key: str, size: int, inner_size: int) -> None:
        super().__init__()
        self.key = key
        self.of_state = nn.Linear(size, inner_size)
        self.of_item = nn.Linear(size, inner_size, bias=False)
        self.outward = nn.Linear(inner_size, 1)
        initialise_linear(self, "xavier_uniform")

    def forward(self, output: StepOutput) -> LossTerm:
        """Compare predictions of hidden states ([B, L, D]) with the targets' ratings ([B, L])."""
        targets = output.batch.targets
        ratings = targets.columns[self.key]
        counted = (targets.items != PAD) & (ratings != 0)
        predicted = self.predict(output.hidden, output.items.rows(targets.items))
        errors = (predicted - ratings).square() * counted
        return LossTerm(errors.sum(), counted.sum())

    def predict(self, hidden: Tensor, items: Tensor) -> Tensor:
        """Return standardised ratings ([...]) after states and of items ([..., D] each)."""
        inner = (self.of_state(hidden) + self.of_item(items)).sigmoid()
        predicted: Tensor = self.outward(inner).squeeze(-1)
        return predicted


@hookimpl
def register_losses(register):
    """Offer ``rating``."""
    register("rating", RatingLoss)
