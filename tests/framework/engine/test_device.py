"""Which device a run uses."""

import pytest

from fw.engine.steps import device
from fw.errors import DeviceError


@pytest.fixture
def machine(monkeypatch):
    def has(*names):
        monkeypatch.setattr(device.torch.cuda, "is_available", lambda: "cuda" in names)
        monkeypatch.setattr(device.torch.backends.mps, "is_available", lambda: "mps" in names)

    return has


def test_auto_takes_the_fastest_there_is(machine):
    machine("cuda", "mps")
    assert device.choose_device("auto").type == "cuda"
    machine("mps")
    assert device.choose_device("auto").type == "mps"
    machine()
    assert device.choose_device("auto").type == "cpu"


@pytest.mark.parametrize("wanted", ["cuda", "mps", "cuda:1", "tpu"])
def test_case_B66_what_is_absent_is_an_error_that_names_what_is_there(machine, wanted):
    machine()
    with pytest.raises(DeviceError) as caught:
        device.choose_device(wanted)
    assert str(caught.value) == f"device '{wanted}' is not available on this machine; there is: cpu"


def test_a_numbered_gpu_can_be_chosen(machine):
    machine("cuda")
    assert str(device.choose_device("cuda:1")) == "cuda:1"
