"""Commands that say what there is: beside torch, they import nothing that is slow."""

import subprocess
import sys

import pytest

# Each of these takes a noticeable part of a second to import; plugins import them at use.
SLOW = ("pandas", "pyarrow", "scipy", "safetensors", "plotly", "jinja2", "pooch", "requests")
PROGRAM = """
import sys
from fw.cli import main
main({words!r}, standalone_mode=False)
print("slow:", *(name for name in {slow!r} if name in sys.modules))
"""


@pytest.mark.parametrize("words", [["list-plugins"], ["describe", "encoder", "sasrec_paper"]])
def test_what_there_is_is_told_without_slow_imports(words):
    command = [sys.executable, "-c", PROGRAM.format(words=words, slow=SLOW)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "sasrec_paper" in done.stdout
    assert done.stdout.splitlines()[-1] == "slow:"
