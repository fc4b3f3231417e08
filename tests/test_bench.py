"""What the benchmarks do besides measuring: turns, tables, plots, and the plain program."""

import re
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from scipy.stats import chisquare
from tests.bench import (
    growth,
    loaders,
    losses,
    peers,
    plots,
    scale,
    scale_once,
    scale_plot,
)
from tests.bench.__main__ import BENCHMARKS, Options, bench
from tests.bench.contenders import Outcome, interleave
from tests.bench.curves import Point
from tests.bench.peers.environments import RECTOOLS, REPLAY
from tests.bench.plain_model import PlainSASRec, PlainScorer, pad_left
from tests.bench.plain_training import PlainTraining, training_items
from tests.bench.report import Report, ratios, read_json, spread, write_json
from tests.bench.scale_fit import Line
from tests.bench.scale_stages import STAGES, UNITS, Sizes, measure
from tests.steps import LENGTHS, MAX_LEN, history_of, small_step

from fw.engine.steps.batches import epoch_plans
from fw.engine.steps.execution import PlainStep
from fw.interfaces import Sequences
from fw_plugins.encoders.sasrec_official import SASRecOfficial

ROOT = Path(__file__).parents[1]

# The documentation -----------------------------------------------------------------------------


def test_the_page_on_performance_has_a_section_for_every_benchmark():
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    shown = re.findall(r"python -m tests\.bench ([a-z]+)", page)
    assert set(shown) == {*BENCHMARKS, "plot"}


# Turns ---------------------------------------------------------------------------------------

CONTENDER = """
import sys, time
sys.path.insert(0, {folder!r})
from turns import Turns
turns = Turns()
print("what a library prints")
turns.ready(version="1.0")
while True:
    turns.wait()
    with open({log!r}, "a") as file:
        file.write({name!r})
    turns.done()
"""


@pytest.fixture
def contender(tmp_path):
    """A function from a name to the command of a contender that writes it down at each turn."""

    def make(name):
        script = tmp_path / f"{name}.py"
        folder, log = str(ROOT / "tests/bench/peers"), str(tmp_path / "log")
        script.write_text(CONTENDER.format(folder=folder, log=log, name=name))
        return [sys.executable, str(script)]

    return make


def test_contenders_take_turns_and_every_other_round_goes_backwards(contender, tmp_path):
    outcomes = interleave({"a": contender("a"), "b": contender("b")}, rounds=3)
    assert (tmp_path / "log").read_text() == "abbaabba"
    assert [len(outcome.seconds) for outcome in outcomes.values()] == [3, 3]  # one warms up
    assert len(outcomes["a"].handovers) == 3
    assert min(outcomes["a"].handovers) > 0
    assert outcomes["a"].about == {"version": "1.0"}
    assert 1 < outcomes["a"].peak_megabytes < 100  # its own, not that of this process


DYING = {
    "before it is ready": "raise SystemExit('no such data')",
    "between turns": "print('{}', flush=True); raise SystemExit('no such data')",
}


@pytest.mark.parametrize("program", DYING.values(), ids=DYING)
def test_a_contender_that_dies_is_named_with_what_it_said(program):
    failing = [sys.executable, "-c", program]
    with pytest.raises(RuntimeError, match=r"^unlucky ended early:\nno such data\n$"):
        interleave({"unlucky": failing}, rounds=1)


# Tables --------------------------------------------------------------------------------------


def test_seconds_are_told_by_median_and_extremes():
    columns = spread([3.0, 1.0, 8.0])
    assert columns == {"seconds (median)": 3.0, "min": 1.0, "max": 8.0, "all": [3.0, 1.0, 8.0]}


def test_ratios_are_taken_round_by_round():
    assert ratios([4.0, 9.0, 8.0], [2.0, 3.0, 1.0]) == {"times (median)": 3.0, "min": 2.0, "max": 8}


