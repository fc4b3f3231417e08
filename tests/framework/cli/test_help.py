"""``fw --help`` and ``fw COMMAND --help``: at once, without torch."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from fw.cli import COMMANDS, main

ASK = """
import json, sys
import click
from click.testing import CliRunner
from fw.cli import main

HEAVY = {"torch", "numpy", "pandas", "scipy", "pyarrow"}

def ask(*words):
    result = CliRunner().invoke(main, [*words, "--help"])
    print(json.dumps([words, result.exit_code, sorted(HEAVY & set(sys.modules))]))

def walk(command, *words):
    ask(*words)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            walk(command.get_command(context, name), *words, name)

walk(main)
"""


def test_no_command_imports_torch_or_a_plugin_to_answer_help():
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    asked = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(asked) > len(COMMANDS)
    assert [one for one in asked if one[1:] != [0, []]] == []


def test_help_lists_every_command_with_its_line(command):
    shown = command("--help").stdout
    for name, (_, line) in COMMANDS.items():
        assert name in shown
        assert line.split()[0] in shown


def test_the_command_is_installed():
    done = subprocess.run(
        [sys.executable, "-m", "fw", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("fw, version ")


@pytest.mark.parametrize("words", [["trian"], ["--no-such-option"], ["runs", "--nowhere"]])
def test_case_B55_what_is_no_command_or_option_is_a_usage_error(command, words):
    result = command(*words, code=2)
    assert result.stderr.startswith("Usage: ")
    assert "No such " in result.stderr


def test_fw_alone_shows_the_help():
    assert "Commands:" in CliRunner().invoke(main, []).output
