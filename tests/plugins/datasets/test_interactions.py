"""Files with one interaction a row: every id as it is written, every mistake with its place."""

import gzip
import re
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fw.config.slots import DatasetSlot
from fw.data.places import Places
from fw.data.prepare import prepare
from fw.errors import DataError, DataNotFound
from fw_plugins.datasets.interactions import InteractionFile


@pytest.fixture
def file(tmp_path):
    """A function that writes a file and returns it as a data set."""

    def file(data, name="u.csv", **options):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return InteractionFile(path=path, **options)

    return file


def read(dataset):
    return dataset.load(Places())


def sequences(dataset):
    """Return every user's raw items in order, cleaned by the defaults."""
    store, _ = prepare(read(dataset), DatasetSlot())
    items = store.item_ids[store.items - 1].tolist()
    bounds = zip(store.offsets[:-1], store.offsets[1:], strict=True)
    parts = [items[start:stop] for start, stop in bounds]
    return dict(zip(store.user_ids.tolist(), parts, strict=True))


def refused(dataset):
    with pytest.raises(DataError) as raised:
        read(dataset)
    return str(raised.value)


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfuser,time,item\r\nA,1,7\r\nA,2,8\r\nA,3,7\r\n",
        b"user,time,item\nA,1,7\nA,2,8\nA,3,7\n",
    ],
)
def test_case_B39_byte_order_mark_and_carriage_returns_leave_no_trace(file, data):
    dataset = file(data)
    assert sequences(dataset) == {"A": ["7", "8", "7"]}
    assert read(dataset).frame["item"].cat.categories.tolist() == ["7", "8"]


def test_case_B40_ids_that_look_like_numbers_or_like_nothing_stay_what_they_are(file):
    dataset = file("user,item,time\n007,NA,1\n7,null,2\n007,1,3\n7,01,4\n007,None,5\n")
    assert sequences(dataset) == {"007": ["NA", "1", "None"], "7": ["null", "01"]}


def test_case_B40_one_id_is_one_item_in_a_large_file(file):
    rows = [f"u{row},1,{row}" for row in range(60_000)] + ["u,A1,1", "u,1,2"]
    frame = read(file("\n".join(["user,item,time", *rows]))).frame
    assert frame["item"].cat.categories.tolist() == ["1", "A1"]
    assert len(frame) == 60_002


def test_case_B41_times_are_read_exactly_and_sorted(file):
    dataset = file("user,item,time\nA,30,881250960\nA,10,881250949\nA,20,881250950\n")
    assert sequences(dataset) == {"A": ["10", "20", "30"]}


@pytest.fixture(scope="module")
def movielens_100k(real_data):
    """The data set, and every user's (time, item) in the order of the file."""
    dataset = InteractionFile(
        path=real_data / "ml-100k" / "u.data.gz",
        header=False,
        names=("user", "item", "rating", "time"),
    )
    rows = {}
    for line in gzip.decompress(dataset.path.read_bytes()).decode().splitlines():
        user, item, _, time = line.split("\t")
        rows.setdefault(user, []).append((int(time), item))
    return dataset, rows


def ordered(rows, key):
    """Every user's items, sorted by a key; what has the same one stays in the file's order."""
    return {user: [item for _, item in sorted(pairs, key=key)] for user, pairs in rows.items()}


def last_items_that_differ(left, right):
    return sum(items[-1] != right[user][-1] for user, items in left.items())


def test_case_B41_movielens_100k_is_in_the_order_of_int64(movielens_100k):
    dataset, rows = movielens_100k
    exact = ordered(rows, key=lambda pair: pair[0])
    assert sequences(dataset) == exact
    rounded = ordered(rows, key=lambda pair: np.float32(pair[0]))
    assert last_items_that_differ(exact, rounded) == 149  # of 943 users


def test_case_B42_ties_of_movielens_100k_are_not_broken_by_item_id(movielens_100k):
    dataset, rows = movielens_100k
    by_item = ordered(rows, key=lambda pair: (pair[0], int(pair[1])))
    assert last_items_that_differ(sequences(dataset), by_item) == 281