def test_pairs_are_those_that_were_measured():
    def outcome(*seconds):
        return Outcome(about={}, seconds=seconds, peak_megabytes=1.0, handovers=seconds)

    rows = peers.pairs({"fw BCE": outcome(1.0, 2.0), "RecTools BCE": outcome(4.0, 6.0)})
    (row,) = rows
    assert (row["what"], row["against"]) == ("RecTools BCE", "fw BCE")
    assert (row["times (median)"], row["min"], row["max"]) == (3.5, 3.0, 4.0)


def test_every_turn_is_told_with_the_handover_between_cores_meanwhile():
    outcome = Outcome(about={}, seconds=[3.5, 4.5], peak_megabytes=1.0, handovers=[4.4, 7.1])
    assert peers.turns({"fw BCE": outcome}) == [
        {"what": "fw BCE", "seconds": 3.5, "handover, microseconds": 4.4},
        {"what": "fw BCE", "seconds": 4.5, "handover, microseconds": 7.1},
    ]


def test_a_report_hides_lists_in_markdown_and_keeps_them_in_json(tmp_path):
    report = Report(
        benchmark="b",
        tables={"Title": [{"what": "x", "seconds": 1.25, "all": [1.0, 1.5]}]},
        environment={"cores": 2},
    )
    lines = report.markdown().splitlines()
    assert lines[0] == "**Title**"
    assert [cell.strip() for cell in lines[2].strip("|").split("|")] == ["what", "seconds"]
    assert lines[-1] == "_cores 2._"
    write_json([report], tmp_path / "r.json")
    assert read_json(tmp_path / "r.json") == [report]


def test_growth_compares_each_size_with_its_half():
    assert growth.points()[0] == ("users", 1)
    assert len(growth.points()) == len(set(growth.points())) == 9
    sizes = growth.grown(growth.BASE, "length", 4)
    assert sizes == growth.BASE | {"length": 400}


def test_a_loss_has_the_seconds_of_the_first_epoch_that_is_good_enough():
    row = losses.row_of("bce", 1, [Point(1.0, 0.05), Point(2.0, 0.09), Point(3.5, 0.07)])
    assert (row["0.06"], row["0.08"], row["0.1"]) == (2.0, 2.0, None)
    assert (row["best"], row["epochs"], row["seconds an epoch"]) == (0.09, 3, 3.5 / 3)


@pytest.mark.slow
def test_every_loss_is_trained_for_as_long_as_it_is_given(real_data, tmp_path, monkeypatch):
    sizes = {"rounds": 1, "users": 20, "epochs": None, "seconds": 0.1}
    monkeypatch.setenv("FW_CACHE_DIR", str(tmp_path))
    (rows,) = losses.measure(Options(**sizes)).values()
    assert [row["loss"] for row in rows] == [*losses.LOSSES]
    assert all(row["seconds so far"][-1] >= 0.1 for row in rows)


