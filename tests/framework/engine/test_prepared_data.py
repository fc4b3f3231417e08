"""A run on prepared data is the run that cleaned them itself."""

import json
import tomllib

import pytest
from safetensors.torch import load_file

from tiny_runs import train_tiny, write_recipe


def outcome(folder):
    result = json.loads((folder / "result.json").read_text())
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return {
        "data": json.loads((folder / "data.json").read_text()),
        "recipe": tomllib.loads((folder / "recipe.toml").read_text()),
        "metrics": result["metrics"],
        "fingerprints": result["fingerprints"],
        "losses": [line["losses"] for line in lines],
        "weights": {n: w.tolist() for n, w in load_file(folder / "best.safetensors").items()},
    }


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FW_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "prepared"


def test_a_run_is_the_same_with_and_without_prepared_data(tmp_path, cache):
    recipe = write_recipe(tmp_path)
    made = outcome(train_tiny(recipe))
    (entry,) = cache.iterdir()
    written = entry.stat().st_mtime_ns
    assert outcome(train_tiny(recipe)) == made
    assert entry.stat().st_mtime_ns == written


def test_an_interrupted_writer_leaves_nothing_that_is_taken_for_data(tmp_path, cache):
    recipe = write_recipe(tmp_path)
    cache.mkdir(parents=True)
    (cache / ".interactions-0.zip.abc").write_bytes(b"half")
    assert outcome(train_tiny(recipe))["metrics"]