def test_case_B42_ties_stay_in_the_order_of_the_file(file):
    dataset = file("user,item,time\nA,9,100\nA,2,100\nA,5,100\nA,1,50\n")
    assert sequences(dataset) == {"A": ["1", "9", "2", "5"]}


BLANKS = "user,item,time\nA,1,10\nA,1,10\nA,1,20\nA,2,15\n,3,30\nA,,40\nA,4,\n"


def test_case_B43_blank_cells_are_an_error_that_names_their_lines(file):
    dataset = file(BLANKS)
    assert refused(dataset) == (
        f"{dataset.path}, lines 6, 7, 8: blank cells (user, item, time)\n"
        '    set blank = "skip" to leave such rows out'
    )


def test_case_B43_blank_cells_may_be_skipped_and_are_counted(file):
    dataset = file(BLANKS, blank="skip")
    store, report = prepare(read(dataset), DatasetSlot())
    assert store.item_ids[store.items - 1].tolist() == ["1", "2", "1"]
    assert store.times.tolist() == [10, 15, 20]
    assert store.user_ids.tolist() == ["A"]
    assert store.item_ids.tolist() == ["1", "2"]  # none is called nan
    assert report["blank_rows_skipped"] == 3
    assert report["duplicates"]["dropped_rows"] == 1


def test_many_blank_cells_are_named_by_the_first_five_lines(file):
    dataset = file("user,item\n\n" + "A,\n" * 7)
    assert refused(dataset) == (
        f"{dataset.path}, lines 3, 4, 5, 6, 7 and 2 more: blank cells (item)\n"
        '    set blank = "skip" to leave such rows out'
    )
    assert refused(file("user,item\nA,\n", blank="skip")) == (
        f"{dataset.path}: no interactions: every row has blank cells"
    )


@pytest.mark.parametrize("data", ["", "\n\n\r\n"])
def test_case_B44_an_empty_file_holds_no_interactions(file, data):
    dataset = file(data)
    assert refused(dataset) == f"{dataset.path}: no interactions: the file is empty"


def test_case_B44_a_header_alone_holds_no_interactions(file):
    dataset = file("user,item,time\n\n")
    assert refused(dataset) == (
        f"{dataset.path}: no interactions: there is nothing below the header"
    )


def test_case_B44_a_missing_header_is_seen_and_no_row_is_lost(file):
    data = "1,10,100\n1,20,200\n1,30,300\n"
    dataset = file(data)
    assert refused(dataset) == (
        f"{dataset.path}: columns user, item, time not found; "
        "line 1 looks like data: 1, 10, 100\n"
        "    set header = false where a file has no header"
    )
    assert sequences(file(data, header=False)) == {"1": ["10", "20", "30"]}


def test_case_B45_a_wrong_separator_is_named_with_the_one_that_would_do(file):
    dataset = file("user\titem\ttime\nA\t1\t2\n", format="csv")
    assert refused(dataset) == (
        f'{dataset.path}, line 1: only 1 column where columns are separated by ","\n'
        r'    separator = "\t" would give 3'
    )
    dataset = file("user item time\nA 1 2\n", format="tsv")
    assert refused(dataset) == (
        f"{dataset.path}, line 1: only 1 column where columns are separated by "
        r'"\t"' + '\n    separator = " " would give 3'
    )


def test_where_no_separator_fits_that_is_said(file):
    dataset = file("words\nand more\n")
    assert refused(dataset) == (
        f"{dataset.path}: cannot tell what separates the columns; set separator\n"
        "    the file begins: words"
    )


def test_case_B46_bytes_that_are_not_utf_8_are_named_with_their_place(file):
    data = b"user,item,time\nA,caf\xe9,1\n"
    dataset = file(data)
    assert refused(dataset) == (
        f"{dataset.path}, line 2: byte 0xE9 at offset 20 (from 0) is not utf-8\n"
        '    set encoding to what the file is written in, such as encoding = "latin-1"'
    )
    assert sequences(file(data, encoding="latin-1")) == {"A": ["café"]}


def test_case_B48_an_item_called_0_is_read_as_0(file):
    rows = [f"a,{item},{time}" for time, item in enumerate("01201")]
    rows += [f"b,{item},{time}" for time, item in enumerate("20120")]
    dataset = file("\n".join(["user,item,time", *rows]))
    assert sequences(dataset) == {"a": list("01201"), "b": list("20120")}