# Peers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("peer", [RECTOOLS, REPLAY], ids=lambda peer: peer.name)
def test_peers_are_pinned_to_the_torch_that_fw_is_tested_with(peer):
    (torch_pin,) = re.findall("^torch==.*$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    pins = peer.constraints.read_text().splitlines()
    assert torch_pin in pins
    package = peer.requirement.partition("[")[0]
    assert any(pin.lower().startswith(f"{package}==") for pin in pins)


# Plots ---------------------------------------------------------------------------------------

REPORTS = [
    Report(
        benchmark="peers",
        tables={"Seconds": [{"what": "fw BCE", **spread([1.0, 2.0])}]},
        environment={},
    ),
    Report(
        benchmark="growth",
        tables={
            "Growth": [
                {
                    "what grows": "users",
                    "factor": factor,
                    "seconds, times half the size": 2.0,
                    "memory, times half the size": 1.1,
                }
                for factor in (2, 4)
            ]
        },
        environment={},
    ),
    Report(
        benchmark="losses",
        tables={"Training": [losses.row_of("bce", 1, [Point(1.0, 0.3)])]},
        environment={},
    ),
    Report(benchmark="parts", tables={}, environment={}),
]


def test_every_report_that_has_a_plot_is_drawn_the_same_each_time(tmp_path):
    write_json(REPORTS, tmp_path / "all.json")
    first = plots.plot_files([tmp_path / "all.json"], tmp_path / "first")
    second = plots.plot_files([tmp_path / "all.json"], tmp_path / "second")
    assert [path.name for path in first] == ["peers.svg", "growth.svg", "losses.svg"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert "fw BCE" in first[0].read_text()


def test_a_benchmark_draws_its_plot_beside_its_table(tmp_path, monkeypatch):
    (report,) = (one for one in REPORTS if one.benchmark == "losses")
    monkeypatch.setitem(BENCHMARKS, "losses", lambda options: report.tables)
    result = CliRunner().invoke(bench, ["losses", "--plots", str(tmp_path)])
    assert result.output.startswith("## losses\n\n**Training**")
    assert [path.name for path in tmp_path.iterdir()] == ["losses.svg"]


# Loaders --------------------------------------------------------------------------------------


def test_waiting_is_measured_for_every_loader_while_it_trains():
    step = small_step()
    before = [weight.clone() for weight in step.parameters()]
    execute = PlainStep(step, torch.optim.Adam(step.parameters()))
    lengths = np.minimum(LENGTHS, MAX_LEN + 1)
    (plan,) = epoch_plans(np.arange(10), lengths, batch_size=10, seed=1, epoch=1)

    def loader(seconds):
        def load(plans):
            time.sleep(seconds)
            yield history_of(torch.from_numpy(plan.rows), plan.width)

        return load

    built = {"at once": loader(0.0), "late": loader(0.05)}
    waits = loaders.train(step, execute, built, [plan], rounds=2)
    assert {name: len(seconds) for name, (seconds, _) in waits.items()} == dict.fromkeys(built, 2)
    assert min(waits["late"][0]) >= 0.05
    assert all(0 <= share <= 1 for _, shares in waits.values() for share in shares)
    after = step.parameters()
    assert any(not torch.equal(*each) for each in zip(before, after, strict=True))


# The plain program ---------------------------------------------------------------------------

ROWS = [[3, 1, 4, 1, 5], [2, 6], [5]]


@pytest.fixture
def info(make_info):
    """Three users, nine items, no more than six positions."""
    return make_info(ROWS, num_items=9, max_len=6)


@pytest.fixture
def plain(info):
    """A plain model and the encoder whose weights it has."""
    torch.manual_seed(0)
    encoder = SASRecOfficial(hidden_size=8, dropout=0.0).build(info)
    model = PlainSASRec(num_items=9, size=8, blocks=2, max_len=6, drop=0.0)
    model.take_weights(encoder)
    return model, encoder


def sequences():
    lengths = torch.tensor([len(row) for row in ROWS])
    items = torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in ROWS], batch_first=True)
    return Sequences(items, lengths, torch.arange(len(ROWS)))


def test_rows_are_padded_on_the_left():
    padded = pad_left([torch.tensor([7, 8]), torch.tensor([], dtype=torch.int64)], 3)
    assert padded.tolist() == [[0, 7, 8], [0, 0, 0]]


def test_the_plain_model_computes_what_the_encoder_does(plain):
    model, encoder = plain
    hidden = model(pad_left([torch.tensor(row) for row in ROWS], 6))
    expected = encoder(sequences())
    for row, items in enumerate(ROWS):
        torch.testing.assert_close(hidden[row, -len(items) :], expected[row, : len(items)])


def test_the_plain_model_scores_by_the_newest_position(plain):
    model, encoder = plain
    scores = PlainScorer(model).scores(None, sequences())
    hidden = encoder(sequences())
    newest = torch.stack([hidden[row, len(items) - 1] for row, items in enumerate(ROWS)])
    torch.testing.assert_close(scores, encoder.items.scores(newest))


