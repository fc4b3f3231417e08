"""The site's reference has everything, its glossary is in order, its pages are all linked."""

import inspect
import re
from pathlib import Path

import attrs
import pytest
from site_reference import pages, plural

import fw.hookspecs
from fw.cli import COMMANDS
from fw.config.keys import table_titles
from fw.config.recipe import General, Training, Views
from fw.config.sources import shipped_recipes
from fw.discovery import discover
from fw.kinds import KINDS
from fw.registry import Registry
from fw.sweep.tables import RowKeys, SweepKeys
from fw.tune.tables import RangeKeys, TuneKeys

DOCS = Path(__file__).parents[1] / "docs"
REGISTRY = discover()
BUNDLED = [entry for entry in REGISTRY.entries() if entry.bundled]


@pytest.fixture(scope="module")
def made():
    return pages(REGISTRY)


def sections(page):
    """Return the text below each heading of a page."""
    parts = re.split(r"^(.+)\n(?:=|-|~){3,}$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(section):
    """Return the cells of the tables of a section, by key."""
    found = re.findall(r"^   \* - ``(.+?)``\n((?:     -.*\n)+)", section, re.MULTILINE)
    return {key: [cell[7:] for cell in cells.splitlines()] for key, cells in found}


# Components ----------------------------------------------------------------------------------


def test_there_is_something_to_check():
    assert {entry.kind for entry in BUNDLED} == set(KINDS)
    assert sum(len(attrs.fields(entry.component)) for entry in BUNDLED) > 100


@pytest.mark.parametrize("entry", BUNDLED, ids=lambda entry: f"{entry.kind}-{entry.name}")
def test_every_component_has_a_section_with_every_setting(made, entry):
    section = sections(made[f"{plural(KINDS[entry.kind])}.rst"])[entry.name]
    assert inspect.getdoc(entry.component) in section.replace(r"\|", "|")
    assert f"module ``{entry.component.__module__}``" in section
    keys = {field.alias for field in attrs.fields(entry.component) if field.init}
    assert set(rows(section)) == keys


def test_a_setting_is_shown_with_type_default_range_and_help(made):
    found = rows(sections(made["augmenters.rst"])["crop"])
    assert found["ratio"] == ["number", "``0.6``", "between 0 and 1", "share of items kept"]


def test_a_required_setting_and_choices_are_shown(made):
    found = rows(sections(made["datasets.rst"])["interactions"])
    assert found["path"][:2] == ["path", "``required``"]
    similarity = rows(sections(made["losses.rst"])["nt_xent"])["similarity"]
    assert similarity[2] == '"cosine", "dot"'


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_has_a_page_that_is_linked_and_names_its_table(made, kind):
    assert f"\n   {plural(kind)}\n" in made["components.rst"]
    assert f"``{brackets(kind)}``" in made[f"{plural(kind)}.rst"]


def test_plugins_of_others_are_not_shown():
    own = REGISTRY.get("pooling", "mean")
    odd = attrs.evolve(own, name="odd", plugin="pooling-odd", distribution="fw-odd")
    registry = Registry.of([(own,), (odd,)])
    assert registry.names("pooling") == ["mean", "odd"]
    shown = sections(pages(registry)["poolings.rst"])
    assert "mean" in shown
    assert "odd" not in shown


# Recipes, hooks, commands --------------------------------------------------------------------


def brackets(kind):
    """Return the table of a kind as it is written in a recipe."""
    return f"[[{kind.key}]]" if kind.many else f"[{kind.key}]"


SLOTS = [(brackets(kind), kind.slot) for kind in KINDS.values() if attrs.fields(kind.slot)]
TABLES = [
    ("At the top", General),
    ("[training]", Training),
    ("[views]", Views),
    ("[sweep]", SweepKeys),
    ("[[sweep.rows]] and [[sweep.grids]]", RowKeys),
    ("[tune]", TuneKeys),
    ("Ranges in [tune.parameters]", RangeKeys),
]


@pytest.mark.parametrize(("title", "settings"), [*TABLES, *SLOTS])
def test_every_key_of_a_recipe_is_shown(made, title, settings):
    found = rows(sections(made["recipe.rst"])[title])
    assert set(found) == {field.name for field in attrs.fields(settings)}


def test_every_table_of_a_recipe_that_has_keys_of_fws_own_has_a_section(made):
    components = {kind.key for kind in KINDS.values() if not attrs.fields(kind.slot)}
    expected = {title for key, title in table_titles().items() if key not in components}
    assert len(expected) > 5
    assert expected <= set(sections(made["recipe.rst"]))


def test_every_shipped_recipe_is_shown_with_what_it_says_of_itself(made):
    found = sections(made["recipe.rst"])
    for name, path in shipped_recipes().items():
        comment, table = path.read_text("utf-8").split("\n", 1)
        assert comment.lstrip("# ").split()[0] in found[name]
        assert f"   {table.splitlines()[-1]}" in found[name]


def test_every_hook_is_shown_with_its_protocol(made):
    hooks = [name for name in vars(fw.hookspecs) if name.startswith("register_")]
    assert len(hooks) == len(KINDS)
    for hook in hooks:
        assert f"<fw.hookspecs.{hook}>`" in made["interface.rst"]
    for kind in KINDS.values():
        assert f"<fw.interfaces.{kind.protocol}>`" in made["interface.rst"]
        assert f".. autoclass:: fw.interfaces.{kind.protocol}()" in made["interface.rst"]
    for name in ("Sequences", "Batch", "StepOutput", "Info", "Ranking"):
        assert f".. autoclass:: fw.interfaces.{name}()" in made["interface.rst"]


@pytest.mark.parametrize("name", sorted(set(fw.__all__) - {"__version__"}))
def test_every_public_name_of_fw_is_shown(made, name):
    assert re.search(rf"\bfw\.(\w+\.)*{name}\b", made["interface.rst"] + made["python.rst"])


def test_every_command_is_shown_with_its_options(made):
    found = sections(made["commands.rst"])
    assert {name.split()[1] for name in found if name.startswith("fw ")} == set(COMMANDS)
    assert "--resume RUN" in found["fw run"]
    assert "fw data check" in found


def test_the_site_is_built_strictly_by_the_command_that_is_documented():
    command = "pip install -c constraints.txt -e '.[docs]' && sphinx-build -W docs site"
    assert f"    {command}\n" in (DOCS.parent / "CONTRIBUTING.md").read_text("utf-8")
    assert "\nsphinx-build -W --keep-going" in (DOCS.parent / ".ci" / "run").read_text("utf-8")


# Pages ---------------------------------------------------------------------------------------


def test_every_page_is_in_the_index():
    index = (DOCS / "index.md").read_text("utf-8")
    toctrees = "".join(re.findall(r"^```\{toctree\}\n(.*?)^```$", index, re.MULTILINE | re.DOTALL))
    listed = re.findall(r"^([\w./-]+)$", toctrees, re.MULTILINE)
    written = {path.stem for path in (*DOCS.glob("*.md"), *DOCS.glob("*.ipynb"))} - {"index"}
    assert sorted(name for name in listed if not name.startswith("reference/")) == sorted(written)


def test_the_glossary_is_in_order_and_has_every_kind():
    text = (DOCS / "glossary.md").read_text("utf-8")
    terms = re.findall(r"^- \*\*(.+?)\.\*\* ", text, re.MULTILINE)
    assert terms == sorted(terms, key=str.lower)
    assert len(terms) == text.count("\n- ") > 50
    assert {kind.capitalize() for kind in KINDS} <= set(terms)