def test_case_B47_movielens_1m_has_the_published_counts(real_data):
    interactions = read(
        InteractionFile(path=real_data / "ml-1m" / "interactions.txt.gz", header=False)
    )
    for minimum, rows, items in ((0, 1_000_209, 3706), (3, 999_917, 3503), (5, 999_611, 3416)):
        store, _ = prepare(interactions, DatasetSlot(min_item_count=minimum))
        assert (len(store.items), store.num_items, store.num_users) == (rows, items, 6040)
    more_than_five, _ = prepare(interactions, DatasetSlot(min_item_count=6))
    assert len(more_than_five.items) == 999_416


def test_case_B47_video_is_filtered_until_nothing_changes(real_data):
    interactions = read(
        InteractionFile(path=real_data / "video" / "interactions.txt.gz", header=False)
    )
    store, _ = prepare(interactions, DatasetSlot())
    assert ((store.lengths < 5).sum(), (store.lengths < 3).sum()) == (1672, 112)
    frame = interactions.frame
    once = frame[frame.groupby("user", observed=True)["item"].transform("size") >= 5]
    once = once[once.groupby("item", observed=True)["user"].transform("size") >= 5]
    assert len(once) == 253_927  # what a single pass leaves
    store, _ = prepare(interactions, DatasetSlot(min_user_count=5, min_item_count=5))
    assert (len(store.items), store.num_users, store.num_items) == (231_780, 24_303, 10_672)


def test_case_B56_a_missing_file_is_not_found_and_a_folder_is_an_error(tmp_path):
    with pytest.raises(DataNotFound, match="no such file: "):
        read(InteractionFile(path=tmp_path / "gone.csv"))
    assert refused(InteractionFile(path=tmp_path)).startswith(f"is a folder: {tmp_path}\n")


def test_case_B68_quoted_ids_with_commas_and_blanks_are_read(file):
    dataset = file('user,item,time\n007,B00-1,1\n"x y","ä,b",2\n"x y","say ""so""",3\n')
    assert sequences(dataset) == {"007": ["B00-1"], "x y": ["ä,b", 'say "so"']}


def test_a_quoted_cell_may_go_over_lines_and_later_lines_keep_their_numbers(file):
    dataset = file('user,item,time\nA,"two\nlines",1\nA,x,2\n')
    assert sequences(dataset) == {"A": ["two\nlines", "x"]}
    dataset = file('user,item,time\nA,"two\nlines",1\nA,,2\n')
    assert ", line 4: blank cells (item)" in refused(dataset)


def test_rows_with_more_or_fewer_columns_are_named(file):
    dataset = file("user,item,time\nA,1,10\n\nA,2\nA,3,30,x\n")
    assert refused(dataset) == (
        f"{dataset.path}, line 4: 2 columns where the first has 3: A,2\n    and so it is in 1 more"
    )


def test_a_quotation_mark_that_is_not_closed_is_named(file):
    dataset = file('user,item,time\nA,1,10\nA,"2,20\nA,3,30\n')
    assert refused(dataset) == (
        f'{dataset.path}, line 3: 2 columns where the first has 3: A,"2,20\nA,3,30\n'
        '    a quotation mark (") is not closed'
    )


def test_columns_are_chosen_by_name_or_by_number(file):
    data = "movieId,who,rating,when\n7,A,3.5,2\n8,A,4,1\n"
    by_name = {"user": "who", "item": "movieId", "time": "when"}
    assert sequences(file(data, **by_name)) == {"A": ["8", "7"]}
    assert sequences(file(data, user=1, item=0, time=3)) == {"A": ["8", "7"]}
    frame = read(file(data, **by_name, columns=("rating",))).frame
    assert frame["rating"].tolist() == [3.5, 4.0]


def test_a_column_that_is_not_there_is_named_with_those_that_are(file):
    dataset = file("who,item,time\nA,x,1\n")
    assert refused(dataset) == (
        f"{dataset.path}: column user not found; there are: who, item, time\n"
        '    say which is which: user = "...", item = "...", time = "..." '
        '(time = "" if the order of the rows is all)'
    )
    dataset = file("A,x,1\n", header=False, time=7)
    assert refused(dataset) == (
        f"{dataset.path}: column 7 not found; there are 3, without names, counted from 0"
    )


