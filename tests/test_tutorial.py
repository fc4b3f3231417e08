"""The tutorial: its commands print what it shows, in both languages, and so does the notebook."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from terminal_picture import COMMAND, PICTURE, screen_during, svg
from tutorial_commands import (
    NOTEBOOK,
    PAGES,
    Block,
    blocks,
    carried_out,
    commands,
    executed,
    stable,
    with_blocks,
)

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def shown():
    return blocks(PAGES[0].read_text("utf-8"))


def words_of(page):
    """Return the words of the commands of a readme, in their order."""
    text = (ROOT / page).read_text("utf-8")
    return re.findall(r"^    (python3 -m venv .*)$", text, re.MULTILINE)


def test_both_languages_have_the_same_commands_files_and_outputs(shown):
    english, chinese = (page.read_text("utf-8") for page in PAGES)
    assert blocks(chinese) == shown
    assert re.search(r"[一-鿿]", chinese)
    assert chinese.count("\n## ") == english.count("\n## ")


def test_both_readmes_install_by_the_same_commands():
    assert words_of("README.zh.md") == words_of("README.md")
    assert len(words_of("README.md")) == 2


def test_both_readmes_link_the_same_pages():
    english, chinese = (
        {link.replace(".zh", "") for link in re.findall(r"\((docs/[\w.-]+)\)", text)}
        for text in ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh.md"))
    )
    assert chinese == english - {"docs/tutorial-python.ipynb"}


def test_the_tutorial_goes_the_whole_way_of_a_newcomer(shown):
    first = [block.code for block in shown if block.language == "bash"]
    assert first == [f"{words_of('README.md')[0].partition(' && fw run')[0]}\n"]
    consoles = [block.code for block in shown if block.language == "console"]
    begun = [" ".join(one.split()[:2]) for code in consoles for one in commands(code)]
    way = ["fw run", "fw report", "fw recommend", "fw new-plugin", "fw list-plugins", "fw run"]
    places = [begun.index(step) for step in way[:-1]]
    assert places == sorted(places)
    assert "fw run" in begun[places[-1] :]


def test_outputs_are_compared_by_their_words_alone():
    line = "epoch  3/12  bce 1.2050  0.4 s (1,612 users/s)  valid/a@10 0.1234  best so far\n"
    later = "epoch  3/12  bce 1.3  12.0 s (12 users/s)  valid/a@10 0.2  best 0.1233\n"
    assert stable(line) == stable(later)
    assert stable(line) != stable(line.replace("users", "people"))
    assert stable("3 rows\n") != stable("3 rows\n3 rows\n")


def test_a_remark_on_a_busy_machine_is_left_out():
    remark = "the machine did other work: these times are not comparable with others\n"
    assert stable(f"1.0 s\n{remark}run folder x\n") == stable("2.0 s\nrun folder x\n")


def test_a_page_takes_other_blocks_in_place_of_its_own():
    page = "a\n\n```console\n$ x\n1\n```\n\nb\n\n```text\nno\n```\n\n```toml\n# n.toml\n```\n"
    assert blocks(page) == [Block("console", "$ x\n1\n"), Block("toml", "# n.toml\n")]
    found = [Block("console", "$ x\n2\n"), Block("toml", "# n.toml\na = 1\n")]
    assert blocks(with_blocks(page, found)) == found
    assert "```text\nno\n```" in with_blocks(page, found)


@pytest.mark.slow
def test_the_commands_print_what_the_tutorial_shows(shown, tmp_path):
    folder = tmp_path / "tutorial"
    folder.mkdir()
    for one, real in zip(shown, carried_out(shown, folder), strict=True):
        assert stable(real.code) == stable(one.code)
    assert (folder / "report.html").stat().st_size > 1_000_000


@pytest.mark.slow
def test_the_notebook_runs_and_shows_what_it_is_said_to_show(tmp_path):
    node = executed(NOTEBOOK, tmp_path)
    cells = {cell.id: cell for cell in node.cells if cell.cell_type == "code"}
    assert all(cell.outputs for cell in cells.values())
    for name in ("result", "recommend", "items", "similar", "history", "ranks"):
        (output,) = cells[name].outputs
        assert "<table" in output.data["text/html"]
    assert len(list((tmp_path / "runs").iterdir())) == 1


# The picture of the terminal -----------------------------------------------------------------


def lines_of(picture):
    """Return the lines of text of a picture of a terminal."""
    rows = {}
    for element in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text"):
        rows.setdefault(element.get("y"), []).append("".join(element.itertext()))
    return ["".join(parts).replace("\xa0", " ").rstrip() for parts in rows.values()]


def test_the_picture_shows_a_bar_below_the_epochs_that_are_over_with_units():
    title, *epochs, last = lines_of(PICTURE.read_text("utf-8"))
    assert title == COMMAND
    assert len(epochs) > 3
    for line in epochs:
        assert line.startswith("epoch   ")
        assert re.search(r" \d+\.\d s \([\d,]+ users/s, [\d,]+ items/s\)  valid/.* best", line)
    assert re.match(r"epoch 8 ━+[╸╺]?━+ \d+/\d+ users \d:\d\d:\d\d valid/", last)


def test_a_picture_shows_what_the_terminal_shows():
    command = "fw run --help"
    screen = screen_during(command, re.compile("Show this message"))
    title, *lines = lines_of(svg(command, screen))
    assert title == command
    assert lines == [line.rstrip() for line in screen.display if line.strip()]
