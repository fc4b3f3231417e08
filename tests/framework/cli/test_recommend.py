"""``fw recommend`` and ``fw similar``: what they take, print, write and refuse."""

import io
import json
import shutil
from collections import Counter

import pandas as pd
import pytest

import tiny_runs
from fw.engine.finished.model import open_trained
from fw.engine.finished.recommending import Recommender

HISTORIES = {}
for user, item, _ in tiny_runs.rows():
    HISTORIES.setdefault(user, []).append(item)


@pytest.fixture
def fw(command, tiny_run):
    """A function that runs ``fw recommend`` on the tiny run."""

    def fw(*words, run=tiny_run, code=0):
        return command("recommend", run, *words, "--device", "cpu", code=code)

    return fw


@pytest.fixture(scope="module")
def recommender(tiny_run):
    return Recommender(open_trained(tiny_run, device="cpu", warn=pytest.fail))


def test_case_B68_output_holds_the_ids_of_the_data(fw):
    shown = fw("--user", "x y", "--items", '12, "ä,b"', "-k", 30, "--json").stdout
    user, history = json.loads(shown)["recommendations"]
    assert user["user"] == "x y"
    assert {item["item"] for item in user["items"]} == set(tiny_runs.ITEMS) - set(HISTORIES["x y"])
    assert [item["item"] for item in user["latest"]] == HISTORIES["x y"][-5:]
    assert (history["user"], history["history_length"]) == (None, 2)
    assert {item["item"] for item in history["items"]} == set(tiny_runs.ITEMS) - {"12", "ä,b"}


def test_case_B69_an_unknown_user_does_not_stop_the_others(fw):
    result = fw("--user", "u3", "--user", "zzz", "--items", "NEW", code=2)
    assert result.stdout.startswith("user u3 (")
    assert result.stderr == (
        "warning: items that the data does not know, left out (1): 'NEW'\n"
        "warning: no known item in the history, so these are the most popular items: the history\n"
        "unknown user 'zzz': not one of the 30 users of the run's data, after cleaning\n"
    )


def test_scores_of_the_most_popular_items_are_counts(fw, table_rows):
    trained = Counter(item for history in HISTORIES.values() for item in history[:-2])
    headings, (_, item, times) = table_rows(fw("--items", "", "-k", 1).stdout)
    assert headings == ["rank", "item", "times in training"]
    assert times == str(max(trained.values())) == str(trained[item])


def test_the_command_says_so_when_nothing_is_left(fw):
    assert fw("--user", "007").stderr == (
        "warning: nothing is left to recommend, every item is in the history: user 007\n"
    )
    everything = json.loads(fw("--user", "007", "--seen", "-k", 99, "--json").stdout)
    assert len(everything["recommendations"][0]["items"]) == len(tiny_runs.ITEMS)


def test_the_latest_items_stand_above_a_list_with_their_titles(fw, titled_run, table_rows):
    shown = fw("--items", "0.5,007,12", "-k", 2, run=titled_run).stdout
    first, latest, *_ = shown.splitlines()
    assert first == "the history (3 items)"
    assert latest == "latest: 0.5 (title of 0.5); 007; 12 (Heat (1995))"
    heading, one, two = (row for row in table_rows(shown) if row[0] in ("rank", "1", "2"))
    assert heading == ["rank", "item", "score", "title"]
    titles = {"12": "Heat (1995)"}
    for row in (one, two):
        assert row[3] == titles.get(row[1], f"title of {row[1]}")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Error: give --user ID, --items LIST, --file FILE or --all\n"),
        (["--all"], "Error: --all needs -o FILE.parquet or FILE.csv, or --csv or --json\n"),
        (["--all", "-o", "x.txt"], "Error: -o x.txt: the name must end in .parquet or .csv\n"),
        (["--all", "--csv", "--json"], "Error: give only one of -o, --csv and --json\n"),
        (["--user", "u3", "-k", 0], "k must be at least 1, found 0\n"),
        (["--user", "zzz"], "unknown user 'zzz': not one of the 30 users of the run's data, "),
    ],
)
def test_what_cannot_be_meant_is_refused(fw, words, message):
    assert message in fw(*words, code=2).stderr