def test_an_epoch_of_the_plain_program_lowers_its_loss(plain):
    model, _ = plain
    training = PlainTraining(model, [np.array(row) for row in ROWS], seed=1)
    inputs, targets = pad_left([torch.tensor([3, 1, 4])], 6), pad_left([torch.tensor([1, 4, 1])], 6)
    negatives = torch.full((1, 6), 9)
    before = training._loss(inputs, targets, negatives)
    for epoch in range(1, 31):
        training.epoch(epoch)
    assert training._loss(inputs, targets, negatives) < 0.8 * before


def test_negatives_of_the_plain_program_are_uniform_over_what_a_user_has_not_had(plain):
    training = PlainTraining(plain[0], [np.array(row) for row in ROWS], seed=1)
    drawn = training.negatives(np.zeros(500, dtype=np.int64))
    counts = np.bincount(drawn.ravel(), minlength=10)
    assert counts[[0, 1, 3, 4, 5]].sum() == 0
    assert chisquare(counts[[2, 6, 7, 8, 9]]).pvalue > 1e-4


def test_the_plain_program_trains_on_training_parts_alone(make_split):
    split = make_split([[1, 2, 3, 4, 5], [6, 7, 8]], num_items=8)
    assert [items.tolist() for items in training_items(split)] == [[1, 2, 3], [6]]


# Scale ---------------------------------------------------------------------------------------


def test_a_line_is_fitted_with_both_parts_at_least_zero():
    line = Line.through([1, 2, 4], [5.0, 7.0, 11.0])
    assert (line.fixed, line.slope) == pytest.approx((3.0, 2.0))
    assert line.at(10) == pytest.approx(23.0)
    assert Line.through([1, 2, 4], [1.0, 2.2, 5.0]).fixed == 0


@pytest.mark.parametrize("axis", [axis for axis in scale.AXES if axis != scale.ALL])
def test_a_curve_varies_one_size_by_doubling(axis):
    sizes = scale.sizes_of(axis, 3)
    found = [getattr(one, axis) for one in sizes]
    assert found == [scale.SMALLEST[axis] * factor for factor in (1, 2, 4)]


def test_a_curve_of_all_sizes_keeps_their_proportions():
    sizes = scale.sizes_of("all", 4)
    assert [one.interactions for one in sizes] == [10**4, 10**5, 10**6, 10**7]
    assert sizes[2] == scale.BASE
    assert all(one.users == one.items == one.interactions // 50 for one in sizes)
    assert scale_once.one_part(5) == sizes[3]


def test_an_exponent_is_the_slope_of_the_last_step():
    assert scale.exponent([1, 2, 20], [9.0, 3.0, 300.0]) == pytest.approx(2)


def scale_row(size, seconds):
    """What a curve of all sizes has for one of them."""
    costs = {"s": 2 * seconds, "CPU s": seconds, "GiB": 0.5, "disk GiB": 0.1}
    return {f"{stage} {unit}": costs[unit] for stage in STAGES for unit in UNITS} | {
        "interactions": size
    }


def test_all_sizes_and_the_whole_one_are_drawn_as_one_line():
    rows = [{"interactions": size, **scale_row(size, size / 1e4)} for size in (10**5, 10**4)]
    whole = scale_once.table(scale_row(5 * 10**7, 7000.0))
    reports = [
        Report(benchmark="scale once", tables={"Stages": whole}, environment={"interactions": 5e7}),
        Report(benchmark="scale all", tables={"By all": rows}, environment={}),
    ]
    found = scale_plot.points(reports, "train", "CPU s")
    assert found == ([10**4, 10**5, 5e7], [1.0, 10.0, 7000.0])
    labels = [text.get_text() for text in scale_plot.draw(reports).axes[0].get_legend().texts]
    assert set(labels) == {*STAGES} - {"run"}


@pytest.mark.slow
def test_every_stage_of_a_size_is_measured(tmp_path):
    sizes = Sizes(users=200, items=100, interactions=3000, length=10, width=8)
    found = measure(sizes, tmp_path, cases=50, lists=5)
    assert set(found) == {f"{stage} {unit}" for stage in STAGES for unit in UNITS}
    assert all(found[f"{stage} GiB"] > 0 for stage in STAGES)  # so little disk is rounded to 0
