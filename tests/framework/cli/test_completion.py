"""Shell completion: click's own, answered at once, for commands and recipes alike."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fw.cli import COMMANDS
from fw.config.sources import shipped_recipes

ASK = """
import json, sys
from click.shell_completion import BashComplete
from fw.cli import main

words, incomplete = json.loads(sys.argv[1])
items = BashComplete(main, {}, "fw", "_FW_COMPLETE").get_completions(words, incomplete)
heavy = {"torch", "numpy", "pandas", "scipy", "pyarrow"} & set(sys.modules)
print(json.dumps([[[item.type, item.value] for item in items], sorted(heavy)]))
"""


def completions(*words):
    """Return what may follow the words, the last of which is incomplete, with types."""
    asked = json.dumps([words[:-1], words[-1]])
    done = subprocess.run(
        [sys.executable, "-c", ASK, asked], capture_output=True, text=True, check=True
    )
    items, heavy = json.loads(done.stdout)
    assert heavy == []
    return [tuple(item) for item in items]


def test_all_commands_are_completed_without_torch():
    assert completions("") == [("plain", name) for name in COMMANDS]
    assert ("plain", "recommend") in completions("rec")


@pytest.mark.parametrize("words", [("run",), ("check",), ("sweep",), ("data", "info")])
def test_recipes_are_completed_by_name_and_else_as_files(words):
    names = [name for name in shipped_recipes() if name.startswith("sasrec")]
    assert len(names) > 1
    assert completions(*words, "sasrec") == [("file", "sasrec"), *(("plain", n) for n in names)]
    assert completions(*words, "no_such") == [("file", "no_such")]


def test_options_and_their_choices_are_completed():
    assert ("plain", "--resume") in completions("run", "--r")
    assert completions("list-plugins", "--kind", "enc") == [("plain", "encoder")]
    assert completions("recommend", "runs/sas") == [("file", "runs/sas")]


FW = Path(sys.executable).with_name("fw")


@pytest.mark.skipif(not (shutil.which("bash") and FW.exists()), reason="needs bash and fw")
def test_bash_is_answered_after_the_line_of_the_readme():
    script = """
        eval "$(_FW_COMPLETE=bash_source fw)"
        complete -p fw
        COMP_WORDS=(fw run) COMP_CWORD=1
        _fw_completion fw
        echo "${COMPREPLY[@]}"
    """
    path = f"{FW.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": path},
    )
    assert done.stdout == "complete -o nosort -F _fw_completion fw\nrun runs\n"
