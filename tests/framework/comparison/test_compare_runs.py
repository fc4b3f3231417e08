"""Comparing run folders: arms, verdicts, refusals."""

import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from fw.cli import main
from fw.comparison.arms import by_user
from fw.comparison.compare import compare
from fw.comparison.plain import as_json
from fw.comparison.words import notes, words
from fw.errors import RunError, UserError
from made_runs import hits, make_run

HIT = "full/hr@10"
OTHER = {"encoder": {"name": "large"}}


def noisy(mean, *, seed, cases=400, amount=0.05):
    return np.random.default_rng(seed).normal(mean, amount, cases)


def five_seeds(folder, name, means, *, changes=None, metric="full/ndcg@10"):
    return [
        make_run(
            folder / f"{name}{seed}",
            {metric: noisy(mean, seed=100 * len(name) + seed)},
            seed=seed,
            changes=changes,
        )
        for seed, mean in enumerate(means, 1)
    ]


def test_case_B06_two_single_runs_0_003_apart_get_no_verdict(tmp_path):
    cases = 6040
    first = make_run(tmp_path / "plain", {HIT: hits(5099, cases)})
    better = np.roll(hits(5118, cases), 480)  # the two disagree about 941 users
    second = make_run(tmp_path / "contrast", {HIT: better}, changes=OTHER)
    (row,) = compare([first, second]).rows
    assert (row.num_users, row.metric, row.arm) == (6040, "test/full/hr@10", "contrast")
    assert row.baseline.standard_error == pytest.approx(0.00467, abs=5e-6)
    assert row.value.standard_error == pytest.approx(0.00463, abs=5e-6)
    assert row.unpaired_standard_error == pytest.approx(0.00657, abs=1e-5)
    assert row.difference == pytest.approx(19 / 6040)
    assert row.users.test == "McNemar"
    assert row.users.p_value > 0.5
    assert (row.verdict, row.total) == ("undecided", None)
    assert words(row) == (
        "undecided: one run of an arm, and how far seeds move the metric is not known; chance "
        f"among users alone explains the difference (p = {row.users.p_value:.2g}); no number of "
        "seeds decides a difference this small among these users; or state the spread with "
        "--seed-spread"
    )


def test_case_B06_with_a_known_spread_between_seeds_it_is_inside_the_noise(tmp_path):
    first = make_run(tmp_path / "plain", {HIT: hits(5099, 6040)})
    second = make_run(tmp_path / "contrast", {HIT: hits(5118, 6040)}, changes=OTHER)
    (row,) = compare([first, second], seed_spread=0.0033).rows
    users = 19 / 6040 * (1 - 19 / 6040) / 6039  # nested hits: 19 differences of 1
    assert row.total.standard_error == pytest.approx(math.sqrt(users + 2 * 0.0033**2))
    assert row.users.p_value < 1e-4  # without the seeds it would be taken for a finding
    assert row.verdict == "inside_noise"
    assert row.seeds_to_decide == 12  # V = 5.2e-7 + 2.2e-5 / 12, times t(36) = 2.03: 0.0031
    assert words(row) == (
        "inside noise: 95% interval -0.0061 to +0.0124; 12 seeds an arm would decide a difference "
        "of this size if seeds move the metric by 0.0033"
    )


def test_runs_that_differ_only_in_seed_are_one_arm_and_both_kinds_of_chance_count(tmp_path):
    base = five_seeds(tmp_path, "plain", [0.20, 0.21, 0.19, 0.20, 0.205])
    arm = five_seeds(tmp_path, "contrast", [0.26, 0.25, 0.262, 0.255, 0.25], changes=OTHER)
    found = compare([*base, *arm])
    assert [one.name for one in found.arms] == ["plain1 (5 seeds)", "contrast1 (5 seeds)"]
    (row,) = found.rows
    left, right = (one.matrix("test", "full/ndcg@10") for one in found.arms)
    users = (right.mean(0) - left.mean(0)).var(ddof=1) / 400
    seeds = [matrix.mean(1).var(ddof=1) / 5 for matrix in (left, right)]
    assert row.total.standard_error == pytest.approx(math.sqrt(users + sum(seeds)))
    degrees = (users + sum(seeds)) ** 2 / (users**2 / 399 + sum(s**2 / 4 for s in seeds))
    assert row.total.degrees == pytest.approx(degrees)
    assert row.verdict == "different"
    low, high = row.total.interval
    assert low < row.difference < high
    assert row.total.standard_error > row.users.standard_error
    assert words(row) == (
        f"different: better by {row.difference:.4f} (95% interval {low:+.4f} to {high:+.4f})"
    )


