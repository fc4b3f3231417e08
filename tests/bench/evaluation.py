"""All protocols over all users of MovieLens-1M: one pass for all, against one pass each."""

from tests.bench.movielens import prepared
from tests.bench.timing import take_turns

from fw.engine.evaluating.cases import CaseStore
from fw.engine.evaluating.evaluation import ModelScorer, evaluate

PROTOCOLS = (
    'evaluators=[{name="sampled", protocol="kang205-sampled100"}, '
    '{name="sampled", protocol="clean-sampled100"}, {name="sampled", protocol="s3rec-99"}, '
    '{name="sampled", protocol="popularity-sampled100"}, '
    '{name="sampled", protocol="bert4rec-sampled100"}, {name="full"}, '
    '{name="full", exclude="none"}]'
)
MONITOR = 'training.monitor="valid/full-seen-out/ndcg@10"'


def measure():
    """Yield what was timed and its seconds, scoring included."""
    recipe, data, parts = prepared(PROTOCOLS, MONITOR)
    scorer = ModelScorer(parts.step.encoder, parts.step.task)
    evaluators = parts.exam.evaluators
    cases = parts.exam.cases["test"]

    def together(store, chosen):
        return evaluate(scorer, store, chosen, max_len=recipe.max_len, seed=0)

    def one_by_one():
        for name, evaluator in evaluators.items():
            together(cases, {name: evaluator})

    def with_fresh_candidates():
        together(CaseStore(data.split, data.split.test), evaluators)

    def both_splits():
        together(CaseStore(data.split, data.split.valid), evaluators)
        with_fresh_candidates()

    yield from take_turns(
        {
            "seven protocols in one pass": lambda: together(cases, evaluators),
            "the same, candidates drawn anew": with_fresh_candidates,
            "validation and test, candidates drawn anew": both_splits,
            "seven passes": one_by_one,
        },
        rounds=3,
    )
