"""Every mode trains the same: compiled or captured, the losses and weights are those of eager."""

import json
from contextlib import nullcontext

import pytest
import torch
from tests.steps import LENGTHS, history_of, small_step

import tiny_runs
from fw.engine.steps.batches import Group, cut_groups
from fw.engine.steps.execution import (
    CompiledStep,
    PlainStep,
    choose_execution,
    matrix_products,
)
from fw.engine.steps.graphs import CapturedStep
from fw.errors import RecipeError

CPU = torch.device("cpu")


def adam(step):
    return torch.optim.Adam(step.parameters(), lr=0.01, fused=True)


def in_one(lengths):
    """Put a whole batch into one group: the graph of a step grows with every further one."""
    return (Group(0, len(lengths), int(lengths.max())),)


def batches(cut=cut_groups, count=12):
    """Give histories and groups of two shapes in turn, and an epoch that changes."""
    lengths = torch.tensor(LENGTHS).clamp(max=13)
    for number in range(count):
        rows = torch.arange(10) if number % 2 else torch.arange(2, 10)
        groups = cut(lengths[rows].numpy())
        yield history_of(rows, groups[0].width), groups, torch.tensor(1 + number // 4)


def losses_of(execute, cut=cut_groups):
    return [execute(*batch)[0].item() for batch in batches(cut)]


def plain_losses(cut=cut_groups):
    step = small_step()
    return losses_of(PlainStep(step, adam(step)), cut), step.state_dict()


class FakeRecorder:
    """Records without computing, and replays into the same memory, as a graph on a GPU does."""

    def __init__(self, step):
        self.step, self.captured, self.warmed_up = step, 0, 0

    def warm_up(self, call):
        self.warmed_up += 1
        return call()

    def capture(self, call):
        self.captured += 1
        outputs = (torch.zeros(()), torch.zeros(len(self.step.terms)))

        def replay():
            for output, value in zip(outputs, call(), strict=True):
                output.copy_(value)

        return replay, outputs


def test_captured_steps_train_as_eager_ones_and_each_shape_is_captured_once():
    expected, weights = plain_losses()
    step = small_step()
    optimizer, recorder = adam(step), FakeRecorder(small_step())
    captured = CapturedStep(PlainStep(step, optimizer), optimizer, pytest.fail, recorder)
    assert losses_of(captured) == expected
    assert (recorder.captured, recorder.warmed_up) == (2, 6)
    for name, value in step.state_dict().items():
        torch.testing.assert_close(value, weights[name], rtol=0, atol=0)


def test_a_replay_reads_history_and_epoch_from_its_own_inputs():
    seen = []

    def train(history, groups, epoch):
        seen.append(([part.tolist() for part in history[:3]], int(epoch)))
        return torch.zeros(()), torch.zeros(2)

    captured = CapturedStep(train, adam(small_step()), pytest.fail, FakeRecorder(small_step()))
    given = [history_of(torch.tensor([number, 9]), 13) for number in range(6)]
    for number, history in enumerate(given):
        captured(history, (Group(0, 2, 13),), torch.tensor(number))
    assert [read for read, _ in seen] == [[part.tolist() for part in one[:3]] for one in given]
    assert [epoch for _, epoch in seen] == list(range(6))


def test_the_optimizer_counts_its_steps_on_the_device_when_captured():
    step = small_step()
    optimizer = adam(step)
    captured = CapturedStep(PlainStep(step, optimizer), optimizer, print, FakeRecorder(step))
    captured(*next(batches()))
    assert all(group["capturable"] for group in optimizer.param_groups)


def test_what_cannot_be_captured_is_trained_eagerly_and_said_once():
    class Refuses(FakeRecorder):
        def capture(self, call):
            raise RuntimeError("operation not permitted when stream is capturing\nmore")

    expected, _ = plain_losses()
    step, said = small_step(), []
    optimizer = adam(step)
    captured = CapturedStep(PlainStep(step, optimizer), optimizer, said.append, Refuses(step))
    assert losses_of(captured) == expected
    assert said == [
        'execution = "cuda_graph": operation not permitted when stream is capturing; '
        "trained eagerly"
    ]


@pytest.mark.slow
def test_a_compiled_step_trains_as_an_eager_one():
    expected, _ = plain_losses(in_one)
    step = small_step()
    torch.compiler.reset()
    compiled = torch.compile(step, backend="eager", fullgraph=True)
    execute = PlainStep(CompiledStep(step, compiled, pytest.fail), adam(step))
    assert losses_of(execute, in_one) == pytest.approx(expected, rel=1e-6)


def broken_backend(graph, inputs):
    raise RuntimeError("no such compiler")


def test_a_compiler_that_fails_is_named_and_the_step_trained_eagerly():
    expected, _ = plain_losses(in_one)
    step, said = small_step(), []
    torch.compiler.reset()
    compiled = torch.compile(step, backend=broken_backend)
    execute = PlainStep(CompiledStep(step, compiled, said.append), adam(step))
    assert losses_of(execute, in_one) == expected
    assert len(said) == 1
    assert said[0].startswith('execution = "compile": BackendCompilerFailed: ')
    assert "no such compiler" in said[0]
    assert said[0].endswith("; trained eagerly")


def test_a_fault_of_the_step_itself_is_not_taken_for_the_compilers():
    def fails(history, groups, epoch):
        raise ValueError("a plugin's own")

    with pytest.raises(ValueError, match="a plugin's own"):
        CompiledStep(small_step(), fails, pytest.fail)(*next(batches()))


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("compile", "torch's compiler for CPUs gives wrong random words (seen in 2.13)"),
        ("cuda_graph", "there is no CUDA device in use (it is cpu)"),
    ],
)
def test_on_a_cpu_a_step_is_trained_eagerly_and_why_is_said(mode, why):
    step, said = small_step(), []
    execute = choose_execution(step, adam(step), mode, "float32", said.append)
    assert losses_of(execute) == plain_losses()[0]
    assert said == [f'execution = "{mode}": {why}; trained eagerly']


