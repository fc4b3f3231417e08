"""No kind is without a contract, and no contract without the components that come with fw."""

from pathlib import Path

import pytest

import fw.testing
from fw.kinds import KINDS

HERE = Path(__file__).parent


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_has_a_contract_that_its_bundled_components_run(kind):
    contract = f"{kind.protocol}Contract"
    assert getattr(fw.testing, contract).kind == kind.name
    plural = kind.hook.removeprefix("register_")
    module = (HERE / f"test_all_{plural}.py").read_text(encoding="utf-8")
    assert f'registered("{kind.name}"' in module.replace("(\n            ", "(")
    assert f"({contract}):" in module
