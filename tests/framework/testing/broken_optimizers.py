"""Optimizers that break their contract."""

# ruff: noqa: RUF012 (what is expected is never changed)

import attrs
import torch

from fw.testing import OptimizerContract


def optimizer(make):
    """Make an optimizer's settings class of a function."""

    @attrs.frozen(kw_only=True)
    class Broken:
        """Break one rule."""

        def __call__(self, parameters):
            return make(list(parameters))

    return Broken


TRAINS = "test_it_trains_every_parameter"
LOWERS = "test_steps_lower_a_loss"
RESUMES = "test_a_resumed_optimizer_goes_on_as_if_it_had_never_stopped"


class TestNoOptimizer(OptimizerContract):
    component = optimizer(lambda parameters: parameters)
    expected = dict.fromkeys(
        (TRAINS, LOWERS, RESUMES), "it makes list, not a torch.optim.Optimizer"
    )


class TestHalf(OptimizerContract):
    component = optimizer(lambda parameters: torch.optim.SGD(parameters[:1], 0.1))
    expected = {
        TRAINS: "leaves out parameters: 1.weight, 1.bias\n"
        "    pass all of them on: parameters = list(parameters)"
    }


class TestUphill(OptimizerContract):
    component = optimizer(lambda parameters: torch.optim.SGD(parameters, 0.001, maximize=True))
    expected = {
        LOWERS: "a least-squares loss of ... is ... after 50 steps\n"
        "    subtract what goes with the gradient"
    }


class Warming(torch.optim.SGD):
    """Counts its steps where no checkpoint looks."""

    steps = 0

    def step(self, closure=None):
        self.steps += 1
        for group in self.param_groups:
            group["lr"] = 0.01 * self.steps
        return super().step(closure)


class TestWarming(OptimizerContract):
    component = optimizer(lambda parameters: Warming(parameters, 0.01))
    expected = {
        RESUMES: "after a checkpoint it trains on differently: 0.weight [0]: [...] and [...]\n"
        "    keep what it remembers in self.state and self.param_groups",
    }
