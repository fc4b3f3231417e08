"""The evaluations of a run: every split's cases, put to the model and to the baselines."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import torch

from fw.config.recipe import Recipe
from fw.data.asked import asked_for
from fw.data.split import CaseList, Split
from fw.engine.build import build_evaluators
from fw.engine.evaluating.baselines import baselines
from fw.engine.evaluating.cases import CaseStore
from fw.engine.evaluating.evaluation import ModelScorer, Scorer, evaluate
from fw.engine.steps.step import Step
from fw.interfaces import Evaluator, Info, Metrics
from fw.processes.peers import ALONE, Peers

# Candidates depend on this and the case alone, so that all models sit the same exam.
EVALUATION_SEED = 0


@attrs.frozen(kw_only=True)
class Exam:
    """Cases of validation and test, where there are any, with the evaluators that score them."""

    evaluators: Mapping[str, Evaluator]
    case_lists: Mapping[str, CaseList]
    cases: Mapping[str, CaseStore]
    info: Info
    peers: Peers = ALONE

    @classmethod
    def prepare(cls, recipe: Recipe, split: Split, info: Info, device: torch.device) -> Exam:
        """Sort out, once, which items every case may be ranked with."""
        lists = {"valid": split.valid, "test": split.test}
        lists = {name: cases for name, cases in lists.items() if len(cases)}
        columns = asked_for(recipe, split)
        return cls(
            evaluators=build_evaluators(recipe, info),
            case_lists=lists,
            cases={
                name: CaseStore(split, cases, columns).to(device) for name, cases in lists.items()
            },
            info=info,
        )

    def of(self, test: bool) -> Exam:
        """Return the exam, without the test cases if those are not wanted."""
        if test:
            return self
        lists, cases = self.case_lists["valid"], self.cases["valid"]
        return attrs.evolve(self, case_lists={"valid": lists}, cases={"valid": cases})

    def score_model(self, step: Step, split_name: str) -> dict[str, Metrics]:
        """Score the model of a training step on a split."""
        return self._score(ModelScorer(step.encoder, step.task), split_name)

    def score_all(self, step: Step) -> dict[str, Mapping[str, Metrics]]:
        """Score the model of a training step on every split that has cases."""
        return {split_name: self.score_model(step, split_name) for split_name in self.cases}

    def score_baselines(self, split: Split) -> dict[str, dict[str, dict[str, Metrics]]]:
        """Score what any model should beat, and where it is known the best that one can reach."""
        return {
            name: {split_name: self._score(scorer, split_name) for split_name in self.cases}
            for name, scorer in baselines(split, self.info).items()
        }

    def _score(self, scorer: Scorer, split_name: str) -> dict[str, Metrics]:
        return evaluate(
            scorer,
            self.cases[split_name],
            self.evaluators,
            max_len=self.info.max_len,
            seed=EVALUATION_SEED,
            peers=self.peers,
        )
