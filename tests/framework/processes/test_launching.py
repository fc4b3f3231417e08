"""``fw run --processes N`` starts the same command in N processes, and ends as they do."""

import pytest
from click.testing import CliRunner

from fw.cli import main


@pytest.fixture
def launched(monkeypatch):
    """What the launcher was given; its processes end with the exit code 3."""
    given = []

    def launch(*words):
        given.append(words)
        return 3, "process 2 of 2 was ended by SIGKILL"

    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("fw.processes.launching.launch", launch)
    return given


def test_every_word_but_those_of_launching_is_handed_on(launched):
    words = "run tiny.toml --set a=1 --set b=x,y -p one -p two --data d --device cpu --runs r"
    result = CliRunner().invoke(main, [*words.split(), "--diagnostics", "--processes", "2"])
    assert launched == [
        (
            2,
            0,
            [
                "run",
                *("--set=a=1", "--set=b=x,y", "--plugin=one", "--plugin=two"),
                *("--data=d", "--device=cpu", "--runs=r", "--diagnostics", "--", "tiny.toml"),
            ],
        )
    ]
    assert result.exit_code == 3
    assert result.stderr == "process 2 of 2 was ended by SIGKILL\n"


def test_a_run_is_resumed_in_several_processes(launched):
    CliRunner().invoke(main, ["run", "--resume", "r/one", "--processes", "4", "--restarts", "2"])
    ((number, restarts, words),) = launched
    assert (number, restarts) == (4, 2)
    assert words == ["run", "--resume=r/one", "--device=auto", "--runs=runs"]


def test_restarts_are_those_of_several_processes(launched):
    result = CliRunner().invoke(main, ["run", "tiny.toml", "--restarts", "2"])
    assert result.exit_code == 2
    assert "--restarts goes with --processes" in result.stderr
    assert not launched


def test_torchrun_is_not_to_start_what_starts_processes_itself(launched, monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.setenv(name, "1")
    result = CliRunner().invoke(main, ["run", "tiny.toml", "--processes", "2"])
    assert result.exit_code == 2
    assert "fw run --processes is not for torchrun" in result.stderr
    assert not launched
