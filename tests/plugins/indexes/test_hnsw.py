"""The graph of neighbours: what it takes for near, and what it gives where little is found."""

import numpy as np
import pytest

from fw_plugins.indexes.hnsw import Hnsw, _equally_long

RNG = np.random.default_rng(1)
VECTORS = (RNG.normal(size=(60, 5)) * RNG.lognormal(sigma=1.0, size=(60, 1))).astype(np.float32)
QUERIES = RNG.normal(size=(7, 5)).astype(np.float32)


def test_nearest_of_equally_long_vectors_are_those_with_the_largest_inner_products():
    longer = _equally_long(VECTORS)
    lengths = np.linalg.norm(longer, axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(VECTORS, axis=1).max(), rtol=1e-5)
    np.testing.assert_array_equal(longer[:, :5], VECTORS)
    for query in QUERIES:
        distances = [np.sum((row - np.append(query, 0)) ** 2) for row in longer]
        np.testing.assert_array_equal(np.argsort(distances), np.argsort(-(VECTORS @ query)))


@pytest.mark.parametrize("nearness", ["distance", "inner_product"])
def test_a_search_through_everything_finds_the_largest_inner_products(nearness, tmp_path):
    index = Hnsw(nearness=nearness, connections=32, search_effort=200)
    index.make(VECTORS, tmp_path / "graph")
    found = index.open(tmp_path / "graph")(QUERIES, 10)
    best = np.argsort(-(QUERIES @ VECTORS.T), axis=1)[:, :10]
    assert [set(row) for row in found] == [set(row) for row in best]


def test_what_is_not_there_is_minus_one(tmp_path):
    Hnsw().make(VECTORS[:3], tmp_path / "graph")
    search = Hnsw().open(tmp_path / "graph")
    assert sorted(search(QUERIES[:1], 5)[0].tolist()) == [-1, -1, 0, 1, 2]
    assert np.sort(search(QUERIES, 5), axis=1).tolist() == [[-1, -1, 0, 1, 2]] * len(QUERIES)