def test_a_lone_run_is_judged_by_the_spread_of_an_arm_with_several(tmp_path):
    base = five_seeds(tmp_path, "plain", [0.20, 0.24, 0.16, 0.22, 0.18])
    lone = make_run(tmp_path / "lone", {"full/ndcg@10": noisy(0.23, seed=9)}, changes=OTHER)
    (row,) = compare([*base, lone]).rows
    spread = compare(base).arms[0].matrix("test", "full/ndcg@10").mean(1).var(ddof=1)
    seeds = row.total.standard_error**2 - row.users.standard_error**2
    assert seeds == pytest.approx(spread * (1 / 5 + 1))
    assert row.users.p_value < 0.001
    assert row.verdict == "inside_noise"


def test_equal_methods_are_seldom_called_different(tmp_path):
    draw = np.random.default_rng(5)
    paths = [
        make_run(
            tmp_path / f"{arm}-{seed}",
            {"full/ndcg@10": noisy(0.2 + draw.normal(0, 0.01), seed=arm * 10 + seed, cases=200)},
            seed=seed,
            changes={"max_len": arm + 1},
        )
        for arm in range(25)
        for seed in range(3)
    ]
    rows = compare(paths).rows
    assert len(rows) == 24
    assert [row.arm for row in rows if row.verdict == "different"] == []


def test_many_rows_are_corrected_and_the_luck_of_the_best_is_told(tmp_path):
    rows = [tmp_path / f"row{number}" for number in range(3)]
    for number, path in enumerate(rows):
        values = {"full/ndcg@10": noisy(0.2 + number / 1000, seed=number)}
        make_run(path, values, changes={"max_len": number + 1})
    found = compare(rows, seed_spread=0.0)
    p_values = sorted(row.p_value for row in found.rows)
    assert sorted(row.p_adjusted for row in found.rows) == pytest.approx(
        [min(2 * p_values[0], 1), min(max(p_values[1], 2 * p_values[0]), 1)]
    )
    best = max(found.rows, key=lambda row: row.difference)
    error = np.median([row.total.standard_error for row in found.rows]) / math.sqrt(2)
    assert notes(found) == [
        "row1 differs from row0: max_len: 1 -> 2",
        "row2 differs from row0: max_len: 1 -> 3",
        "p values are adjusted for 2 rows (Holm)",
        f"best of 2 rows by test/full/ndcg@10: {best.arm}, {best.difference:+.4f}; the best of 2 "
        f"that are in truth equal would be about {error / math.sqrt(math.pi):+.4f} ahead of them",
    ]


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        (
            {"data": "e"},
            "data: a has data d (4 users, 9 items, fingerprint d0000000); "
            "b has data e (4 users, 9 items, fingerprint e0000000)",
        ),
        (
            {"split": "t"},
            "split: a has 'rule s' (fingerprint s0000000); b has 'rule t' (fingerprint t0000000)",
        ),
    ],
)
def test_other_data_or_another_split_is_refused(tmp_path, other, problem):
    first = make_run(tmp_path / "a", {HIT: hits(2, 4)})
    second = make_run(tmp_path / "b", {HIT: hits(3, 4)}, changes=OTHER, **other)
    with pytest.raises(RunError) as caught:
        compare([first, second])
    assert str(caught.value) == (
        f"these runs cannot be compared\n    {problem}\n"
        "    --force shows them side by side all the same, without a verdict"
    )
    found = compare([first, second], force=True, seed_spread=0.0)
    assert found.problems == (problem,)
    assert {row.verdict for row in found.rows} == {"undecided"}
    assert words(found.rows[0]) == "undecided: the runs are not comparable"
    assert notes(found)[0] == f"NOT COMPARABLE: {problem}"


def test_case_B10_other_protocols_are_refused(tmp_path):
    first = make_run(tmp_path / "a", {"full/hr@5": hits(1, 4), "full/hr@10": hits(2, 4)})
    second = make_run(tmp_path / "b", {"sampled/hr@10": hits(3, 4)}, changes=OTHER)
    with pytest.raises(RunError) as caught:
        compare([first, second])
    assert str(caught.value) == (
        "these runs cannot be compared\n"
        "    protocols: a was scored under full; b was scored under sampled\n"
        "    fw evaluate RUN -P PROTOCOL scores a run under a further protocol; "
        "--metric compares what is shared\n"
        "    --force shows them side by side all the same, without a verdict"
    )
    with pytest.raises(RunError) as caught:
        compare([first, second], force=True)
    assert str(caught.value) == (
        "no metric is known of the cases of all these runs\n"
        f"    {first}: full: hr@5, hr@10\n    {second}: sampled: hr@10\n"
        "    fw evaluate RUN scores a run under further protocols, and keeps the values of its "
        "cases"
    )


