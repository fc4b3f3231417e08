"""Where data is looked for, and what is said where it is not."""

from pathlib import Path

import pytest

from fw.data.places import Places
from fw.errors import DataError, DataNotFound

RULE = (
    "a relative path is looked for beside the recipe, in the current folder, "
    "and in the data folder (--data or FW_DATA_DIR)"
)


def test_a_relative_path_is_looked_for_here_and_then_in_the_data_folder(tmp_path, monkeypatch):
    here, data = tmp_path / "here", tmp_path / "data"
    for folder in (here, data):
        folder.mkdir()
        (folder / "x.csv").touch()
    (data / "y.csv").touch()
    monkeypatch.chdir(here)
    places = Places(data)
    assert places.find(Path("x.csv")) == Path("x.csv")
    assert places.find(Path("y.csv")) == data / "y.csv"
    assert places.find(data / "x.csv") == data / "x.csv"


def test_case_B56_a_missing_file_is_named_with_every_absolute_path_that_was_tried(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataNotFound) as raised:
        Places(Path("data")).find(Path("x.csv"))
    assert str(raised.value) == (
        f"no such file: {tmp_path / 'x.csv'} or {tmp_path / 'data' / 'x.csv'}\n    {RULE}"
    )
    with pytest.raises(DataNotFound) as raised:
        Places(Path("data")).find(tmp_path / "x.csv")
    assert str(raised.value) == f"no such file: {tmp_path / 'x.csv'}\n    {RULE}"


def test_case_B56_a_folder_is_not_a_missing_file(tmp_path):
    with pytest.raises(DataError) as raised:
        Places().find(tmp_path)
    assert str(raised.value) == f"is a folder: {tmp_path}\n    {RULE}"
    assert not isinstance(raised.value, DataNotFound)


def test_the_environment_names_the_data_folder_and_the_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("FW_CACHE_DIR", raising=False)
    monkeypatch.setenv("FW_DATA_DIR", str(tmp_path))
    assert Places.from_environment().data == tmp_path
    assert Places.from_environment(Path("given")).data == Path("given")
    monkeypatch.setenv("FW_CACHE_DIR", str(tmp_path / "cache"))
    assert Places.from_environment().cache == tmp_path / "cache"
    monkeypatch.delenv("FW_DATA_DIR")
    assert Places.from_environment().data is None
