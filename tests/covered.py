"""What ``pytest --cov`` has just covered of fw: lines and branches apart, and what is missing.

Ends with 1 where that is less than is asked for.
"""

import json
import subprocess
import sys
from pathlib import Path

ASKED = {"lines": 95.0, "branches": 90.0}  # per cent


def shares(totals):
    """Return the per cent of lines and of branches that were taken."""
    return {
        "lines": 100 * totals["covered_lines"] / totals["num_statements"],
        "branches": 100 * totals["covered_branches"] / totals["num_branches"],
    }


def main():
    root = Path(__file__).parents[1]
    subprocess.run([sys.executable, "-m", "coverage", "report", "--skip-covered"], cwd=root)
    said = subprocess.check_output(
        [sys.executable, "-m", "coverage", "json", "-q", "-o", "-"], cwd=root
    )
    found = shares(json.loads(said)["totals"])
    for name, share in found.items():
        print(f"{name}: {share:.1f} % (asked for: {ASKED[name]:.0f} %)")
    return int(any(found[name] < ASKED[name] for name in ASKED))


if __name__ == "__main__":
    raise SystemExit(main())