def test_case_B14_the_best_epoch_recommends(fw, tiny_run, tmp_path):
    copy = shutil.copytree(tiny_run, tmp_path / "copy")
    shutil.rmtree(copy / "state")  # the last epoch's weights
    found = fw("--user", "u3", "--json", run=copy).stdout
    assert found == fw("--user", "u3", "--json").stdout


# Files of histories --------------------------------------------------------------------------

LOG = [("new", "12"), ("u3", "0.5"), ("new", "NEW"), ("cold", "NEW"), ("u3", "12"), ("new", "007")]
LISTS = {"new": ["12", "007"], "u3": ["0.5", "12"], "cold": []}


def write(rows, path, columns=("user", "item")):
    frame = pd.DataFrame(rows, columns=list(columns))
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")
    return path


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet"])
def test_a_file_of_histories_is_answered_user_by_user(fw, recommender, tmp_path, ending):
    result = fw("--file", write(LOG, tmp_path / f"h.{ending}"), "-k", 4, "--json")
    found = json.loads(result.stdout)["recommendations"]
    assert [one["user"] for one in found] == list(LISTS)  # in the order of first appearance
    for one, history in zip(found, LISTS.values(), strict=True):
        right = recommender.for_items(history, k=4)
        assert [item["item"] for item in one["items"]] == [item.item for item in right.items]
        assert [item["item"] for item in one["latest"]] == history
    assert [one["unknown_items"] for one in found] == [["NEW"], [], ["NEW"]]
    assert [one["method"] for one in found] == ["model", "model", "popularity"]
    assert result.stderr == (
        "warning: items that the data does not know, left out (2): 'NEW', 'NEW'\n"
        "warning: no known item in the history, so these are the most popular items: user cold\n"
    )


def test_times_of_a_file_order_its_histories(fw, tmp_path):
    rows = [("a", "12", 5), ("b", "007", 1), ("a", "0.5", 2), ("a", "ä,b", 5)]
    file = write(rows, tmp_path / "h.csv", ("user", "item", "time"))
    first, second = json.loads(fw("--file", file, "--json").stdout)["recommendations"]
    assert [item["item"] for item in first["latest"]] == ["0.5", "12", "ä,b"]
    assert [item["item"] for item in second["latest"]] == ["007"]


def test_a_file_that_is_missing_or_no_table_is_refused(fw, tmp_path):
    gone = tmp_path / "gone.csv"
    assert fw("--file", gone, code=2).stderr == (
        f"{gone}: cannot be read: No such file or directory\n"
    )
    broken = tmp_path / "h.parquet"
    broken.write_text("no parquet")
    said = fw("--file", broken, code=2).stderr
    assert said.startswith(f"{broken}: not a readable parquet file: ")
    wrong = write([("a", "12")], tmp_path / "w.parquet", ("who", "item"))
    assert fw("--file", wrong, code=2).stderr == (
        f"{wrong}: column user not found; there are: who, item\n"
    )


def test_a_blank_cell_of_a_file_is_refused_with_advice_that_can_be_followed(fw, tmp_path):
    path = tmp_path / "h.csv"
    path.write_text("user,item\nann,12\nann,\n,007\nbob,12\n")
    assert fw("--file", path, code=2).stderr == (
        f"{path}, lines 3, 4: blank cells (user, item)\n"
        "    fill them in, or take these rows out of the file\n"
    )


def test_only_the_first_of_many_are_named_in_a_remark(fw, tmp_path):
    rows = [(f"c{number}", f"NEW{number}") for number in range(1200)]
    result = fw("--file", write(rows, tmp_path / "h.csv"), "-k", 1, "--csv")
    assert result.stderr == (
        "warning: items that the data does not know, left out (1,200): 'NEW0', 'NEW1', 'NEW2' and "
        "1,197 more\n"
        "warning: no known item in the history, so these are the most popular items: user c0, "
        "user c1, user c2 and 1,197 more\n"
    )


# Tables --------------------------------------------------------------------------------------


