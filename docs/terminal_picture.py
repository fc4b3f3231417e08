"""The terminal during a run, as a picture: ``python docs/terminal_picture.py`` makes it anew.

``fw run`` is started in a terminal, and what that shows in the middle of an epoch is drawn. It
needs the extra ``test``, and a system with pseudo-terminals.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
from itertools import groupby
from pathlib import Path

import pyte
from pyte.screens import Char
from rich.console import Console
from rich.style import Style
from rich.text import Text

PICTURE = Path(__file__).parent / "images" / "run.svg"
COMMAND = "fw run cl_crop_mean --set 'dataset.name=\"synthetic\"' --set training.evaluate_every=1"
WIDTH, HEIGHT = 132, 8  # an epoch's line fits, and what comes before the epochs has left the screen
MOMENT = re.compile(r"^epoch 8 .* 1\d\d\d/2000 users \d:\d\d:\d\d ", re.MULTILINE)
COLOURS = {"brown": "yellow", "default": "default"}  # what pyte and rich call differently


def main() -> None:
    """Draw the picture."""
    PICTURE.write_text(svg(COMMAND, screen_during(COMMAND, MOMENT)), "utf-8")
    print(f"written: {PICTURE}", file=sys.stderr)


def screen_during(command: str, moment: re.Pattern[str]) -> pyte.Screen:
    """Run a command of fw's in a terminal until that shows the moment; OSError if it never does."""
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.ByteStream(screen)
    with tempfile.TemporaryDirectory() as folder:
        process, terminal = _start(command, folder)
        try:
            while not moment.search("\n".join(screen.display)):
                stream.feed(os.read(terminal, 65536))
        finally:
            process.kill()
            process.wait()
            os.close(terminal)
    return screen


def svg(command: str, screen: pyte.Screen) -> str:
    """Draw what a screen shows, its last empty lines left out; the command is the title."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), legacy_windows=False)
    lines = [_line(screen, number) for number in range(HEIGHT)]
    while lines and not lines[-1].plain:
        lines.pop()
    for line in lines:
        console.print(line, soft_wrap=True)
    return console.export_svg(title=command)


def _start(command: str, folder: str) -> tuple[subprocess.Popen[bytes], int]:
    terminal, inside = pty.openpty()
    fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", *shlex.split(command)],
        cwd=folder,
        env={**os.environ, "TERM": "xterm-256color", "FW_CACHE_DIR": folder},
        stdin=inside,
        stdout=inside,
        stderr=inside,
    )
    os.close(inside)
    return process, terminal


def _line(screen: pyte.Screen, number: int) -> Text:
    chars = [screen.buffer[number][column] for column in range(WIDTH)]
    text = Text()
    for style, same in groupby(chars, key=_style):
        text.append("".join(char.data for char in same), style)
    text.rstrip()
    return text


def _style(char: Char) -> Style:
    colour = char.fg if re.fullmatch(r"[a-z]+", char.fg) else f"#{char.fg}"
    return Style(color=COLOURS.get(colour, colour), bold=char.bold)


if __name__ == "__main__":
    main()
