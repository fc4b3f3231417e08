"""The tutorial, carried out: its commands are run and what they print is written into its pages.

    python docs/tutorial_commands.py

writes all outputs anew, into the tutorial, its translation and the notebook. It needs the extra
``test``. Files that the tutorial shows begin with a comment that is their name.
"""

from __future__ import annotations

import os
import re
import site
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs
import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
PAGES = (HERE / "tutorial.md", HERE / "tutorial.zh.md")
NOTEBOOK = HERE / "tutorial-python.ipynb"
FENCE = re.compile(r"^```(bash|console|python|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOLDER = "/home/you/tutorial"  # what stands for the folder in which all is carried out
NAME = re.compile(r"# (\S+\.\w+)\n")

# What of an output may differ from one machine, or one minute, to the next, and what stands for it.
UNSTABLE = (
    (r"^.*these times are not comparable with others\n", ""),  # only where other work went on
    (r"(undecided: one run of an arm).*", r"\1"),  # what users alone say of the difference
    (r"best so far|best \d\.\d+", "best"),
    (r"(?<=\d) (II|III|IV)\b", ""),  # parts of a series, in lists that hang on last digits
    (r"[+-]?\d[\d.,]*", "0"),
    (r"\.{2,}", ".."),  # pytest has a dot a test
    (r"[─━]+", "─"),
    (r"[ \t]+", " "),
)


@attrs.frozen
class Block:
    """A fenced block of a page."""

    language: str
    code: str


def blocks(page: str) -> list[Block]:
    """Return the blocks of a page that the tutorial's other pages share with it."""
    return [Block(*match.groups()) for match in FENCE.finditer(page)]


def commands(code: str) -> list[str]:
    """Return the commands of a console."""
    return re.findall(r"^\$ (.*)$", code, re.MULTILINE)


def stable(output: str) -> str:
    """Return what must be the same whenever and wherever the command is run."""
    for pattern, substitute in UNSTABLE:
        output = re.sub(pattern, substitute, output, flags=re.MULTILINE)
    return output


def carried_out(shown: Sequence[Block], folder: Path) -> Iterator[Block]:
    """Write the files and run the commands in a folder; yield the blocks with what was printed."""
    environment = newcomer(folder.parent / "installed")
    for block in shown:
        if block.language == "console":
            outputs = (f"$ {one}\n{run(one, folder, environment)}" for one in commands(block.code))
            yield attrs.evolve(block, code="\n".join(outputs))
            continue
        if name := NAME.match(block.code):
            (folder / name[1]).write_text(block.code, encoding="utf-8")
        yield block


def run(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Run a command as a shell does; raises RuntimeError with its output if it fails."""
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"$ {command}\n{done.stdout}")
    shown = done.stdout.replace(str(folder), FOLDER)
    return "".join(f"{line.rstrip()}\n" for line in shown.splitlines())


def newcomer(folder: Path) -> dict[str, str]:
    """Make an environment that has what this one has; return the variables of a shell in it.

    pip installs into it without a network.
    """
    venv.create(folder, with_pip=True)
    programs = folder / "bin"
    packages = next(folder.glob("lib/python*/site-packages"))
    lines = [f"import site; site.addsitedir({path!r})\n" for path in site.getsitepackages()]
    (packages / "outer.pth").write_text("".join(lines))
    for name in ("fw", "pytest"):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{programs}/python" -m {name} "$@"\n')
        program.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("FW_", "PY"))}
    return {
        **kept,
        "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
        "CUDA_VISIBLE_DEVICES": "",
        "FW_CACHE_DIR": str(folder / "cache"),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",  # "no" isolation: pip takes the value of the opposite
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }


def with_blocks(page: str, found: Sequence[Block]) -> str:
    """Return a page with other blocks in place of its own."""
    remaining = iter(found)

    def text(_: re.Match[str]) -> str:
        block = next(remaining)
        return f"```{block.language}\n{block.code}```"

    return FENCE.sub(text, page)


def executed(notebook: Path, folder: Path) -> nbformat.NotebookNode:
    """Execute a notebook in a folder and return it; raises CellExecutionError if a cell fails."""
    node = nbformat.read(notebook, as_version=4)
    place = {"metadata": {"path": str(folder)}}
    NotebookClient(node, kernel_name="python3", resources=place, record_timing=False).execute()
    return node


def main() -> None:
    """Write all outputs anew."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "tutorial"
        folder.mkdir()
        found = list(carried_out(blocks(PAGES[0].read_text("utf-8")), folder))
        nbformat.write(executed(NOTEBOOK, folder), NOTEBOOK)
    for page in PAGES:
        page.write_text(with_blocks(page.read_text("utf-8"), found), "utf-8")
    print("written:", *(path.name for path in (*PAGES, NOTEBOOK)), file=sys.stderr)


if __name__ == "__main__":
    main()
