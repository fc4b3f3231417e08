"""MovieLens-1M as one file that fw and its peers all read: the same users, items and order."""

import json
from pathlib import Path

import pandas as pd
from tests.bench.movielens import loaded

from fw.data.places import Places


def write_log(users: int | None = None) -> tuple[Path, dict[str, int]]:
    """Write ``user,item`` lines, each user's oldest first, of the first ``users``.

    Returns the file, in the cache folder, and its counts. The items are those of the published file
    (at least five interactions). As in leave-one-out the last two items of a user are not trained
    on: peers leave them out when they read.
    """
    store = loaded()[1].split.store
    frame = pd.DataFrame({"user": store.rows, "item": store.items})
    if users is not None:
        frame = frame[frame["user"] < users]
    path = Places.from_environment().cache / "bench" / f"movielens-1m-{users or 'all'}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)
    counts = {"users": frame["user"].nunique(), "items": frame["item"].nunique()}
    return path, {**counts, "interactions": len(frame)}


def dataset_of(path: Path) -> str:
    """Return the override that makes a recipe read the file."""
    return f'dataset={{name="interactions", path={json.dumps(str(path))}, format="csv"}}'
