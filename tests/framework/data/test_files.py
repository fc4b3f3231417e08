"""Data files that come without a recipe."""

import pandas as pd
import pytest

from fw.data.files import read_file


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