def test_a_name_that_two_columns_have_is_refused(file):
    dataset = file("user,item,item\nA,x,1\n", time="")
    assert refused(dataset) == f"{dataset.path}: 2 columns are called item; give a number"


def test_without_times_the_order_of_the_rows_is_the_order_in_time(file):
    assert sequences(file("user,item\nA,y\nB,z\nA,x\n")) == {"A": ["y", "x"], "B": ["z"]}
    data = "user,item,time\nA,y,2\nA,x,1\n"
    assert sequences(file(data, time="")) == {"A": ["y", "x"]}
    assert sequences(file("A y\nA x\n", header=False)) == {"A": ["y", "x"]}


def test_names_are_given_for_a_file_without_a_header(file):
    names = ("user", "item", "rating", "time")
    dataset = file("A\tx\t3\t2\nA\ty\t4\t1\n", header=False, names=names, columns=("rating",))
    assert sequences(dataset) == {"A": ["y", "x"]}
    dataset = file("A\tx\t3\n", header=False, names=names)
    assert refused(dataset) == (
        f"{dataset.path}, line 1: 3 columns, but 4 names: user, item, rating, time"
    )


def test_any_separator_will_do(file):
    data = "1::1193::5::978300760\n1::661::3::978302109\n"
    for separator in (None, "::"):
        dataset = file(data, header=False, time=3, separator=separator)
        assert sequences(dataset) == {"1": ["1193", "661"]}
    assert sequences(file("user|item|time\nA|a,b|1\n", separator="|")) == {"A": ["a,b"]}
    assert sequences(file("A   x  \t 2\n  A y 1", header=False)) == {"A": ["y", "x"]}


def test_packed_files_are_read_whatever_they_are_called(file, tmp_path):
    text = b"user,item,time\nA,x,1\n"
    assert sequences(file(gzip.compress(text), name="u.bin")) == {"A": ["x"]}
    with zipfile.ZipFile(tmp_path / "u.zip", "w") as archive:
        archive.writestr("u.csv", text)
    assert sequences(InteractionFile(path=tmp_path / "u.zip")) == {"A": ["x"]}


def test_parquet_is_read_with_its_types(tmp_path):
    path = tmp_path / "u.parquet"
    times = pd.to_datetime(["2001-01-02", "2001-01-01"])
    pd.DataFrame({"user": [7, 7], "item": ["x", "y"], "time": times}).to_parquet(path)
    assert sequences(InteractionFile(path=path)) == {"7": ["y", "x"]}
    assert sequences(InteractionFile(path=path, format="parquet", time="")) == {"7": ["x", "y"]}


def test_parquet_without_a_value_or_without_rows_is_an_error(tmp_path):
    path = tmp_path / "u.parquet"
    pd.DataFrame({"user": ["A", None], "item": ["x", "y"]}).to_parquet(path)
    assert refused(InteractionFile(path=path)) == (
        f'{path}, row 2: blank cells (user)\n    set blank = "skip" to leave such rows out'
    )
    pd.DataFrame({"user": ["A"], "item": ["x"]})[:0].to_parquet(path)
    assert refused(InteractionFile(path=path)) == f"{path}: no interactions: the table has no rows"
    path.write_bytes(b"no parquet")
    assert refused(InteractionFile(path=path)).startswith(f"{path}: not a readable parquet file: ")


def test_the_file_that_was_read_is_recorded(file):
    dataset = file("user,item\nA,x\n")
    assert read(dataset).files == (dataset.path,)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"encoding": "latin-7b"},
            "encoding must be an encoding such as utf-8 or latin-1, found 'latin-7b'",
        ),
        ({"separator": ""}, "separator must be one or more characters, found ''"),
        ({"separator": "\n"}, r"separator must be one or more characters, found '\n'"),
        ({"names": ("a",)}, "names are for a file without a header: set header = false"),
    ],
)
def test_settings_that_cannot_be_are_refused(options, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        InteractionFile(path=Path("x.csv"), **options)
