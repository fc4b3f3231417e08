"""What a run says about its time can be believed: nothing is left out, and it can be compared."""

import json
import os
import statistics

import numpy as np
import pytest
import torch

from fw.config.reading import read_recipe
from fw.data.flat import FlatRows
from fw.data.places import Places
from fw.discovery import discover
from fw.engine.data import load_data
from fw.engine.display import timing_lines
from fw.engine.steps.batches import epoch_plans
from same_runs import assert_same_run
from tiny_runs import train_tiny, write_recipe


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return train_tiny(write_recipe(tmp_path_factory.mktemp("timed")), "training.epochs=10")


@pytest.fixture(scope="module")
def timing(folder):
    return json.loads((folder / "result.json").read_text())["timing"]


@pytest.fixture(scope="module")
def epochs(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def test_case_B63_the_parts_of_a_run_make_up_its_wall_time(timing):
    parts = dict(timing["parts"])
    wall = parts.pop("wall")
    assert all(seconds >= 0 for seconds in parts.values())
    # On a busy machine a process may stand still between two parts.
    assert 0.8 * wall < sum(parts.values()) < 1.001 * wall


def test_what_each_part_computed_is_stated(timing):
    computed = timing["processor_seconds"]
    assert {*computed, "wall"} == set(timing["parts"])
    assert 0 < computed["training"] < os.cpu_count() * (timing["parts"]["wall"] + 1)


def test_case_B63_the_median_leaves_the_first_epoch_out(timing, epochs):
    seconds = [line["seconds"] for line in epochs]
    assert len(seconds) == 10
    assert timing["seconds_per_epoch"] == statistics.median(seconds[1:])
    assert timing["epochs_counted"] == 9
    assert timing["seconds_per_epoch_fastest"] == min(seconds[1:])
    assert timing["seconds_per_epoch_slowest"] == max(seconds[1:])


def test_case_B63_every_epoch_says_how_long_it_waited_for_data(timing, epochs):
    assert all(0 < line["data_seconds"] < line["seconds"] for line in epochs)
    assert timing["parts"]["data"] >= sum(line["data_seconds"] for line in epochs) > 0


def test_case_B63_the_machine_and_its_other_work_are_stated(timing):
    machine = timing["machine"]
    assert machine["cores"] == os.cpu_count()
    assert machine["threads"] == torch.get_num_threads()
    assert machine["load_average"] >= 0
    assert machine["other_work_cores"] >= 0
    assert bool(machine["note"]) is (machine["other_work_cores"] > 0.1 * machine["cores"])


def test_tokens_memory_and_matrix_products_are_stated(timing, epochs):
    tokens, products = timing["tokens_per_epoch"], timing["matrix_products"]
    assert tokens["real"] == epochs[-1]["interactions"]
    assert tokens["real_share"] == tokens["real"] / tokens["padded"] < 1
    assert timing["interactions_per_second"] * timing["seconds_per_epoch"] == pytest.approx(
        tokens["real"]
    )
    assert 0 < products["share"] < 1
    assert products["operations_per_second"] * timing["seconds_per_epoch"] == pytest.approx(
        products["operations_per_epoch"]
    )
    assert timing["peak_memory_bytes"]["process"] > 2**26


def test_a_person_is_told_in_a_few_lines(timing):
    made_up = timing | {
        "seconds_per_epoch": 4.214,
        "seconds_per_epoch_fastest": 4.1,
        "seconds_per_epoch_slowest": 4.5,
        "interactions_per_second": 152000.4,
        "tokens_per_epoch": {"real": 9, "padded": 10, "real_share": 0.9},
        "matrix_products": {"share": 0.31},
        "peak_memory_bytes": {"process": 3 * 2**29, "device": None},
        "parts": {"preparing": 1.0, "data": 0.5, "training": 42.0, "wall": 44.04},
        "machine": {"note": "other work took 1.5 of 2 cores meanwhile"},
    }
    assert list(timing_lines(made_up)) == [
        "4.21 s an epoch (training alone, median of 9, 4.10 to 4.50), 152,000 interactions/s, 90% "
        "of positions real, 31% of the machine's matrix rate, 1.5 GiB of memory at most",
        "44.0 s: preparing 1.0, data 0.5, training 42.0",
        "other work took 1.5 of 2 cores meanwhile: these times are not comparable with others",
    ]
    quiet = made_up | {"machine": {"note": ""}}
    assert len(list(timing_lines(quiet))) == 2


def test_measuring_changes_nothing(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("fw.engine.finish.timing", lambda *arguments: {})
    monkeypatch.setattr("fw.engine.reporting.timing_lines", lambda timing: [])
    without = train_tiny(write_recipe(tmp_path), "training.epochs=10")
    assert_same_run(folder, without)


def test_case_B63_an_epoch_of_movielens_1m_is_gathered_in_48_calls(real_data, monkeypatch):
    recipe = read_recipe("published/sasrec_official", discover())
    info = load_data(recipe, Places.from_environment(real_data), print).info(recipe, print)
    loader = recipe.one("loader").settings.build(info)
    lengths = np.minimum(info.training.host_lengths, recipe.max_len + 1)
    plans = list(epoch_plans(np.arange(info.num_users), lengths, batch_size=128, seed=1, epoch=1))
    calls, window = [], FlatRows.window

    def counted(rows, *arguments):
        calls.append(arguments)
        return window(rows, *arguments)

    monkeypatch.setattr(FlatRows, "window", counted)
    batches = list(loader(plans))
    assert len(batches) == len(calls) == 48
    assert sorted(np.concatenate([batch.rows for batch in batches])) == list(range(6040))
    assert sum(int(batch.lengths.sum()) for batch in batches) == int(lengths.sum())
