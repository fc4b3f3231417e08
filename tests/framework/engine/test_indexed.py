"""The index of a finished run: lists by it, its file, and what it says of itself."""

import json
import re
import shutil
from pathlib import Path

import attrs
import numpy as np
import pytest

import tiny_runs
from fw.engine.finished.indexed import COMPARED, open_index, open_recommender, shared
from fw.engine.finished.model import open_trained
from fw.engine.finished.next_items import next_items
from fw.engine.finished.recommending import Recommender
from fw.errors import PluginError, RunError, UserError
from fw.indexing import SEARCHING
from fw.testing.recipes import choose


@attrs.frozen(kw_only=True)
class Exact:
    """Score everything, as far as it is known; a slow version of any index."""

    left_out: int = attrs.field(default=0, metadata={SEARCHING: True})  # of the items, the first
    made_as: str = "any"

    def make(self, vectors: np.ndarray, file: Path) -> None:
        with file.open("wb") as opened:
            np.save(opened, vectors)

    def open(self, file: Path):
        vectors = np.load(file, allow_pickle=False)

        def search(queries, number):
            scores = queries @ vectors.T
            scores[:, : self.left_out] = -np.inf
            found = np.argsort(-scores, axis=1, kind="stable")[:, :number]
            return np.where(found < self.left_out, -1, found)

        return search


@pytest.fixture(scope="module")
def run(tiny_run):
    return open_trained(tiny_run, device="cpu", warn=pytest.fail)


@pytest.fixture
def said():
    return []


@pytest.fixture
def opened(run, tmp_path, said):
    """A function that opens an index of the tiny run in a folder of its own."""

    def opened(component=Exact, **settings):
        return open_index(run, tmp_path, choose("index", component, settings), said.append)

    return opened


def files(folder):
    """Return the indexes that were made in a folder."""
    return [path for path in (folder / "index").iterdir() if path.suffix != ".json"]


@pytest.mark.parametrize("seen", [False, True])
@pytest.mark.parametrize("k", [1, 5, 24, 100])
def test_lists_by_a_whole_index_are_the_exact_ones(run, opened, k, seen):
    everybody = Recommender(run).everybody().histories
    exact = next_items(run, everybody, k=k, seen=seen)
    near = next_items(run, everybody, k=k, seen=seen, search=opened())
    np.testing.assert_array_equal(near.items, exact.items)
    np.testing.assert_allclose(near.scores, exact.scores, rtol=1e-5, atol=1e-6)


def test_a_list_that_what_is_found_does_not_fill_is_made_exactly(run, opened):
    everybody = Recommender(run).everybody().histories
    near = next_items(run, everybody, k=24, search=opened(left_out=20))
    np.testing.assert_array_equal(near.items, next_items(run, everybody, k=24).items)


def test_what_is_seen_is_left_out_of_lists_by_an_index(run, opened):
    recommender = Recommender(run, opened(left_out=3))
    request = recommender.everybody()
    found = recommender.lists(request, k=3)
    for number in range(len(request)):
        history = set(request.histories.items_of(np.array([number])).tolist())
        assert not history & set(found.items[number].tolist())


def test_an_index_is_made_once_and_says_what_it_finds(opened, tmp_path, said):
    opened()
    (made,) = (tmp_path / "index").glob("*.json")
    facts = json.loads(made.read_text())
    assert facts["recall"] == {"10": 1.0, "100": 1.0}
    assert facts["lists"] == min(len(tiny_runs.USERS), COMPARED)
    (file,) = files(tmp_path)
    assert facts["bytes"] == file.stat().st_size
    assert facts["seconds"] > 0
    words = "index 'exact': its lists have 100.0% of the best 10 and 100.0% of the best 100 "
    assert said[0] == f"making the index 'exact' of {len(tiny_runs.ITEMS)} items, once for this run"
    assert said[1].startswith(words)
    opened()
    assert len(said) == 3
    assert said[2] == said[1]