def test_a_shared_metric_may_be_named_where_one_run_has_more_protocols(tmp_path):
    first = make_run(tmp_path / "a", {"full/hr@10": hits(2, 4)})
    both = {"full/hr@10": hits(3, 4), "sampled/hr@10": hits(3, 4)}
    second = make_run(tmp_path / "b", both, changes=OTHER)
    with pytest.raises(RunError, match="protocols: a was scored under full"):
        compare([first, second])
    (row,) = compare([first, second], metrics=["hr@10"]).rows
    assert row.metric == "test/full/hr@10"
    with pytest.raises(UserError) as caught:
        compare([first, second], metrics=["sampled/hr@10"])
    assert str(caught.value) == (
        "--metric sampled/hr@10: not every run has it\n    shared by all: full/hr@10"
    )


def test_runs_without_values_of_their_cases_are_sent_to_evaluate(tmp_path):
    first = make_run(tmp_path / "a", {HIT: hits(2, 4)})
    second = make_run(tmp_path / "b", {HIT: hits(2, 4)}, changes=OTHER)
    ranks = pd.read_parquet(second / "ranks.parquet")
    ranks.drop(columns=[HIT]).to_parquet(second / "ranks.parquet")
    with pytest.raises(RunError) as caught:
        compare([first, second])
    assert str(caught.value) == (
        "no metric is known of the cases of all these runs\n"
        f"    {second}: none\n"
        "    fw evaluate RUN scores a run under further protocols, and keeps the values of its "
        "cases"
    )
    ranks.to_parquet(second / "evaluations.parquet")
    assert [row.difference for row in compare([first, second]).rows] == [0.0]


def test_a_run_whose_cases_are_gone_is_said_to_have_lost_them(tmp_path):
    first = make_run(tmp_path / "a", {HIT: hits(2, 4)})
    second = make_run(tmp_path / "b", {HIT: hits(2, 4)}, changes=OTHER)
    (second / "ranks.parquet").unlink()
    with pytest.raises(RunError) as caught:
        compare([first, second])
    _, *listed, _ = str(caught.value).splitlines()
    assert listed == [f"    {second}: none, its ranks.parquet is gone"]


def test_the_same_run_twice_is_no_second_seed(tmp_path):
    first = make_run(tmp_path / "a", {HIT: hits(2, 4)})
    second = make_run(tmp_path / "b", {HIT: hits(2, 4)})
    with pytest.raises(RunError) as caught:
        compare([first, second])
    assert str(caught.value) == (
        f"{first} and {second} have the same recipe and the same seed (1): give one of them, "
        "or runs with other seeds"
    )


def test_another_version_of_a_plugin_is_another_arm(tmp_path):
    plugins = [["encoder-small", "fw-seqrec", "0.2.0"]]
    first = make_run(tmp_path / "a", {HIT: hits(2, 4)})
    second = make_run(tmp_path / "b", {HIT: hits(2, 4)}, plugins=plugins)
    assert notes(compare([first, second]))[0] == (
        "b differs from a: version.encoder-small: fw-seqrec 0.1.0 -> fw-seqrec 0.2.0"
    )


def test_seeds_of_one_arm_are_summed_up_without_a_row(tmp_path):
    found = compare(five_seeds(tmp_path, "plain", [0.2, 0.3]))
    assert found.rows == ()
    assert notes(found) == [
        "one arm: the runs differ in nothing but their seed, so there is nothing to compare"
    ]
    summary = as_json(found)["arms"][0]["metrics"]["test/full/ndcg@10"]
    means = list(summary["by_seed"].values())
    assert summary["value"] == pytest.approx(np.mean(means))
    assert summary["sd_between_seeds"] == pytest.approx(np.std(means, ddof=1))


def test_without_hit_rate_or_ndcg_at_10_what_there_is_is_compared(tmp_path):
    values = {"full/mrr@5": hits(1, 4), "full/mrr@1": hits(1, 4), "full/auc": hits(1, 4)}
    first = make_run(tmp_path / "a", values)
    second = make_run(tmp_path / "b", values, changes=OTHER)
    assert [row.metric for row in compare([first, second]).rows] == [
        "test/full/mrr@5",
        "test/full/mrr@1",
    ]


def test_several_cases_of_a_user_count_as_one_user():
    values = np.array([1.0, 0.0, 1.0, 1.0, 0.0])
    users = np.array(["b", "a", "b", "a", "c"])
    # The mean is 0.6; a is off by -0.6 + 0.4, b by 0.4 + 0.4, c by -0.6, times 3 users of 5 cases.
    expected = [0.6 - 0.2 * 3 / 5, 0.6 + 0.8 * 3 / 5, 0.6 - 0.6 * 3 / 5]
    assert by_user(values, users) == pytest.approx(expected)
    assert by_user(values, users).mean() == pytest.approx(values.mean())
    assert by_user(values, np.array(list("edcba"))) is values


