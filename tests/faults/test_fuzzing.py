"""Whatever bytes a fuzzer that watches the code comes upon are read right or refused in words.

``FW_FUZZ_SECONDS`` is how long it looks at each of the targets, ``FW_FUZZ_SEED`` where it begins,
by default at one place, so that a suite does not fail by chance; 0 is another place each time.
"""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SECONDS = os.environ.get("FW_FUZZ_SECONDS", "4")
SEED = os.environ.get("FW_FUZZ_SEED", "1")
TARGETS = ("recipes", "interactions", "guessed", "sequences", "parquet", "ids", "run_files")
LIMITS = (
    *("-timeout=30", "-rss_limit_mb=4096", "-max_len=4096"),
    *(f"-max_total_time={SECONDS}", f"-seed={SEED}"),
)


@pytest.mark.slow
@pytest.mark.timeout(float(SECONDS) + 300)
@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None, reason="atheris has no wheel for this platform"
)
@pytest.mark.parametrize("target", TARGETS)
def test_whatever_a_fuzzer_comes_upon_is_read_right_or_refused(target, tmp_path):
    words = [TESTS / "fuzzing.py", target, tmp_path / "corpus", *LIMITS]
    done = subprocess.run(
        [sys.executable, *words, f"-artifact_prefix={tmp_path}/"],
        env={**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        errors="replace",
    )
    assert done.returncode == 0, done.stderr[-8000:]
    runs = re.search(r"^Done (\d+) runs", done.stderr, re.MULTILINE)
    assert int(runs[1]) > 10, done.stderr[-2000:]