def test_another_setting_makes_another_index(opened, tmp_path):
    opened()
    opened(made_as="other")
    assert len(files(tmp_path)) == len(list((tmp_path / "index").glob("*.json"))) == 2


def test_a_setting_of_the_search_alone_is_measured_and_makes_no_index_anew(opened, tmp_path, said):
    opened()
    (file,) = files(tmp_path)
    made = file.stat().st_mtime_ns
    opened(left_out=5)
    assert files(tmp_path) == [file]
    assert file.stat().st_mtime_ns == made
    assert [line.startswith("making") for line in said] == [True, False, False]
    assert "100.0% of the best 10 " in said[1]
    assert "100.0% of the best 10 " not in said[2]
    assert len(list((tmp_path / "index").glob("*.json"))) == 2


def test_what_was_lost_before_it_was_measured_is_measured(opened, tmp_path, said):
    opened()
    (facts,) = (tmp_path / "index").glob("*.json")
    facts.unlink()
    opened()
    assert said[-1] == said[1]
    assert facts.exists()


def test_recall_is_the_share_of_exact_lists_that_is_found(opened, tmp_path, run):
    opened(left_out=5)
    (made,) = (tmp_path / "index").glob("*.json")
    recall = json.loads(made.read_text())["recall"]["10"]
    exact = next_items(run, Recommender(run).everybody().histories, k=10).items
    # The first five items are in no list by it, unless that is then too short and made exactly.
    assert (exact[exact > 0] > 5).mean() <= recall < 1


def test_shares_are_counted_over_all_lists():
    exact = np.array([[1, 2, 3], [4, 0, 0]])
    near = np.array([[3, 9, 1], [5, 4, 0]])
    assert shared(exact, near) == 3 / 4
    assert shared(np.zeros((2, 3)), near) == 0


def test_scores_that_are_no_inner_products_are_refused_in_words(tmp_path, run, opened):
    class Other(type(run.model.encoder.items)):
        def scores(self, hidden):
            return super().scores(hidden) + 1

    items = run.model.encoder.items
    items.__class__, before = Other, items.__class__
    try:
        with pytest.raises(UserError) as caught:
            opened()
    finally:
        items.__class__ = before
    assert str(caught.value) == (
        "no index can serve the encoder 'sasrec_paper': its scores are not inner products of a "
        "state with the rows of an item table\n"
        "    leave --index out: exact lists need none"
    )


@attrs.frozen(kw_only=True)
class Fails(Exact):
    """Find what is not there."""

    def open(self, file):
        return lambda queries, number: np.full((len(queries), number), 999)


def test_what_an_index_does_wrong_names_its_plugin(opened):
    with pytest.raises(PluginError, match=r"^index 'fails' failed in a search: ValueError: places"):
        opened(Fails)


def test_a_damaged_file_is_told_with_what_to_do(opened, tmp_path):
    opened()
    (file,) = files(tmp_path)
    file.write_bytes(b"damaged")
    with pytest.raises(RunError) as caught:
        opened()
    assert str(caught.value).startswith(f"index 'exact' cannot open {file}: ")
    assert str(caught.value).endswith(f"remove the folder {file.parent}, and it is made again")


def test_case_B16_a_run_recommends_by_the_bundled_index(tiny_run, tmp_path, said):
    copy = shutil.copytree(tiny_run, tmp_path / "run")
    by_index = open_recommender(
        copy, index="hnsw", overrides=["index.search_effort=50"], device="cpu", warn=said.append
    )
    exact = open_recommender(copy, device="cpu", warn=pytest.fail)
    found, expected = (one.for_user("u3", k=5).items for one in (by_index, exact))
    assert [item.item for item in found] == [item.item for item in expected]
    assert [item.score for item in found] == pytest.approx([item.score for item in expected])
    (facts,) = (copy / "index").glob("hnsw-*.json")
    assert re.search(r"100\.0% of the best 10 ", said[-1])
    assert json.loads(facts.read_text())["recall"]["10"] == 1.0
