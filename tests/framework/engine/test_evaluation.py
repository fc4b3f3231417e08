"""Evaluation: what is counted, what is refused, and that nothing but scores and cases matters."""

import numpy as np
import pytest
import torch
from torch import nn

from fw.data.split import CaseList
from fw.engine.evaluating.cases import CaseStore
from fw.engine.evaluating.evaluation import ModelScorer, evaluate, evaluating
from fw.engine.evaluating.tally import Tally
from fw.errors import EvaluationError
from fw.nn.items import ItemTable
from fw_plugins.evaluators.full import Full
from fw_plugins.evaluators.sampled import Sampled
from fw_plugins.tasks.next_item import NextItem

NUM_ITEMS = 200


class Table:
    """Scores by row of the store, from a table."""

    def __init__(self, table):
        self.table = torch.as_tensor(table, dtype=torch.float32)
        self.calls = 0

    def scores(self, cases, history):
        self.calls += 1
        return self.table[cases.rows]


def random_rows(num_rows, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(3, 25, num_rows)
    return [rng.integers(1, NUM_ITEMS + 1, length).tolist() for length in lengths]


def random_table(num_rows, seed=0):
    """Few different values, so that there are ties."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 12, (num_rows, NUM_ITEMS + 2), generator=generator).float()


@pytest.fixture
def split(make_split):
    return make_split(random_rows(23), NUM_ITEMS)


def drawn(make_info, protocol="clean-sampled100", **settings):
    return Sampled(protocol=protocol, mode="drawn", **settings).build(make_info([[1]], NUM_ITEMS))


def run(scorer, store, *evaluators, **options):
    named = {evaluator.protocol: evaluator for evaluator in evaluators}
    return evaluate(scorer, store, named, max_len=10, seed=options.pop("seed", 0), **options)


@pytest.mark.parametrize("rule", ["seen", "train", "none"])
@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_counts_equal_a_slow_count(split, rule, batch_size):
    table, store = random_table(23), CaseStore(split, split.test)
    tally = Tally(store, {}, 0)
    for span in store.spans(batch_size, 10):
        cases = store.chunk(*span)
        tally.add(table[cases.rows], cases, span)
    tally.drawn["none"] = []
    ranking = tally.ranking("none")
    found = zip(*(part.tolist() for part in ranking.counts(rule)), strict=True)
    for row, counts in enumerate(found):
        *history, target = random_rows(23)[row]
        excluded = {"seen": history, "train": history[:-1], "none": []}[rule]
        others = set(range(1, NUM_ITEMS + 1)) - set(excluded) - {target}
        scores = [table[row, item].item() for item in others]
        own = table[row, target].item()
        assert counts == (sum(s > own for s in scores), scores.count(own), len(others))
        assert ranking.repeats(rule)[row] == (target in excluded)


class Weighing:
    """Asks for sums of weights, and keeps its ranking."""

    protocol, ranking = "weighing", None

    def __init__(self, item_weights):
        self.item_weights = item_weights

    def candidates(self, cases, rng):
        return None

    def __call__(self, ranking):
        self.ranking = ranking


@pytest.mark.parametrize("rule", ["seen", "train", "none"])
@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_sums_of_weights_equal_a_slow_sum(split, rule, batch_size):
    table, store = random_table(23), CaseStore(split, split.test)
    weights = torch.randint(0, 2**40, (NUM_ITEMS + 2,), generator=torch.Generator().manual_seed(1))
    evaluator = Weighing(weights)
    run(Table(table), store, evaluator, batch_size=batch_size)
    found = zip(*(part.tolist() for part in evaluator.ranking.weights(rule)), strict=True)
    for row, sums in enumerate(found):
        *history, target = random_rows(23)[row]
        excluded = {"seen": history, "train": history[:-1], "none": []}[rule]
        others = set(range(1, NUM_ITEMS + 1)) - set(excluded) - {target}
        own = table[row, target].item()
        slow = [0, 0, 0]
        for item in others:
            score, weight = table[row, item].item(), weights[item].item()
            slow[0] += weight * (score > own)
            slow[1] += weight * (score == own)
            slow[2] += weight
        assert sums == tuple(slow)


def test_each_evaluator_gets_the_sums_of_its_own_weights(split):
    store, scorer = CaseStore(split, split.test), Table(random_table(23))
    ones, twos, none = (Weighing(w) for w in (*torch.ones(2, NUM_ITEMS + 2).long(), None))
    twos.item_weights = 2 * twos.item_weights
    evaluators = {"ones": ones, "twos": twos, "none": none}
    evaluate(scorer, store, evaluators, max_len=10, seed=0)
    counts = none.ranking.counts("seen")
    for part, one, two in zip(
        counts, ones.ranking.weights("seen"), twos.ranking.weights("seen"), strict=True
    ):
        assert one.equal(part)
        assert two.equal(2 * part)
    with pytest.raises(ValueError, match="asked for no weights: it has no item_weights"):
        none.ranking.weights("seen")


@pytest.mark.parametrize("target", [1, 51, 101])
def test_case_B02_where_the_target_stands_in_the_catalogue_makes_no_difference(
    make_split, make_info, target
):
    sampled = Sampled(mode="drawn").build(make_info([[1]], 101))
    split = make_split([[102, 103, target]], 103)  # the history is not ranked with
    constant, partial = torch.zeros(1, 105), torch.full((1, 105), -1.0)
    others = [item for item in range(1, 102) if item != target]
    partial[0, others[:8]], partial[0, [*others[8:11], target]] = 1.0, 0.0
    for table, hit, gain in ((constant, 10 / 101, 0.0449857), (partial, 0.5, 0.1475237)):
        for metrics in run(Table(table), CaseStore(split, split.test), Full(), sampled).values():
            assert metrics.values["hr@10"].value == pytest.approx(hit)
            assert metrics.values["ndcg@10"].value == pytest.approx(gain, abs=1e-7)


def test_case_B03_a_catalogue_smaller_than_k(make_split):
    store = make_split([[1, 2, 3]], 3)
    scores = Table([[0, 3, 1, 2, 0]])
    evaluator = Full(exclude="none", cutoffs=(1, 5, 10))
    values = run(scores, CaseStore(store, store.test), evaluator)["full-seen-in"].values
    found = [values[f"{name}@{k}"].value for name in ("hr", "ndcg") for k in (1, 5, 10)]
    assert found == pytest.approx([0, 1, 1, 0, 0.6309298, 0.6309298], abs=1e-7)


def test_case_B05_a_target_that_was_had_before_is_never_excluded(make_split, make_info):
    split = make_split([[1, 2, 1]], 3)  # A, B, and A again; the scores are A 3, B 2, C 1
    sampled = Sampled().build(make_info([[1]], 3))
    found = run(Table([[0, 3, 2, 1, 0]]), CaseStore(split, split.test), Full(), sampled)
    for metrics in found.values():
        assert metrics.values["hr@1"].value == metrics.values["ndcg@10"].value == 1
        assert metrics.notes["repeat_targets"] == 1
        assert [part.tolist() for part in metrics.counts] == [[0], [0], [1]]


def test_case_B15_the_columns_of_padding_and_mask_never_count(split):
    table = random_table(23)
    store = CaseStore(split, split.test)
    usual = run(Table(table), store, Full())["full-seen-out"]
    table[:, [0, -1]] = torch.tensor([torch.nan, torch.inf])
    loud = run(Table(table), store, Full())["full-seen-out"]
    assert usual.values == loud.values


def test_all_evaluators_share_one_scoring_pass(split, make_info):
    scorer = Table(random_table(23))
    store = CaseStore(split, split.test)
    run(scorer, store, Full(), Full(exclude="none"), drawn(make_info), batch_size=10)
    assert scorer.calls == 3


def test_results_are_in_the_order_of_the_case_list(split):
    table = random_table(23)
    forwards, backwards = split.test, CaseList(split.test.rows[::-1], split.test.ends[::-1])
    usual, turned = (
        run(Table(table), CaseStore(split, cases), Full())["full-seen-out"]
        for cases in (forwards, backwards)
    )
    assert usual.counts.better.tolist() == turned.counts.better.tolist()[::-1]
    assert usual.per_case["ndcg@10"].tolist() == turned.per_case["ndcg@10"].tolist()[::-1]


@pytest.mark.parametrize("protocol", ["clean-sampled100", "kang205-sampled100"])
def test_case_B09_the_exam_depends_on_seed_and_case_alone(split, make_info, protocol):
    def sit(table, batch_size=512, seed=0, cases=split.test):
        evaluator = drawn(make_info, protocol)
        store = CaseStore(split, cases)
        return run(Table(table), store, evaluator, batch_size=batch_size, seed=seed)[protocol]

    table, other = random_table(23), random_table(23, seed=1)
    usual = sit(table)
    for again in (sit(table), sit(table, batch_size=1), sit(table, batch_size=64)):
        assert again.values == usual.values
        assert again.notes == usual.notes
    assert sit(other).notes["candidates_sha256"] == usual.notes["candidates_sha256"]
    assert sit(table, seed=1).notes["candidates_sha256"] != usual.notes["candidates_sha256"]
    turned = sit(table, cases=CaseList(split.test.rows[::-1], split.test.ends[::-1]))
    assert turned.per_case["mrr@10"].tolist() == usual.per_case["mrr@10"].tolist()[::-1]
    assert turned.notes == usual.notes
    assert usual.notes["evaluation_seed"] == 0


def test_validation_and_test_of_a_user_have_candidates_of_their_own(make_split, make_info):
    split = make_split([[1, 2, 3, 4]] * 30, NUM_ITEMS)
    evaluator = Sampled(mode="drawn").build(make_info([[1]], NUM_ITEMS))
    first, second = (
        run(Table(random_table(30)), CaseStore(split, cases), evaluator)["clean-sampled100"]
        for cases in (split.valid, split.test)
    )
    assert first.notes["candidates_sha256"] != second.notes["candidates_sha256"]


def test_candidates_are_drawn_once_for_all_evaluations_of_a_split(split, make_info, monkeypatch):
    evaluator, store = drawn(make_info), CaseStore(split, split.test)
    calls = []
    draw = type(evaluator)._draw
    monkeypatch.setattr(type(evaluator), "_draw", lambda *args: calls.append(1) or draw(*args))
    first = run(Table(random_table(23)), store, evaluator)
    again = run(Table(random_table(23)), store, evaluator)
    assert len(calls) == 1
    assert first["clean-sampled100"].values == again["clean-sampled100"].values


def test_case_B02_a_score_that_is_not_a_number_is_an_error(split):
    table = random_table(23)
    table[4, 17] = torch.nan
    with pytest.raises(EvaluationError) as caught:
        run(Table(table), CaseStore(split, split.test), Full(), batch_size=10)
    assert str(caught.value) == (
        "scores that are not a number (NaN) for 1 of 23 cases, the first of user 'user 4'; "
        "the weights are probably not finite"
    )


def test_scores_of_another_shape_are_refused(split):
    with pytest.raises(EvaluationError) as caught:
        run(Table(random_table(23)[:, 1:]), CaseStore(split, split.test), Full())
    assert str(caught.value) == (
        "scores of 23 cases and 200 items must have shape [23, 202], found [23, 201]"
    )


class Encoder(nn.Module):
    """The newest item's embedding, with dropout."""

    causal, hidden_size = True, 6

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.items = ItemTable(NUM_ITEMS, 6, nn.init.normal_)
        self.dropout = nn.Dropout(0.5)
        self.frozen = nn.Dropout(0.5).eval()

    def forward(self, sequences, rng=None):
        return self.dropout(self.items.rows(sequences.items))


def test_a_model_is_scored_at_its_newest_position(split):
    encoder, store = Encoder(), CaseStore(split, split.test)
    history = store.histories(0, 23, 10)
    scores = ModelScorer(encoder, NextItem()).scores(store.chunk(0, 23), history)
    newest = [random_rows(23)[row][-2] for row in store.host_rows]
    weight = encoder.items.weight.detach()
    assert torch.allclose(scores, weight[newest] @ weight.T)
    assert scores.dtype == torch.float32


def test_an_encoder_that_can_is_asked_for_the_newest_states_alone(split):
    class Short(Encoder):
        def newest(self, sequences):
            return torch.full((len(sequences.items), 6), 2.0)

    encoder, store = Short(), CaseStore(split, split.test)
    scores = ModelScorer(encoder, NextItem()).score(store.histories(0, 23, 10))
    assert torch.allclose(scores[7], 2 * encoder.items.weight.detach().sum(1))


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_case_B28_scores_do_not_depend_on_dropout_or_batch_size(split, batch_size):
    scorer, store = ModelScorer(Encoder(), NextItem()), CaseStore(split, split.test)
    usual = run(scorer, store, Full())["full-seen-out"].values
    again = run(scorer, store, Full(), batch_size=batch_size)["full-seen-out"].values
    for name, metric in usual.items():
        assert again[name].value == pytest.approx(metric.value, abs=1e-12)


def test_case_B28_afterwards_every_module_is_in_its_own_mode_again():
    encoder = Encoder()
    with evaluating(encoder, NextItem()):
        assert not any(module.training for module in encoder.modules())
    assert (encoder.training, encoder.dropout.training, encoder.frozen.training) == (
        True,
        True,
        False,
    )


def test_case_B16_the_target_is_no_part_of_what_is_scored(make_split):
    class Keeps:
        seen = None

        def scores(self, cases, history):
            self.seen = history.items.clone()
            return torch.zeros(len(cases.ids), NUM_ITEMS + 2)

    histories = []
    for target in (4, 5):
        split, scorer = make_split([[1, 2, 3, target]], NUM_ITEMS), Keeps()
        run(scorer, CaseStore(split, split.test), Full())
        histories.append(scorer.seen.tolist())
    assert histories == [[[1, 2, 3]]] * 2
