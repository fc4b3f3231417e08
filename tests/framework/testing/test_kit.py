"""The contract kit finds what is broken, says it readably, and finds nothing else."""

import inspect
import re
from pathlib import Path

import pytest

import fw.testing

HERE = Path(__file__).parent
pytestmark = pytest.mark.slow  # 3,000 checks of what is broken on purpose

CONTRACTS = [getattr(fw.testing, name) for name in fw.testing.__all__]


class Recorder:
    """A plugin for pytest that keeps what went wrong, by class and test."""

    def __init__(self):
        self.failures, self.classes = {}, {}

    def pytest_collection_modifyitems(self, items):
        self.classes = {f"{item.path.stem} {item.cls.__name__}": item.cls for item in items}

    def pytest_runtest_logreport(self, report):
        if report.failed:
            file, name, test = report.nodeid.split("::")
            crash = getattr(report.longrepr, "reprcrash", None)
            text = (crash.message if crash else str(report.longrepr)).removeprefix("Failed: ")
            self.failures.setdefault(f"{Path(file).stem} {name}", {})[test] = text


@pytest.fixture(scope="module")
def recorder(tmp_path_factory):
    """What pytest says of all components that are broken on purpose."""
    empty = tmp_path_factory.mktemp("broken") / "pytest.ini"
    empty.write_text("[pytest]\n")
    found = Recorder()
    quiet = ("-p", "no:cacheprovider", "-p", "no:timeout", "-p", "no:terminal", "-s")
    options = (
        "-c",
        str(empty),
        "--rootdir",
        str(HERE),
        "--import-mode=importlib",
        "--noconftest",
        *quiet,
    )
    files = [str(file) for file in sorted(HERE.glob("broken_*.py"))]
    pytest.main([*options, *files], plugins=[found])
    return found


def matches(expected, found):
    """Whether a message is the expected one, in which ... stands for anything."""
    pattern = ".*".join(re.escape(part) for part in expected.split("..."))
    return re.fullmatch(pattern, found, re.DOTALL) is not None


def test_what_is_broken_is_found_and_told(recorder):
    assert len(recorder.classes) > 50
    for name, cls in recorder.classes.items():
        failures = recorder.failures.get(name, {})
        assert set(failures) == set(cls.expected), (name, failures)
        for test, text in failures.items():
            assert matches(cls.expected[test], text), (name, test, text)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.__name__)
def test_every_check_can_fail(recorder, contract):
    """Checks of a kind fail in that kind; those that kinds share fail in one of them at least."""
    failed = {
        (owner_of(recorder.classes[name], test), test)
        for name, failures in recorder.failures.items()
        for test in failures
    }
    checks = {
        (owner_of(contract, name), name)
        for name, _ in inspect.getmembers(contract, inspect.isfunction)
        if name.startswith("test_")
    }
    assert checks - failed == set()


def owner_of(cls, name):
    """Return the class that defines a test."""
    return next(one for one in cls.__mro__ if name in vars(one))
