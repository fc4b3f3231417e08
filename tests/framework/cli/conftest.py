"""What tests of commands need."""

import re

import pytest
from click.testing import CliRunner

from fw.cli import main


@pytest.fixture
def command():
    """A function that runs ``fw`` in this process and checks how it ends."""

    def command(*words, code=0):
        result = CliRunner().invoke(main, [str(word) for word in words])
        assert result.exit_code == code, result.output
        assert "Traceback" not in result.output
        return result

    return command


@pytest.fixture(scope="session")
def table_rows():
    """A function from what was printed to the cells of its tables, row by row."""

    def table_rows(text):
        rows = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
        return [row for row in rows if len(row) > 1]

    return table_rows