def read(path):
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype={"user": str, "item": str})
    return pd.read_parquet(path)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_everybody_is_written_to_a_table(fw, recommender, tmp_path, ending):
    path = tmp_path / f"all.{ending}"
    said = fw("--all", "-k", 3, "-o", path).stdout
    frame = read(path)
    assert said == f"written: {path} (30 lists, {len(frame)} rows)\n"
    assert list(frame.columns) == ["user", "rank", "item", "score", "method"]
    wanted = {user: recommender.for_user(user, k=3).items for user in tiny_runs.USERS}
    found = {user: rows["item"].tolist() for user, rows in frame.groupby("user", sort=False)}
    assert found == {user: [one.item for one in items] for user, items in wanted.items() if items}
    assert "007" not in found  # has every item
    scores = [one.score for items in wanted.values() for one in items]
    assert frame["score"].tolist() == pytest.approx(scores, abs=1e-6)
    assert set(frame["method"]) == {"model"}


def test_csv_tells_histories_without_a_user_apart(fw, titled_run):
    words = ("--user", "u3", "--items", "12", "--items", "NEW", "-k", 2, "--csv")
    text = fw(*words, run=titled_run).stdout
    frame = pd.read_csv(io.StringIO(text), dtype={"user": str, "item": str})
    assert list(frame.columns) == [
        "history", "user", "rank", "item", "score", "title", "method",
    ]  # fmt: skip
    assert frame["history"].tolist() == [1, 1, 2, 2, 3, 3]
    assert frame["user"].fillna("").tolist() == ["u3", "u3", "", "", "", ""]
    assert frame["rank"].tolist() == [1, 2] * 3
    assert frame["method"].tolist() == ["model"] * 4 + ["popularity"] * 2


def test_a_table_that_cannot_be_written_is_named(fw, tmp_path):
    path = tmp_path / "nowhere" / "all.csv"
    said = fw("--all", "-o", path, code=2).stderr.splitlines()
    assert said[-1] == f"cannot write {path}: No such file or directory"


# Similar items -------------------------------------------------------------------------------


def test_similar_items_are_shown_with_their_titles(command, titled_run, table_rows):
    words = ("similar", titled_run, "--item", "12", "-k", 2, "--device", "cpu")
    shown = command(*words).stdout
    assert shown.splitlines()[0] == "like 12 (Heat (1995))"
    assert ["rank", "item", "cosine", "title"] in table_rows(shown)
    found = json.loads(command(*words, "--json").stdout)
    assert (found["item"], found["title"], len(found["similar"])) == ("12", "Heat (1995)", 2)
    assert set(found["similar"][0]) >= {"rank", "item", "score"}


def test_an_unknown_item_has_no_similar_ones(command, tiny_run):
    said = command("similar", tiny_run, "--item", "NEW", code=2).stderr
    assert said == "unknown item 'NEW': not one of the 24 items of the run's data, after cleaning\n"


def test_lists_by_an_index_say_how_many_of_the_best_they_have(fw, tiny_run, tmp_path):
    copy = shutil.copytree(tiny_run, tmp_path / "run")
    found = fw("--user", "u3", "--index", "hnsw", "--json", run=copy)
    exact = json.loads(fw("--user", "u3", "--json", run=copy).stdout)["recommendations"][0]
    (by_index,) = json.loads(found.stdout)["recommendations"]
    assert [one["item"] for one in by_index["items"]] == [one["item"] for one in exact["items"]]
    assert found.stderr.splitlines() == [
        "warning: making the index 'hnsw' of 24 items, once for this run",
        "warning: index 'hnsw': its lists have 100.0% of the best 10 and 100.0% of the best 100 "
        "(30 users' lists beside exact ones)",
    ]


MISTAKES = {
    "index": (("--index", "hsnw"), "unknown index 'hsnw'"),
    "settings": (("--set", "index.effort=3"), "of a finished run only an index can be changed"),
    "others": (("--index", "hnsw", "--set", "seed=3"), "--set seed=3: of a finished run only an"),
    "ranges": (("--index", "hnsw", "--set", "index.effort=0"), "must be at least 1"),
}


@pytest.mark.parametrize(("words", "told"), MISTAKES.values(), ids=MISTAKES)
def test_an_index_that_cannot_be_is_refused_in_words(fw, words, told):
    assert told in fw("--user", "u3", *words, code=2).stderr
