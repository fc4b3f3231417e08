"""Files are whole or as they were."""

import subprocess
import sys
from pathlib import Path

import pytest

from fw.engine.folders.files import write_atomically, write_text
from fw.errors import RunError


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    write_text(path, "new ü")
    assert path.read_text(encoding="utf-8") == "new ü"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def fail(beside):
        beside.write_text("half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        write_atomically(path, fail)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_that_is_missing_is_named(tmp_path):
    path = tmp_path / "missing" / "a.txt"
    with pytest.raises(RunError) as caught:
        write_text(path, "x")
    assert str(caught.value) == f"cannot write {path}: No such file or directory"


SCRIPT = """
import sys
from pathlib import Path
from fw.engine.folders.files import write_text
from fw.errors import RunError
try:
    write_text(Path(sys.argv[1]), "x" * 100_000)
except RunError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="file-size limits are a Unix thing")
def test_case_B58_a_full_disk_keeps_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    import resource
    import signal

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)],
        preexec_fn=limit,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"cannot write {path}: File too large\n"
    assert path.read_text() == "old"
    assert [Path(file).name for file in tmp_path.iterdir()] == ["a.txt"]