def test_cases_of_one_user_that_agree_do_not_make_a_difference_surer(tmp_path):
    first, second = noisy(0.2, seed=1, cases=50), noisy(0.21, seed=2, cases=50)
    rows = []
    for copies in (1, 4):
        users = np.repeat([f"u{user:02}" for user in range(50)], copies)
        paths = [
            make_run(
                tmp_path / f"{name}{copies}",
                {"full/ndcg@10": np.repeat(values, copies)},
                changes={"max_len": number},
                cases=users,
            )
            for number, (name, values) in enumerate((("a", first), ("b", second)))
        ]
        rows += compare(paths, seed_spread=0.0).rows
    assert rows[1].users.standard_error == pytest.approx(rows[0].users.standard_error)
    assert rows[1].users.p_value == rows[0].users.p_value


def fw(*arguments, code=0):
    result = CliRunner().invoke(main, [str(one) for one in arguments])
    assert result.exit_code == code, result.output
    return result


def test_what_has_no_better_side_is_higher_or_lower(tmp_path):
    first = make_run(tmp_path / "a", {"full/novelty@10": noisy(9.0, seed=1)})
    second = make_run(tmp_path / "b", {"full/novelty@10": noisy(8.0, seed=2)}, changes=OTHER)
    (row,) = compare([first, second], seed_spread=0.001).rows
    assert words(row).startswith("different: lower by 0.99")


def test_the_command_prints_tables_words_and_json(tmp_path):
    first = make_run(tmp_path / "a", {HIT: hits(20, 80)})
    second = make_run(tmp_path / "b", {HIT: hits(60, 80)}, changes=OTHER)
    shown = fw("compare", first, second, "--seed-spread", "0.001").stdout
    assert re.search(r"test/full/hr@10 +b +\+0.5000 +\+0.3880 to \+0.6120 +\S+ +DIFFERENT", shown)
    assert "test/full/hr@10, b: different: better by 0.5000 (95% interval" in shown
    assert "b differs from a: encoder.name: small -> large" in shown
    found = json.loads(fw("compare", first, second, "--json").stdout)
    (row,) = found["rows"]
    assert (row["verdict"], row["difference"], row["num_users"]) == ("undecided", 0.5, 80)
    assert row["seeds_to_decide"] >= 2
    assert row["users_and_seeds"] is None
    assert found["arms"][1]["differs_from_baseline"] == {"encoder.name": ["small", "large"]}


def test_the_command_refuses_in_one_message(tmp_path):
    result = fw("compare", tmp_path, code=2)
    assert result.stderr == f"not a run folder (it has no recipe.toml): {tmp_path}\n"


def test_runs_that_were_really_run_can_be_compared(tiny_run, tmp_path):
    from tiny_runs import train_tiny, write_recipe

    other = train_tiny(write_recipe(tmp_path), "encoder.hidden_size=4")
    found = compare([tiny_run, other])
    kept = json.loads((tiny_run / "result.json").read_text())["metrics"]
    for row in found.rows:
        assert row.baseline.value == pytest.approx(kept[row.metric]["value"], abs=1e-12)
    assert {row.metric for row in found.rows} == {
        "test/full-seen-out/hr@10",
        "test/full-seen-out/ndcg@10",
    }


def scored_on(path, splits, **more):
    """Make a run of which the cases are of these splits: one metric each, 1 everywhere."""
    folder = make_run(path, {HIT: np.ones(4)}, **more)
    frame = pd.read_parquet(folder / "ranks.parquet")
    parts = [frame.assign(split=split) for split in splits]
    pd.concat(parts, ignore_index=True).to_parquet(folder / "ranks.parquet")
    return folder


def test_where_a_run_has_not_seen_its_test_validation_is_compared(tmp_path):
    both = scored_on(tmp_path / "both", ["valid", "test"])
    trial = scored_on(tmp_path / "trial", ["valid"], changes=OTHER)
    (row,) = compare([both, trial]).rows
    assert row.metric == "valid/full/hr@10"
    (row,) = compare([both, trial], metrics=["hr@10"]).rows
    assert row.metric == "valid/full/hr@10"
    with pytest.raises(UserError) as caught:
        compare([both, trial], metrics=["test/full/hr@10"])
    assert str(caught.value) == "--metric test/full/hr@10: not every run was scored on test"


def test_runs_that_share_no_split_are_refused(tmp_path):
    trial = scored_on(tmp_path / "trial", ["valid"])
    final = scored_on(tmp_path / "final", ["test"], changes=OTHER)
    with pytest.raises(RunError) as caught:
        compare([trial, final], force=True)
    assert str(caught.value) == (
        "some of these runs were scored on test alone (a final fit), others on validation alone "
        "(a trial of fw tune)"
    )
