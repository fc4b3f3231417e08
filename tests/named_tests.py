"""What the tests are called and say of themselves, read from their source."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent


def read_tests(text):
    """Return the names of a source's tests, in classes too, each with its docstring."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)]
    named = [node for node in nodes if re.match(r"test_|Test", node.name)]
    return {node.name: ast.get_docstring(node) or "" for node in named}


def all_tests():
    """Return every test of the project with its docstring."""
    files = sorted(TESTS.rglob("test_*.py"))
    sources = [read_tests(path.read_text(encoding="utf-8")) for path in files]
    return [(name, text) for source in sources for name, text in source.items()]
