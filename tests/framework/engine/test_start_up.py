"""A run does not wait for what it does not need."""

import subprocess
import sys
import textwrap

from tiny_runs import write_recipe

# Each of these takes a noticeable part of a second to import; none is needed before the first step.
SLOW = ("scipy", "matplotlib", "pooch", "requests", "jinja2", "tabulate")


def test_the_first_step_comes_before_slow_imports(tmp_path):
    program = f"""
        import sys
        from fw.engine import epoch, run
        train = epoch._train_batch
        def first(*arguments):
            train(*arguments)
            print(*(name for name in {SLOW!r} if name in sys.modules), flush=True)
            raise SystemExit(0)
        epoch._train_batch = first
        run.run({str(write_recipe(tmp_path))!r}, runs={str(tmp_path / "runs")!r}, device="cpu")
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
