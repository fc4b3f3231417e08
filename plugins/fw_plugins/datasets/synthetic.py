"""People who rate films, simulated: of any size, and the best reachable score is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from fw import hookimpl, validators
from fw.data.interactions import Interactions
from fw.data.places import Places
from fw_plugins.datasets._synthetic_catalogue import Catalogue, numbered
from fw_plugins.datasets._synthetic_log import Log, simulate
from fw_plugins.datasets._synthetic_oracle import TrueProbabilities
from fw_plugins.datasets._synthetic_people import Habits

if TYPE_CHECKING:
    import pandas as pd


@attrs.frozen(kw_only=True)
class Synthetic:
    """Simulated people rating films: tastes that drift, sessions, sequels, Zipf popularity.

    Nobody rates a film twice, and times are never equal. Since the chance of every film was known
    when it was drawn, so is the best score that any model could reach (shown as ``oracle``). The
    simulation is this project's own, not one from the literature.
    """

    num_users: int = attrs.field(
        default=2000, validator=validators.at_least(1), metadata={"help": "people"}
    )
    num_items: int = attrs.field(
        default=1000, validator=validators.at_least(20), metadata={"help": "films"}
    )
    mean_length: float = attrs.field(
        default=80.0,
        validator=validators.positive,
        metadata={"help": "films a person rates, about; at most half of all films"},
    )
    min_length: int = attrs.field(
        default=5, validator=validators.at_least(1), metadata={"help": "everyone rates as many"}
    )
    seed: int = attrs.field(
        default=0, validator=validators.at_least(0), metadata={"help": "another seed, other data"}
    )
    num_tastes: int = attrs.field(
        default=20, validator=validators.at_least(1), metadata={"help": "groups of films"}
    )
    focus: float = attrs.field(
        default=0.85,
        validator=validators.open_fraction,
        metadata={"help": "chance that a film is picked within the taste of the moment"},
    )
    session_length: float = attrs.field(
        default=8.0,
        validator=validators.at_least(1),
        metadata={"help": "films of a session, on average; tastes change between sessions"},
    )
    sequel_probability: float = attrs.field(
        default=0.5,
        validator=validators.fraction,
        metadata={"help": "chance that a film is followed by its sequel"},
    )
    popularity_exponent: float = attrs.field(
        default=1.2,
        validator=validators.at_least(0),
        metadata={"help": "of the Zipf distribution; 0 makes all films equally popular"},
    )

    @mean_length.validator
    @min_length.validator
    def _fits_the_catalogue(self, attribute: attrs.Attribute[Any], value: float) -> None:
        if value > self.num_items / 2:
            raise ValueError(
                f"{attribute.name} must be at most half of num_items ({self.num_items}), "
                f"found {value}"
            )

    def load(self, places: Places) -> Interactions:
        """Simulate; nothing is read or written."""
        habits = Habits(
            catalogue=self._catalogue(),
            new_session=1 / self.session_length,
            sequel=self.sequel_probability,
        )
        log = simulate(
            habits,
            seed=self.seed,
            num_users=self.num_users,
            mean_length=self.mean_length,
            least=self.min_length,
        )
        return Interactions(
            frame=self._frame(log),
            item_frame=habits.catalogue.frame(),
            oracle=TrueProbabilities(habits, log),
        )

    def _catalogue(self) -> Catalogue:
        return Catalogue.draw(
            self.seed,
            self.num_items,
            num_tastes=self.num_tastes,
            focus=self.focus,
            popularity_exponent=self.popularity_exponent,
        )

    def _frame(self, log: Log) -> pd.DataFrame:
        import pandas as pd  # slow: not to list what there is

        people = np.repeat(np.arange(self.num_users), log.lengths)
        users, items = numbered(self.num_users), numbered(self.num_items)
        return pd.DataFrame(
            {
                "user": pd.Categorical.from_codes(people, pd.Index(users)),
                "item": pd.Categorical.from_codes(log.films, pd.Index(items)),
                "time": log.times,
                "rating": log.ratings,
            }
        )


@hookimpl
def register_datasets(register):
    """Offer ``synthetic``."""
    register("synthetic", Synthetic)
