"""Mutation testing: ``python -m tests.mutation`` (extra ``mutation``; not part of any suite).

Each mutant is one small change of one of the modules in ``WATCHED``, made by cosmic-ray. It is put
in place of the module in a process of its own, in memory: no file is ever changed. The tests of
that module then run until one fails; a mutant that none of them notices survives, and is printed.
Ends with 1 if fewer than ``ASKED`` of the mutants die.
"""

import argparse
import ast
import importlib.abc
import importlib.util
import os
import random
import resource
import sys
import tempfile
from difflib import unified_diff
from itertools import islice
from pathlib import Path

import attrs
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).parents[1]
ASKED = 0.9
CONTRACTS = "tests/contracts/test_all_{}s.py"
# The modules, and what pytest is given for each besides the test of its own name; of the tests that
# are there for all plugins of a kind, those with the name of the one that is changed.
WATCHED = {
    "fw.metrics": [],
    "fw.stats": [],
    "fw.random": [],
    "fw.augmentation": ["tests/plugins/augmenters"],
} | {
    f"fw_plugins.{kind}s.{path.stem}": [
        f"tests/plugins/{kind}s",
        CONTRACTS.format(kind),
        "-k",
        path.stem,
    ]
    for kind in ("splitter", "augmenter")
    for path in sorted((ROOT / "plugins" / "fw_plugins" / f"{kind}s").glob("[!_]*.py"))
}
# Imported once, before the processes of the mutants part from this one.
HEAVY = ("numpy", "pandas", "pyarrow.parquet", "scipy.stats", "torch._dynamo", "pytest")
# Seconds that a test may wait for something; what works in circles is ended by what it works.
PATIENCE = 1800


@attrs.frozen(kw_only=True)
class Mutant:
    """A changed module."""

    module: str
    operator: str
    occurrence: int
    source: str = attrs.field(repr=False)

    def diff(self):
        """Return the lines that differ."""
        before = path_of(self.module).read_text(encoding="utf-8").splitlines()
        lines = unified_diff(before, self.source.splitlines(), n=0, lineterm="")
        return "\n".join(list(lines)[2:])


class Instead(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads a mutant where its module is imported."""

    def __init__(self, mutant):
        self.mutant = mutant

    def find_spec(self, name, path=None, target=None):
        if name != self.mutant.module:
            return None
        return importlib.util.spec_from_file_location(name, path_of(name), loader=self)

    def exec_module(self, module):
        code = compile(self.mutant.source, str(path_of(self.mutant.module)), "exec")
        exec(code, module.__dict__)


def path_of(module):
    """Return the file of a module of fw."""
    top = "framework" if module.startswith("fw.") else "plugins"
    return ROOT / top / f"{module.replace('.', '/')}.py"


def tests_of(module):
    """Return the tests that a module's mutants are to fail, those of its own name first."""
    own = sorted(ROOT.glob(f"tests/**/test_{module.rsplit('.', 1)[-1]}.py"))
    return [*(str(path.relative_to(ROOT)) for path in own), *WATCHED[module]]


def places_of(module):
    """Return every operator that could change a module, once for each of its occurrences."""
    tree = get_ast(path_of(module).read_text(encoding="utf-8"))
    for name in sorted(operator_names()):
        operator = get_operator(name)
        if not operator.arguments():
            counts = (len(list(operator().mutation_positions(node))) for node in ast_nodes(tree))
            yield from ((module, name, occurrence) for occurrence in range(sum(counts)))


def mutant_at(module, operator, occurrence):
    """Return a mutant, or None if it does just what the module does."""
    source = path_of(module).read_text(encoding="utf-8")
    changed = mutate_code(source, get_operator(operator)(), occurrence)
    if essence(changed) == essence(source):
        return None
    return Mutant(module=module, operator=operator, occurrence=occurrence, source=changed)


def essence(source):
    """Return what a source does: annotations of functions, and types for checkers, do nothing."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not _is_for_type_checkers(one)]
    return ast.dump(tree)


def _is_for_type_checkers(node):
    return isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"


def sampled(number, seed):
    """Return so many of all mutants, drawn at random, in an order that is always the same."""
    places = [place for module in WATCHED for place in places_of(module)]
    drawn = random.Random(seed).sample(places, len(places))
    mutants = filter(None, (mutant_at(*place) for place in drawn))
    return sorted(
        islice(mutants, number), key=lambda one: (one.module, one.operator, one.occurrence)
    )


def outcome(mutant, tests, limit):
    """Run tests with a mutant in a process of its own; return its exit code.

    The process is killed when it has worked for ``limit`` seconds; those in which it waits, or is
    held up by other work on the machine, do not count.
    """
    pid = os.fork()
    if not pid:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        os._exit(_tested(mutant, tests))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _tested(mutant, tests):
    import pytest

    if mutant is not None:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        sys.meta_path.insert(0, Instead(mutant))
    options = ["-x", "-q", "-p", "no:cacheprovider", f"--timeout={PATIENCE}"]
    try:
        return int(pytest.main([*options, "--hypothesis-seed=1", *tests]))
    except BaseException:  # a mutant may break anything
        return int(pytest.ExitCode.INTERNAL_ERROR)


def limit_of(module):
    """Return how long a module's tests may work: three times what they do unchanged, and more."""
    before = _worked()
    if code := outcome(None, tests_of(module), 3600):
        raise SystemExit(f"{module}: its tests fail (exit code {code}) without any change")
    return 30 + round(3 * (_worked() - before))


def _worked():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def survives(mutant, limit):
    """Say whether no test notices a mutant, and print it if so."""
    if outcome(mutant, tests_of(mutant.module), limit):
        return False
    print(f"\nsurvives: {mutant}\n{mutant.diff()}", flush=True)
    return True


def prepare():
    """Import once what every process needs, and leave nothing behind in the repository."""
    os.chdir(ROOT)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = tempfile.mkdtemp()
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    sys.path[:0] = [str(ROOT / "framework"), str(ROOT / "plugins")]
    for name in HEAVY:
        importlib.import_module(name)


def of_module(module, mutants):
    """Return those of a module's mutants that survive, and print how many died."""
    limit = limit_of(module)
    survivors = [one for one in mutants if survives(one, limit)]
    print(f"{module}: {len(mutants) - len(survivors)} of {len(mutants)} died", flush=True)
    return survivors


def parsed():
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--number", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", default="1/1", help="such as 2/3: only the second third")
    return parser.parse_args()


def main():
    options = parsed()
    part, parts = map(int, options.part.split("/"))
    mutants = sampled(options.number, options.seed)[part - 1 :: parts]
    prepare()
    survivors = []
    for module in dict.fromkeys(one.module for one in mutants):
        survivors += of_module(module, [one for one in mutants if one.module == module])
    share = 1 - len(survivors) / len(mutants)
    print(f"{len(mutants) - len(survivors)} of {len(mutants)} mutants died: {share:.1%}")
    return int(share < ASKED)


if __name__ == "__main__":
    raise SystemExit(main())
