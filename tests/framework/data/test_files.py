"""Data files that come without a recipe."""

import pandas as pd
import pytest

from fw.data.files import read_file
from fw.errors import DataError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("user,item,time\nA,x,2\nA,y,1\n", [("A", "x", 2), ("A", "y", 1)]),
        ("time\titem\tuser\n2\tx\tA\n", [("A", "x", 2)]),
        ("A x\nA y\n", [("A", "x"), ("A", "y")]),
        (
            "1::1193::5::978300760\n1::661::3::978302109\n",
            [("1", "1193", 978300760), ("1", "661", 978302109)],
        ),
        ("A x y z\nB x\n", [("A", "x"), ("A", "y"), ("A", "z"), ("B", "x")]),
    ],
)
def test_the_form_of_a_file_is_seen_from_its_first_lines(tmp_path, text, expected):
    path = tmp_path / "data.txt"
    path.write_text(text)
    found = read_file(path).frame
    assert list(found.itertuples(index=False, name=None)) == expected


def test_parquet_is_read_by_the_names_of_its_columns(tmp_path):
    path = tmp_path / "data.parquet"
    pd.DataFrame({"time": [2, 1], "user": [7, 7], "item": ["x", "y"]}).to_parquet(path)
    found = read_file(path).frame
    assert found[["user", "item", "time"]].values.tolist() == [["7", "x", 2], ["7", "y", 1]]


def test_real_files_have_the_counts_that_are_published(real_data):
    found = read_file(real_data / "beauty" / "sequences.txt.gz").frame
    assert (len(found), found["user"].nunique(), found["item"].nunique()) == (
        198_502,
        22_363,
        12_101,
    )
    found = read_file(real_data / "video" / "interactions.txt.gz").frame
    assert (len(found), found["user"].nunique(), found["item"].nunique()) == (
        287_107,
        31_013,
        23_715,
    )


def test_further_columns_are_no_times_where_columns_have_names(tmp_path):
    frame = pd.DataFrame({"user": ["a", "a"], "item": ["x", "y"], "rating": [5, 3]})
    frame.to_csv(tmp_path / "data.csv", index=False)
    frame.to_parquet(tmp_path / "data.parquet")
    for name in ("data.csv", "data.parquet"):
        found = read_file(tmp_path / name).frame
        assert list(found.columns) == ["user", "item"]
        assert found.values.tolist() == [["a", "x"], ["a", "y"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "user,item\na,x\na,\n",
            ", line 3: blank cells (item)\n    fill them in, or take these rows out of the file",
        ),
        (
            "a::x::1\n::y::2\n",
            ", line 2: blank cells (user)\n    fill them in, or take these rows out of the file",
        ),
        ("user,item\na,x\nb\n", ", line 3: 1 columns where the first has 2: b"),
        ("user\titem\na\tx\nb\n", ", line 3: 1 columns where the first has 2: b"),
    ],
)
def test_what_a_row_lacks_is_said_without_settings_that_nobody_can_set(tmp_path, text, message):
    path = tmp_path / "data.txt"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_file(path)
    assert str(caught.value) == f"{path}{message}"


def test_a_parquet_file_without_the_columns_is_refused(tmp_path):
    path = tmp_path / "data.parquet"
    pd.DataFrame({"0": ["a"], "1": ["x"]}).to_parquet(path)
    with pytest.raises(DataError) as caught:
        read_file(path)
    assert str(caught.value) == f"{path}: columns user, item not found; there are: 0, 1"