def test_an_optimizer_that_cannot_be_captured_is_named():
    step, said = OnCuda(), []
    optimizer = torch.optim.LBFGS([torch.nn.Parameter(torch.zeros(1))])
    choose_execution(step, optimizer, "cuda_graph", "float32", said.append)
    assert said == [
        'execution = "cuda_graph": the optimizer LBFGS cannot be captured; trained eagerly'
    ]


class OnCuda:
    """Says that it is on a GPU."""

    device = torch.device("cuda")


def test_bfloat16_trains_nearly_as_float32_and_keeps_float32_weights():
    expected, _ = plain_losses()
    step = small_step()
    execute = choose_execution(step, adam(step), "eager", "bfloat16", pytest.fail)
    assert losses_of(execute) == pytest.approx(expected, rel=0.02)
    assert {value.dtype for value in step.state_dict().values()} == {torch.float32}


def test_tensor_float_32_is_switched_on_for_cuda_alone_and_put_back():
    before = torch.get_float32_matmul_precision()
    with matrix_products("tf32", torch.device("cuda")):
        assert torch.get_float32_matmul_precision() == "high"
    assert torch.get_float32_matmul_precision() == before
    assert isinstance(matrix_products("tf32", CPU), nullcontext)
    assert isinstance(matrix_products("float32", torch.device("cuda")), nullcontext)


def test_case_B23_a_run_in_bfloat16_trains_on_a_cpu(tmp_path):
    recipe = tiny_runs.write_recipe(tmp_path)
    folder = tiny_runs.train_tiny(recipe, 'training.precision="bfloat16"')
    metrics = json.loads((folder / "result.json").read_text())["metrics"]
    assert len(metrics) > 2
    assert all(0 <= metric["value"] <= 1 for metric in metrics.values())


@pytest.mark.parametrize("name", ["float16", "fp16"])
def test_case_B23_float16_is_refused(tmp_path, name):
    with pytest.raises(RecipeError) as caught:
        tiny_runs.train_tiny(tiny_runs.write_recipe(tmp_path), f'training.precision="{name}"')
    assert str(caught.value) == (
        f'--set training.precision="{name}": [training] precision must be one of "float32", '
        f'"tf32", "bfloat16", found "{name}" (string)'
    )


def sgd(step):
    return torch.optim.SGD(step.parameters(), lr=1.0)


def moved(step, before):
    """Return how far all weights together have moved, and each of them."""
    steps = {name: before[name] - value for name, value in step.named_parameters()}
    return torch.stack([one.square().sum() for one in steps.values()]).sum().sqrt(), steps


def weights_of(step):
    return {name: value.detach().clone() for name, value in step.named_parameters()}


def test_gradients_are_scaled_down_together_to_the_norm_that_is_asked_for():
    free, clipped = small_step(), small_step()
    before = weights_of(free)
    batch = next(batches())
    PlainStep(free, sgd(free))(*batch)
    PlainStep(clipped, sgd(clipped), 0.01)(*batch)
    norm, steps = moved(free, before)
    assert norm > 0.01
    found, scaled = moved(clipped, before)
    assert found.item() == pytest.approx(0.01, rel=1e-3)
    for name, one in scaled.items():
        torch.testing.assert_close(one, steps[name] * 0.01 / norm, rtol=1e-3, atol=1e-7)


def test_smaller_gradients_are_left_alone():
    free, clipped = small_step(), small_step()
    batch = next(batches())
    PlainStep(free, sgd(free))(*batch)
    PlainStep(clipped, sgd(clipped), 1000.0)(*batch)
    for name, value in free.state_dict().items():
        assert value.equal(clipped.state_dict()[name]), name


def test_captured_steps_clip_as_eager_ones_do():
    step, other = small_step(), small_step()
    optimizer, recorder = adam(other), FakeRecorder(other)
    eager = losses_of(PlainStep(step, adam(step), 0.05))
    train = PlainStep(other, optimizer, 0.05)
    assert losses_of(CapturedStep(train, optimizer, pytest.fail, recorder)) == eager
    assert eager != plain_losses()[0]


def test_clipping_is_a_key_of_the_recipe_and_never_zero(tmp_path):
    recipe = tiny_runs.write_recipe(tmp_path)
    losses = [
        json.loads((folder / "metrics.jsonl").read_text().splitlines()[-1])["loss"]
        for folder in (
            tiny_runs.train_tiny(recipe, "optimizer.epsilon=1.0"),
            tiny_runs.train_tiny(recipe, "optimizer.epsilon=1.0", "training.clip_norm=1e-6"),
        )
    ]
    assert losses[0] != losses[1]
    with pytest.raises(RecipeError, match="clip_norm must be greater than 0, found 0"):
        tiny_runs.train_tiny(recipe, "training.clip_norm=0")
