"""The example on the page about exporting works as it stands there."""

import ast
import re
from pathlib import Path

import pytest

import tiny_runs
from fw.engine.finished.recommending import Recommender
from fw.export.agreement import BATCHES, TOLERANCE

PAGE = (Path(__file__).parents[3] / "docs" / "exporting.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_has_ten_lines():
    assert len([line for line in EXAMPLE.splitlines() if line.strip()]) == 10


@pytest.mark.filterwarnings("error::ResourceWarning")
def test_the_example_recommends_what_the_run_recommends(exported, trained, monkeypatch, capsys):
    assert {"12", "007"} <= set(tiny_runs.ITEMS)
    monkeypatch.chdir(exported.model.parent)
    exec(compile(EXAMPLE, "exporting.md", "exec"), {})
    shown = ast.literal_eval(capsys.readouterr().out)
    right = Recommender(trained).for_items(["12", "007"], k=5, seen=True)
    assert shown == [item.item for item in right.items]


def test_the_page_states_what_is_checked():
    first, last = ", ".join(map(str, BATCHES[:-1])), BATCHES[-1]
    assert f"up to {first}\nand {last} users" in PAGE
    assert f"by more than {TOLERANCE:g}".replace("0.0001", "1e-4") in PAGE
