"""The structure keeps its promises."""

import ast
import re
import tomllib
from pathlib import Path

import networkx
import pytest

import fw.hookspecs
import fw.interfaces
from fw.kinds import KINDS

ROOT = Path(__file__).parents[1]
FRAMEWORK = sorted((ROOT / "framework").rglob("*.py"))
PLUGINS = sorted((ROOT / "plugins" / "fw_plugins").rglob("*.py"))
COMPONENTS = [
    path for path in PLUGINS if path.name != "__init__.py" and not path.name.startswith("_")
]


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def module_name(path):
    return ".".join(path.relative_to(ROOT / "plugins").with_suffix("").parts)


def test_there_is_something_to_check():
    assert len(FRAMEWORK) > 30
    assert len(COMPONENTS) > 14


@pytest.mark.parametrize("path", FRAMEWORK, ids=lambda path: path.stem)
def test_the_framework_imports_no_plugin(path):
    assert not [name for name in imported(path) if name.split(".")[0] == "fw_plugins"]


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.stem)
def test_a_plugin_imports_no_other_plugin(path):
    own = module_name(path)
    private = f"{own.rpartition('.')[0]}._"  # parts of one plugin that is too long for a file
    others = [name for name in imported(path) if name.split(".")[0] == "fw_plugins"]
    assert all(name.startswith(private) for name in others)


def test_every_plugin_module_has_its_entry_point_and_every_entry_point_its_module():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    folders = {"losses": "loss", "poolings": "pooling", "indexes": "index"}
    expected = {}
    for path in COMPONENTS:
        kind = folders.get(path.parent.name, path.parent.name.removesuffix("s"))
        expected[f"{kind}-{path.stem}"] = module_name(path)
    assert project["entry-points"]["fw"] == expected


def test_entry_points_are_installed_as_the_project_states_them():
    from importlib.metadata import entry_points

    stated = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    installed = {point.name: point.value for point in entry_points(group="fw")}
    for name, module in stated["project"]["entry-points"]["fw"].items():
        assert installed.get(name) == module, f"{name}: install again (pip install -e .)"


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_has_a_documented_hook_and_protocol(kind):
    hook = getattr(fw.hookspecs, kind.hook)
    protocol = getattr(fw.interfaces, kind.protocol)
    assert f":class:`fw.interfaces.{kind.protocol}`" in hook.__doc__
    assert protocol.__doc__


def names_of(node):
    """Yield what an import may mean: a module, or a name in one that may be a module itself."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
        yield node.module


def test_no_modules_import_one_another_in_a_circle_but_the_interface_and_what_it_names():
    root = ROOT / "framework"
    modules = {".".join(path.relative_to(root).with_suffix("").parts): path for path in FRAMEWORK}
    arrows = networkx.DiGraph()
    for module, path in modules.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):  # those for types too
            found = {name for name in names_of(node) if name in modules and name != module}
            arrows.add_edges_from((module, name) for name in found)
    circles = [one for one in networkx.strongly_connected_components(arrows) if len(one) > 1]
    assert arrows.number_of_edges() > 500
    assert circles == [{"fw.interfaces", "fw.info", "fw.data.training", "fw.data.flat"}]


WRITES = re.compile(
    r"\.write_(?:text|bytes)\(|open\([^)\n]*[\"'][wax]|save_file\(|to_(?:parquet|csv|feather)\((?!\)|index)"
    r"|np\.save|json\.dump\("
)
# What writes files whole; a log, of which half a line is no harm; a new plugin's first files; files
# that are gone with the process.
MAY_WRITE = {"engine/folders/files.py", "sweep/worker.py", "starting.py", "data/sorted_log.py"}


def test_files_are_written_by_the_one_module_that_does_it_whole():
    root = ROOT / "framework" / "fw"
    found = {
        str(path.relative_to(root))
        for path in FRAMEWORK
        if WRITES.search(path.read_text(encoding="utf-8"))
    }
    assert "engine/folders/files.py" in found
    assert {path for path in found if not path.startswith("testing/")} <= MAY_WRITE


def test_files_stay_readable_in_one_sitting():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in [*FRAMEWORK, *PLUGINS]
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert long == {}
