"""Whatever a recipe file holds, reading it gives a recipe or a readable error, nothing else."""

import tomllib

import tomli_w
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fw.config.reading import read_recipe
from fw.config.recipe import Recipe
from fw.errors import RecipeError

KEYS = [
    "seed", "max_len", "extends", "dataset", "splitter", "task", "sampler", "encoder",
    "augmenters", "pooling", "losses", "optimizer", "evaluators", "views", "training", "sweep",
    "name", "fallback", "path", "dropout", "weight", "ratio", "distinct", "monitor", "betas",
    "cutoffs", "0", "é", "",
]  # fmt: skip
NAMES = ["made_up", "table", "small", "crop", "bce", "contrast", "mean", "ranked", "r", "", "."]
VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.sampled_from(NAMES),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=10,
)
DOCUMENTS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8)
LINES = st.lists(
    st.sampled_from([
        *(f"[{key}]" for key in KEYS), *(f"[[{key}]]" for key in KEYS),
        *(f'name = "{name}"' for name in NAMES), "seed = 1", "ratio = [", "]", '"""', "x = {", "}",
        "[losses.augmenters]", "[[losses.augmenters]]", "[losses.pooling]", "[dataset.fallback]",
        "extends = 'r.toml'", "= 1", "# é", "\t", "\0", "\r", "dropout = 1e400", "epochs = 0x10",
    ])
).map("\n".join)  # fmt: skip
quick = settings(
    max_examples=120,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def try_to_read(path, registry, overrides=()):
    """Read a recipe; any exception but one is what these tests look for."""
    try:
        found = read_recipe(path, registry, overrides)
    except RecipeError as error:
        found = error
    if isinstance(found, Recipe):
        tomllib.loads(tomli_w.dumps(found.resolved))
    else:
        assert found.problems
        assert all(problem.message for problem in found.problems)


@quick
@example(b"")
@example(b"\xff\xfe\x00")
@example(b"\xef\xbb\xbf")
@example(b"a = '''")
@given(st.binary())
def test_any_bytes(tmp_path, registry, content):
    path = tmp_path / "r.toml"
    path.write_bytes(content)
    try_to_read(path, registry)


@quick
@given(LINES)
def test_lines_that_look_like_a_recipe(tmp_path, registry, text):
    path = tmp_path / "r.toml"
    path.write_bytes(text.encode())
    try_to_read(path, registry)


@quick
@example({"augmenters": [{"name": "crop", "ratio": {"name": "crop"}}]})
@example({"dataset": {"name": "made_up", "fallback": {"name": "made_up", "fallback": {}}}})
@given(DOCUMENTS)
def test_documents_of_known_words_and_odd_values(write, registry, document):
    try_to_read(write(tomli_w.dumps(document)), registry)


@quick
@given(st.sampled_from(KEYS), VALUES, st.sampled_from(KEYS))
def test_a_good_recipe_with_one_odd_value(write, registry, recipe_text, table, value, key):
    document = tomllib.loads(recipe_text)
    inside = document.get(table)
    if isinstance(inside, dict):
        inside[key] = value
    else:
        document[table] = value
    try_to_read(write(tomli_w.dumps(document)), registry)


@quick
@example("0=1")
@example("losses.0=3")
@example("losses.0.0=3")
@example("losses.٣.weight=3")
@example("losses.²=3")
@example(f"losses.{'9' * 5000}.weight=3")
@example(".".join("a" * 5000) + "=1")
@example("losses=" + "[" * 5000)
@given(
    st.builds(
        "{}.{}={}".format,
        st.sampled_from(KEYS),
        st.sampled_from([*KEYS, "1", "0.weight"]),
        st.text() | st.sampled_from(["1", "[1]", "{}", "{name='crop'}", "crop", "1.5", "''"]),
    )
)
def test_any_override(write, registry, recipe_text, override):
    try_to_read(write(recipe_text), registry, [override])


def test_deep_nesting_that_the_parser_still_takes(write, registry, recipe_text):
    for depth in (50, 200, 400, 800):
        for opening, closing in ("[]", ("{ y = ", " }")):
            deep = f"x = {opening * depth}1{closing * depth}\n"
            try_to_read(write(deep + recipe_text), registry)


def test_fallbacks_of_fallbacks_without_end(write, registry, changed):
    nested = 'name = "made_up"\n' + "".join(
        f'[dataset{".fallback" * depth}]\nname = "made_up"\n' for depth in range(1, 60)
    )
    try_to_read(write(changed(('name = "made_up"\n', nested))), registry)
