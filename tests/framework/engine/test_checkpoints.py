"""Checkpoints and weights that are not what they should be: refused in words, and run no code."""

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from fw.engine import run as engine
from fw.engine.folders.folder import RunFolder
from fw.engine.restore import restore
from fw.errors import RunError
from tiny_runs import Silent, train_tiny, write_recipe

NO_CHECKPOINT = (
    "it is cut short, damaged, or not a checkpoint of fw\n"
    "    without it the run begins again: remove it, then resume"
)
RAN = []


class Evil:
    """Calls what it likes when it is unpickled without care."""

    def __reduce__(self):
        return RAN.append, ("code",)


@pytest.fixture
def copy(tiny_run, tmp_path):
    """A copy of a finished run that may be broken."""
    return shutil.copytree(tiny_run, tmp_path / "copy")


def refused(call, *arguments, **more):
    with pytest.raises(RunError) as caught:
        call(*arguments, **more)
    return str(caught.value)


def resume(folder):
    """Go on with a run as if it had been killed before its result was written."""
    (folder / "result.json").unlink(missing_ok=True)
    return engine.resume(folder, device="cpu", reporter=Silent())


@pytest.mark.parametrize("part", [0.0, 0.001, 0.5, 0.99, 0.9999])
def test_case_B29_a_checkpoint_that_is_cut_short_is_refused(copy, part):
    checkpoint = copy / "state" / "checkpoint.pt"
    whole = checkpoint.read_bytes()
    checkpoint.write_bytes(whole[: int(part * len(whole))])
    assert refused(resume, copy) == f"cannot load the checkpoint {checkpoint}: {NO_CHECKPOINT}"


@pytest.mark.parametrize("part", [0.0, 0.001, 0.5, 0.99, 0.9999])
def test_case_B29_weights_that_are_cut_short_are_refused(copy, part):
    weights = copy / "best.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: int(part * len(whole))])
    assert refused(restore, copy, device="cpu").startswith(f"cannot load the weights {weights}: ")


def test_case_B29_weights_that_are_text_are_refused(copy):
    (copy / "best.safetensors").write_text("weights, honestly")
    assert refused(restore, copy, device="cpu").startswith("cannot load the weights ")


def test_case_B29_a_checkpoint_that_lacks_a_part_is_refused(copy):
    folder = RunFolder(copy)
    state = folder.load_state()
    del state["optimizer"]
    folder.save_state(state)
    assert refused(resume, copy) == (
        f"the checkpoint in {copy} does not fit the recipe: 'optimizer'"
    )


def test_loading_a_checkpoint_runs_no_code(copy):
    checkpoint = copy / "state" / "checkpoint.pt"
    torch.save({"weights": {}, "selection": Evil()}, checkpoint)
    assert refused(resume, copy) == f"cannot load the checkpoint {checkpoint}: {NO_CHECKPOINT}"
    assert RAN == []


def test_weights_of_another_model_are_refused(copy):
    path = copy / "best.safetensors"
    weights = load_file(path)
    weights["encoder.items.weight"] = weights["encoder.items.weight"][:, :4].contiguous()
    weights["encoder.more"] = torch.zeros(1)
    gone = next(name for name in sorted(weights) if name.startswith("encoder.blocks"))
    del weights[gone]
    save_file(weights, path)
    message = refused(restore, copy, device="cpu")
    assert message.splitlines()[0] == (
        f"the weights {path} do not fit the recipe: they are of another model"
    )
    assert set(message.splitlines()[1:]) == {
        f"    {gone} is missing",
        "    encoder.items.weight is [26, 4], it should be [26, 8]",
        "    encoder.more is not a part of the recipe's model",
    }


def test_where_more_differs_than_can_be_shown_it_is_counted(copy):
    text = (copy / "recipe.toml").read_text()
    (copy / "recipe.toml").write_text(text.replace("hidden_size = 8", "hidden_size = 16"))
    lines = refused(restore, copy, device="cpu").splitlines()
    assert len(lines) == 5
    assert lines[-1].startswith("    and ")
    assert lines[-1].endswith(" more")


def test_a_run_without_its_checkpoint_begins_again(copy, tiny_run):
    shutil.rmtree(copy / "state")  # copies of folders may leave out empty ones
    (copy / "best.safetensors").unlink()
    resume(copy)
    assert (copy / "best.safetensors").read_bytes() == (tiny_run / "best.safetensors").read_bytes()


def test_a_run_that_fails_keeps_its_best_weights_though_it_has_no_checkpoint(copy, monkeypatch):
    (copy / "state" / "checkpoint.pt").unlink()

    def fail(session):
        raise RuntimeError

    monkeypatch.setattr(engine, "train", fail)
    with pytest.raises(RuntimeError):
        resume(copy)
    assert (copy / "best.safetensors").exists()


def test_the_last_weights_are_checked_too(tmp_path, copy):
    other = train_tiny(write_recipe(tmp_path), "encoder.hidden_size=4", "training.epochs=1")
    shutil.copy(other / "state" / "checkpoint.pt", copy / "state" / "checkpoint.pt")
    folder = RunFolder(copy)
    folder.write_json("result.json", {**folder.read_json("result.json"), "best_epoch": 0})
    first = refused(restore, copy, device="cpu").splitlines()[0]
    checkpoint = copy / "state" / "checkpoint.pt"
    assert first == f"the weights {checkpoint} do not fit the recipe: they are of another model"


def test_a_checkpoint_that_cannot_be_read_is_named_with_the_reason(copy):
    checkpoint = copy / "state" / "checkpoint.pt"
    checkpoint.unlink()
    checkpoint.mkdir()
    assert refused(resume, copy) == f"cannot read the checkpoint {checkpoint}: Is a directory"
