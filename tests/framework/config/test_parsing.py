"""Files that are no recipe at all, and what is said of them."""

import tomllib

import pytest

from fw.config.parsing import LARGEST_FILE
from fw.config.reading import read_recipe
from fw.errors import RecipeError


def library_words(text):
    """Return what Python's parser says, which changes with its versions, without the position."""
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    return str(caught.value).partition(" (at ")[0]


NOT_TOML = {
    "no value": ("seed = 1\nmax_len = \n", 2, "(column 11)", "max_len ="),
    "no equals": ("[training]\nepochs 5\n", 2, "(column 8)", "epochs 5"),
    "an open list": ("seed = 1\nx = [1,\n\n", 2, "(at the end of the file)", "x = [1,"),
    "an open string": ('a = 1\n[b]\n  c = "d\ne = 1\n', 3, "(column 9)", 'c = "d'),
    "an open header": ("[training\nepochs = 5\n", 1, "(column 10)", "[training"),
    "YAML": ("seed: 1\n", 1, "(column 5)", "seed: 1"),
    "a word without quotes": ("name = movielens\n", 1, "(column 8)", "name = movielens"),
    "Windows line ends": ("seed = 1\r\n\r\nmax_len = x\r\n", 3, "(column 11)", "max_len = x"),
}


@pytest.mark.parametrize(("text", "line", "where", "shown"), NOT_TOML.values(), ids=NOT_TOML)
def test_a_syntax_error_is_passed_on_with_line_and_column(complaint, text, line, where, shown):
    said = f"r.toml:{line}: not TOML: {library_words(text)} {where}\n    {shown}"
    assert complaint(text) == said


REPEATED = {
    "a key": ("[training]\nepochs = 2\nepochs = 3\n", 3, 11, "epochs = 3"),
    "a table": ("[training]\nx = 1\n[encoder]\n[training]\n", 4, 10, "[training]"),
    "a table as a list": ('[losses]\nname = "bce"\n[[losses]]\n', 3, 9, "[[losses]]"),
    "a list as a table": ('[[losses]]\nname = "bce"\n[losses]\n', 3, 8, "[losses]"),
    "a dotted key": ("a.b = 1\n[a]\nc = 2\n", 2, 3, "[a]"),
    "an inline table": ("a = { b = 1 }\na.c = 2\n", 2, 8, "a.c = 2"),
}


@pytest.mark.parametrize(("text", "line", "column", "shown"), REPEATED.values(), ids=REPEATED)
def test_case_B53_what_is_written_twice_is_refused(complaint, text, line, column, shown):
    assert complaint(text) == (
        f"r.toml:{line}: not TOML: {library_words(text)} (column {column})\n"
        f"    {shown}\n"
        "    a key or table is written twice"
    )


def test_a_number_of_very_many_digits_is_refused(complaint):
    assert complaint(f"seed = {'1' * 5000}\n") == "r.toml: a number has too many digits"


@pytest.mark.parametrize("seed", [2**63, -(2**63) - 1, 10**30])
def test_a_number_that_does_not_fit_is_refused(complaint, changed, seed):
    shown = hex(seed)
    assert complaint(changed(("seed = 3", f"seed = {seed}"))) == (
        "r.toml:1: seed must be an integer between 0 and 9223372036854775807, "
        f"found {shown} (integer)\n"
        f"    seed = {seed}"
    )


@pytest.fixture
def said_of_bytes(tmp_path, registry):
    """A function that returns what is said of a recipe file of these bytes."""

    def said(content):
        path = tmp_path / "r.toml"
        path.write_bytes(content)
        with pytest.raises(RecipeError) as caught:
            read_recipe(path, registry)
        return str(caught.value).replace(str(path), "r.toml")

    return said


def test_bytes_that_are_no_text_are_told_with_their_line(said_of_bytes):
    assert said_of_bytes("seed = 1\nname = 'ü'\n".encode("latin-1")) == (
        "r.toml:2: is not UTF-8 text"
    )


def test_a_file_of_another_kind_is_refused_before_it_is_read_whole(said_of_bytes):
    content = b"#" * (LARGEST_FILE + 1)
    assert said_of_bytes(content) == "r.toml: is larger than 1 MB: this is not a recipe"


def test_an_empty_file_lacks_everything(complaint):
    lines = complaint("").splitlines()
    assert [line for line in lines if not line.startswith("    ")] == [
        "r.toml: [training] needs the key 'monitor'",
        *(f"r.toml: the recipe has no [{key}]" for key in ("dataset", "splitter", "task")),
        "r.toml: the recipe has no [encoder]",
        "r.toml: the recipe has no [[losses]]",
        "r.toml: the recipe has no [optimizer]",
        "r.toml: the recipe has no [[evaluators]]",
    ]


def test_a_byte_order_mark_and_windows_line_ends_change_nothing(
    tmp_path, registry, recipe_text, read
):
    path = tmp_path / "windows.toml"
    path.write_bytes(b"\xef\xbb\xbf" + recipe_text.replace("\n", "\r\n").encode())
    assert read_recipe(path, registry).resolved == read(recipe_text).resolved


def test_lines_are_right_with_windows_line_ends(said_of_bytes, changed):
    text = changed(("dropout = 0.1", "dropout = 1.5")).replace("\n", "\r\n")
    assert said_of_bytes(text.encode()) == (
        "r.toml:18: [encoder] (small) dropout must be at least 0 and less than 1, found 1.5\n"
        "    dropout = 1.5"
    )


DEEP = {
    "lists": f"a = {'[' * 5000}{']' * 5000}",
    "inline tables": "a = " + "{b = " * 5000 + "1" + "}" * 5000,
    "a long key": ".".join("a" * 5000) + " = 1",
    "a long header": f"[{'.'.join('a' * 5000)}]",
    "a long key with spaces and quotes": " . ".join(["'a'"] * 5000) + " = 1",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_what_is_nested_too_deeply_is_refused(complaint, text):
    assert complaint(text).splitlines()[0] in (
        "r.toml: the recipe is nested too deeply",
        "r.toml:1: the recipe is nested too deeply",
    )
