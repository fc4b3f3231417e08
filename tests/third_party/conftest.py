"""What tests of installed plugins need."""

import os
import shutil
import site
import subprocess
import venv
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A function from projects to a fresh environment's Python, which has them and what we have.

    That Python is a function from words to what it prints.
    """

    def installed(*projects):
        folder = tmp_path_factory.mktemp("installed")
        venv.create(folder / "venv", with_pip=True)
        python = _python(folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python")
        # Not --system-site-packages: where the tests run in an environment, that means another one.
        packages = python("-c", "import site; print(site.getsitepackages()[0])").strip()
        lines = [f"import site; site.addsitedir({path!r})\n" for path in site.getsitepackages()]
        (Path(packages) / "outer.pth").write_text("".join(lines))
        sources = [str(shutil.copytree(one, folder / "sources" / one.name)) for one in projects]
        pip = ("-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-build-isolation")
        python(*pip, *sources)
        return python

    return installed


def _python(interpreter):
    """Make the function that runs an interpreter, without the paths of this one."""
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def python(*words, folder=None):
        done = subprocess.run(
            [interpreter, *words],
            cwd=folder,
            env=clean,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return python
