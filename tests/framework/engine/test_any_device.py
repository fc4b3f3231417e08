"""What runs on a device needs nothing that some devices, or torch's deterministic mode, lack.

Every call is watched on the CPU, which has everything: float64 is unknown to Apple's GPUs, and some
operations have no deterministic form on CUDA.
"""

from importlib.metadata import version

import attrs
import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import tiny_runs
from fw.config.reading import read_recipe
from fw.data.places import Places
from fw.discovery import discover
from fw.engine.build import make
from fw.engine.data import load_data
from fw.engine.environment import describe_environment
from fw.engine.evaluating import counting
from fw.engine.evaluating.evaluation import ModelScorer
from fw.engine.evaluating.protocols import known_protocols
from fw.engine.evaluating.tally import Tally
from fw.engine.prepared import prepare
from fw.engine.steps.batches import plan_batch
from fw.engine.steps.execution import choose_execution
from fw.kinds import KINDS
from same_runs import assert_same_run

REGISTRY = discover()
# What raises on CUDA under torch.use_deterministic_algorithms(True), by its documentation (2.13),
# or what stands for it in the calls that are watched.
UNDETERMINED = {
    *("_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "adaptive_max_pool2d", "avg_pool3d"),
    *("fractional_max_pool2d", "fractional_max_pool3d", "max_unpool2d", "max_unpool3d"),
    *("_ctc_loss", "_embedding_bag", "grid_sampler_2d", "grid_sampler_3d", "nll_loss_forward"),
    *("nll_loss2d_forward", "reflection_pad1d", "reflection_pad2d", "reflection_pad3d"),
    *("histc", "kthvalue", "median", "nanmedian", "put", "put_", "resize_"),
    *("upsample_linear1d", "upsample_bilinear2d", "upsample_bicubic2d", "upsample_trilinear3d"),
}


class DeviceWatch(TorchDispatchMode):
    """Notes calls that give float64, and calls without a deterministic form on CUDA."""

    def __init__(self):
        super().__init__()
        self.float64, self.undetermined, self.num_calls = set(), set(), 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        tensors = [leaf for leaf in tree_leaves(result) if isinstance(leaf, torch.Tensor)]
        self.num_calls += 1
        if any(tensor.dtype == torch.float64 for tensor in tensors):
            self.float64.add(name)
        if name in UNDETERMINED or _is_undetermined(name, args, kwargs or {}, tensors):
            self.undetermined.add(name)
        return result


def _is_undetermined(name, args, kwargs, results):
    """Whether an operation that has a deterministic form for some arguments has none for these."""
    if name in ("cumsum", "cumsum_"):
        return any(result.is_floating_point() for result in results)
    if name == "bincount":
        return kwargs.get("weights", args[1] if len(args) > 1 else None) is not None
    return name.startswith("scatter_reduce") and "prod" in (*args, *kwargs.values())


def chosen(kind, *others):
    """Return overrides of the tiny recipe, one for each bundled component of a kind."""
    names = [entry.name for entry in REGISTRY.entries(kind) if entry.bundled]
    assert names
    key = KINDS[kind].key
    for name in names:
        table = f'{{name="{name}"}}'
        value = f"[{table}]" if KINDS[kind].many else table
        yield pytest.param([*others, f"{key}={value}"], id=f"{kind} {name}")


def encoders():
    """Return overrides for each bundled encoder that is trained, with a task that goes with all."""
    for entry in REGISTRY.entries("encoder"):
        if entry.bundled and getattr(entry.component, "trainable", True):
            small = {"hidden_size": 8, "num_blocks": 1}
            known = {field.name for field in attrs.fields(entry.component)}
            settings = "".join(f", {key}={small[key]}" for key in small if key in known)
            value = f'encoder={{name="{entry.name}"{settings}}}'
            yield pytest.param([value, 'task={name="last_item"}'], id=f"encoder {entry.name}")


CONTRAST = ('losses=[{name="nt_xent"}]', 'pooling={name="mean"}', 'augmenters=[{name="crop"}]')
WITH_NEGATIVES = 'losses=[{name="sampled_softmax"}]'
# What needs more than a name: the tiny data has times, and no ratings.
LOSSES_OF_THEIR_OWN = {
    "loss nt_xent": list(CONTRAST),
    "loss rating": ['losses=[{name="rating", column="time_gap"}]'],
}
LOSSES = [
    pytest.param(LOSSES_OF_THEIR_OWN.get(one.id, *one.values), id=one.id) for one in chosen("loss")
]
RECIPES = [
    *LOSSES,
    *chosen("sampler", WITH_NEGATIVES),
    *encoders(),
    *chosen("augmenter", *CONTRAST[:2]),
    *chosen("pooling", CONTRAST[0], CONTRAST[2]),
    *chosen("optimizer"),
    *chosen("task"),
]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    return tiny_runs.write_recipe(tmp_path_factory.mktemp("any_device"))


def made(recipe, overrides):
    read = read_recipe(recipe, REGISTRY, overrides)
    data = load_data(read, Places.from_environment(), lambda message: None)
    return read, prepare(read, data, torch.device("cpu"), lambda message: None)


def train_one_step(read, parts):
    """Train on the longest rows, watched from the history to the new weights."""
    optimizer = read.one("optimizer").settings(list(parts.step.parameters()))
    execute = choose_execution(parts.step, optimizer, "eager", "float32", pytest.fail)
    rows = parts.info.training
    lengths = np.minimum(rows.host_lengths, parts.step.history_width)
    chosen_rows = np.argsort(-lengths, kind="stable")[:8].astype(np.int64)
    plan = plan_batch(chosen_rows, lengths[chosen_rows], grouped=True)
    with DeviceWatch() as watch:
        loss, _ = execute(rows.history(plan), plan.groups, torch.tensor(1))
    assert loss.isfinite()
    return watch


def evaluate_once(parts):
    """Score the test cases, watched until the counts leave the device."""
    cases, scorer = parts.exam.cases["test"], ModelScorer(parts.step.encoder, parts.step.task)
    tally = Tally(cases, parts.exam.evaluators, 0)
    with DeviceWatch() as watch, torch.inference_mode():
        for span in cases.spans(16, parts.info.max_len):
            chunk, history = cases.chunk(*span), cases.histories(*span, parts.info.max_len)
            tally.add(scorer.scores(chunk, history), chunk, span)
    return watch


@pytest.mark.parametrize("overrides", RECIPES)
def test_case_B66_and_case_B64_a_training_step_has_no_float64_and_nothing_undetermined(
    recipe, overrides
):
    watch = train_one_step(*made(recipe, overrides))
    assert watch.num_calls > 100
    assert (watch.float64, watch.undetermined) == (set(), set())


@pytest.fixture
def every_protocol(recipe):
    read, parts = made(recipe, ['evaluators=[{name="full", beyond_accuracy=["coverage"]}]'])
    known = known_protocols(read, REGISTRY)
    assert len(known) > 5
    built = {name: make(one, parts.info, read.seed) for name, one in known.items()}
    assert any(getattr(one, "item_weights", None) is not None for one in built.values())
    assert any(getattr(one, "top_lists", None) for one in built.values())
    return attrs.evolve(parts, exam=attrs.evolve(parts.exam, evaluators=built))


def test_case_B66_an_evaluation_has_no_float64_where_the_device_has_none(
    every_protocol, monkeypatch
):
    assert evaluate_once(every_protocol).float64  # exact sums of weights, where that is faster
    monkeypatch.setattr(counting, "WITHOUT_FLOAT64", {"cpu"})
    watch = evaluate_once(every_protocol)
    assert watch.num_calls > 100
    assert watch.float64 == set()


def test_case_B64_an_evaluation_does_nothing_undetermined(every_protocol):
    assert evaluate_once(every_protocol).undetermined == set()


@pytest.mark.parametrize("overrides", RECIPES)
def test_case_B66_nothing_that_is_moved_to_the_device_is_float64(recipe, overrides):
    _, parts = made(recipe, overrides)
    moved = [parts.step, parts.loader, *parts.exam.cases.values()]
    modules = [one for one in moved if isinstance(one, torch.nn.Module)]
    tensors = [tensor for one in modules for tensor in (*one.parameters(), *one.buffers())]
    assert len(tensors) > 20
    assert torch.float64 not in {tensor.dtype for tensor in tensors}


def test_case_B64_a_run_trains_under_torchs_deterministic_algorithms(recipe):
    torch.use_deterministic_algorithms(True)
    try:
        folders = [tiny_runs.train_tiny(recipe, *CONTRAST) for _ in range(2)]
    finally:
        torch.use_deterministic_algorithms(False)
    assert_same_run(*folders)


def test_case_B64_a_run_states_gpu_and_versions(recipe, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "A100")
    read, _ = made(recipe, [])
    found = describe_environment(read, torch.device("cuda"), [])
    assert found["device"] == "cuda (A100)"
    assert found["libraries"]["torch"] == version("torch")


def test_the_watch_sees_what_it_is_for():
    ones = torch.ones(3)
    with DeviceWatch() as watch:
        ones.long().cumsum(0)
    assert (watch.float64, watch.undetermined) == (set(), set())
    with DeviceWatch() as watch:
        ones.double().float().cumsum(0)
        ones.median(0)
        ones.scatter_reduce(0, torch.tensor([0, 1, 1]), ones, "prod")
    assert watch.float64 == {"_to_copy"}
    assert watch.undetermined == {"cumsum", "median", "scatter_reduce"}
