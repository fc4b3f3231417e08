"""What tests of exports need: a run, exported once."""

import shutil

import onnxruntime
import pytest

from fw.engine.finished.model import open_trained
from fw.export.to_onnx import export_onnx


@pytest.fixture(scope="session")
def exported(tiny_run, tmp_path_factory):
    """What was written of a copy of the tiny run."""
    copy = shutil.copytree(tiny_run, tmp_path_factory.mktemp("exported") / "run")
    return export_onnx(copy, warn=pytest.fail)


@pytest.fixture(scope="session")
def session(exported):
    """The exported model in a runtime."""
    return onnxruntime.InferenceSession(exported.model)


@pytest.fixture(scope="session")
def trained(tiny_run):
    """The run itself."""
    return open_trained(tiny_run, device="cpu", warn=pytest.fail)
