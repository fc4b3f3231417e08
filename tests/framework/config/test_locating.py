"""On which line a key stands."""

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from fw.config.locating import Lines


def lines(text):
    tomllib.loads(text)  # what is located must be valid
    return Lines(text).found


def test_keys_at_the_top_and_in_tables():
    assert lines("seed = 1\n\n# a comment\n[a]\nx = 1\n  y = 2 # more\n") == {
        ("seed",): 1,
        ("a",): 4,
        ("a", "x"): 5,
        ("a", "y"): 6,
    }


def test_nested_tables_note_their_parents_at_first_sight():
    assert lines("[a.b.c]\nx = 1\n[a]\ny = 2\n[a.b]\nz = 3\n") == {
        ("a",): 1,
        ("a", "b"): 1,
        ("a", "b", "c"): 1,
        ("a", "b", "c", "x"): 2,
        ("a", "y"): 4,
        ("a", "b", "z"): 6,
    }


def test_arrays_of_tables_are_counted():
    assert lines("[[a]]\nx = 1\n[[a]]\n[a.b]\nx = 2\n[[a.c]]\n[[a.c]]\nx = 3\n[[a]]\nx = 4\n") == {
        ("a",): 1,
        ("a", 0): 1,
        ("a", 0, "x"): 2,
        ("a", 1): 3,
        ("a", 1, "b"): 4,
        ("a", 1, "b", "x"): 5,
        ("a", 1, "c"): 6,
        ("a", 1, "c", 0): 6,
        ("a", 1, "c", 1): 7,
        ("a", 1, "c", 1, "x"): 8,
        ("a", 2): 9,
        ("a", 2, "x"): 10,
    }


def test_inline_tables_and_lists_over_several_lines():
    text = "a = { b = { c = 1 } }\nd = [\n  1, # one\n  # none\n  { e = 2 },\n  [3,\n   4],\n]\n"
    assert lines(text) == {
        ("a",): 1,
        ("a", "b"): 1,
        ("a", "b", "c"): 1,
        ("d",): 2,
        ("d", 0): 3,
        ("d", 1): 5,
        ("d", 1, "e"): 5,
        ("d", 2): 6,
        ("d", 2, 0): 6,
        ("d", 2, 1): 7,
    }


def test_strings_over_several_lines_hide_what_looks_like_keys():
    text = "a = \"\"\"\nb = 1\n[c]\n\"\"\"\nd = '''\n# e\nf = 2'''\ng = 3\n"
    assert lines(text) == {("a",): 1, ("d",): 5, ("g",): 8}


def test_quoted_and_dotted_keys():
    text = '"a b" = 1\n\'c.d\' = 2\ne . "f.g" = 3\n"\\u0068" = 4\n["i.j".k]\n"" = 5\n'
    assert lines(text) == {
        ("a b",): 1,
        ("c.d",): 2,
        ("e",): 3,
        ("e", "f.g"): 3,
        ("h",): 4,
        ("i.j",): 5,
        ("i.j", "k"): 5,
        ("i.j", "k", ""): 6,
    }


def test_windows_line_ends_and_letters_of_any_script_do_not_shift_lines():
    text = '# größe 日本 🙂\r\na = "ä\\n"\r\n\r\n[b]\r\nc = 1\r\n'
    assert lines(text) == {("a",): 2, ("b",): 4, ("b", "c"): 5}


def test_a_number_as_a_key_is_text():
    assert lines("1 = 2\n3.5 = 4\n") == {("1",): 1, ("3",): 2, ("3", "5"): 2}


def paths(value, path=()):
    """Return the path of everything in a parsed file, by brute force."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in inside:
        yield (*path, key)
        if isinstance(child, dict | list):
            yield from paths(child, (*path, key))


NAMES = st.sampled_from(["a", "b", '"c d"', "'e.f'", "g.h", "1"])
VALUES = st.sampled_from(["1", "[1, 2]", "{ a = [1], b.c = 2 }", '"""\n[x]\n"""', "[\n1,\n{}\n]"])
PIECES = st.one_of(
    st.builds("[{}]\n".format, NAMES),
    st.builds("[[{}]]\n".format, NAMES),
    st.builds("[{}.{}]\n".format, NAMES, NAMES),
    st.builds("{} = {}\n".format, NAMES, VALUES),
    st.just("# a comment\n"),
)


@settings(max_examples=100)
@given(st.lists(PIECES, max_size=8).map("".join))
def test_everything_in_a_valid_file_has_a_line_and_nothing_else_has(text):
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = Lines(text).found
    assert set(found) == set(paths(data))
    assert all(1 <= line <= text.count("\n") for line in found.values())
