"""Simulated interactions: of exactly the sizes asked for, whatever is written in parts."""

import pandas as pd
import pytest

from fw.data import generating
from fw.data.generating import LEAST, Sizes, generate
from fw.errors import RunError, UserError

SIZES = Sizes(users=300, items=400, interactions=6000, seed=3)


@pytest.fixture
def frame(tmp_path, monkeypatch):
    monkeypatch.setattr(generating, "_ROWS", 700)
    assert sum(generate(tmp_path / "made", SIZES)) == 6000
    return pd.concat(map(pd.read_parquet, sorted((tmp_path / "made").glob("part-*"))))


def test_numbers_of_users_items_and_rows_are_exact(frame):
    assert len(frame) == 6000
    assert sorted(frame["user"].unique()) == list(range(1, 301))
    assert sorted(frame["item"].unique()) == list(range(1, 401))
    assert frame["user"].value_counts().min() >= LEAST
    assert frame.dtypes.eq("int64").all()


def test_users_have_several_lengths_and_items_several_popularities(frame):
    assert frame["user"].value_counts().max() > 3 * frame["user"].value_counts().median()
    counts = frame["item"].value_counts()
    assert counts[:40].sum() > 0.2 * len(frame)


def test_the_item_before_tells_of_the_next(frame):
    """An item's most frequent successor follows it far more often than by popularity alone."""
    ordered = frame.sort_values(["user", "time"], kind="stable")
    pairs = ordered.assign(next=ordered.groupby("user")["item"].shift(-1)).dropna()
    most = pairs.groupby("item")["next"].agg(lambda following: following.value_counts().iloc[0])
    assert most.sum() > 0.25 * len(pairs)


def test_the_same_seed_writes_the_same_and_another_does_not(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        list(generate(tmp_path / name, Sizes(users=20, items=30, interactions=200, seed=seed)))
    one, same, other = (pd.read_parquet(tmp_path / name) for name in "abc")
    pd.testing.assert_frame_equal(one, same)
    assert not one.equals(other)


def test_too_few_interactions_and_a_place_that_is_taken_are_refused(tmp_path):
    with pytest.raises(UserError, match="at least 5 and every item 1, so at least 50"):
        Sizes(users=10, items=20, interactions=49)
    with pytest.raises(UserError, match="already something"):
        next(generate(tmp_path, SIZES))


def test_a_disk_that_refuses_is_named(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(generating.pa.parquet, "write_table", refuse)
    with pytest.raises(RunError, match=r"cannot write .*part-00000\.parquet: No space left"):
        next(generate(tmp_path / "made", SIZES))
