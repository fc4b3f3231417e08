"""MovieLens in every form in which it is found; small files of the publisher's make stand in."""

import gzip
import zipfile

import pytest

from fw.config.slots import DatasetSlot
from fw.data.places import Places
from fw.data.prepare import prepare
from fw.errors import DataError, DataNotFound
from fw_plugins.datasets import movielens
from fw_plugins.datasets.movielens import MovieLens

RATINGS = "1::1193::5::978300760\n1::661::3::978302109\n2::1193::4::978298413\n"
MOVIES = (
    "661::James and the Giant Peach (1996)::Animation|Children's|Musical\n"
    "1193::One Flew Over the Cuckoo's Nest (1975)::Drama\n"
    "3888::Caf\xe9 (2000)::Comedy\n"
).encode("latin-1")
FLAGS = ["0"] * 19
FILES = {
    "1m": {"ml-1m/ratings.dat": RATINGS, "ml-1m/movies.dat": MOVIES},
    "100k": {
        "ml-100k/u.data": RATINGS.replace("::", "\t"),
        "ml-100k/u.item": (
            "661|James and the Giant Peach (1996)|01-Jan-1996||http://x|"
            + "|".join("1" if at in (3, 4, 12) else "0" for at in range(19))
            + "\n1193|\"One Flew Over the Cuckoo's Nest (1975)|||http://x|"
            + "|".join("1" if at == 8 else "0" for at in range(19))
            + "\n"
        ).encode("latin-1"),
    },
    "20m": {
        "ml-20m/ratings.csv": "userId,movieId,rating,timestamp\n"
        + RATINGS.replace("::", ",").replace(",3,", ",3.5,"),
        "ml-20m/movies.csv": "movieId,title,genres\n"
        '661,"James, and the Giant Peach (1996)",Animation|Children\'s|Musical\n'
        "1193,One Flew Over the Cuckoo's Nest (1975),Drama\n",
    },
}


def as_bytes(text):
    return text.encode() if isinstance(text, str) else text


def write(folder, files, pack=False):
    for name, text in files.items():
        path = folder / (f"{name}.gz" if pack else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(as_bytes(text)) if pack else as_bytes(text))


def write_zip(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, as_bytes(text))
    return path


@pytest.fixture(autouse=True)
def no_download(monkeypatch):
    def fetch(url, *, sha256, folder):
        raise DataNotFound(f"cannot download {url}: there is no connection to the server")

    monkeypatch.setattr(movielens, "fetch", fetch)


def check(interactions, variant):
    third = 3.5 if variant == "20m" else 3.0
    assert list(interactions.frame.itertuples(index=False, name=None)) == [
        ("1", "1193", 978300760, 5.0),
        ("1", "661", 978302109, third),
        ("2", "1193", 978298413, 4.0),
    ]
    frame = interactions.item_frame
    assert frame.loc["661", "title"].endswith("the Giant Peach (1996)")
    assert frame.loc["661", "genres"] == "Animation|Children's|Musical"
    assert frame.loc["1193", "genres"] == "Drama"


@pytest.mark.parametrize("variant", ["100k", "1m", "20m"])
@pytest.mark.parametrize("pack", [False, True])
def test_the_publishers_files_are_found_in_the_data_folder(tmp_path, variant, pack):
    write(tmp_path, FILES[variant], pack)
    interactions = MovieLens(variant=variant).load(Places(tmp_path))
    check(interactions, variant)
    assert len(interactions.files) == 2


@pytest.mark.parametrize("variant", ["100k", "1m", "20m"])
def test_the_publishers_zip_is_read_where_it_lies(tmp_path, variant):
    path = write_zip(tmp_path / f"ml-{variant}.zip", FILES[variant])
    interactions = MovieLens(variant=variant).load(Places(tmp_path))
    check(interactions, variant)
    assert interactions.files == (path,)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_case_B57_what_is_not_there_is_downloaded_into_the_cache_alone(tmp_path, monkeypatch):
    data, cache = tmp_path / "data", tmp_path / "cache"
    data.mkdir()
    asked = []

    def fetch(url, *, sha256, folder):
        asked.append((url, sha256, folder))
        folder.mkdir()
        return write_zip(folder / "ml-1m.zip", FILES["1m"])

    monkeypatch.setattr(movielens, "fetch", fetch)
    check(MovieLens().load(Places(data, cache)), "1m")
    url = "https://files.grouplens.org/datasets/movielens/ml-1m.zip"
    sha256 = "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20"
    assert asked == [(url, sha256, cache)]
    assert list(data.iterdir()) == []


@pytest.mark.parametrize("name", ["ml-1m.txt", "ml-1m/ml-1m.txt"])
def test_the_file_published_with_sasrec_is_found_and_has_no_titles(tmp_path, name):
    write(tmp_path, {name: "1 1\n1 2\n2 1\n", "ml-1m/movies.dat": MOVIES})
    interactions = MovieLens().load(Places(tmp_path))
    assert interactions.frame.values.tolist() == [["1", "1"], ["1", "2"], ["2", "1"]]
    assert interactions.item_frame is None


def test_pairs_in_original_ids_go_with_the_publishers_titles(tmp_path):
    write(tmp_path, {"ml-1m/interactions.txt": "1 661\n", "ml-1m/movies.dat": MOVIES})
    store, _ = prepare(MovieLens().load(Places(tmp_path)), DatasetSlot())
    assert store.item_frame["title"].tolist() == ["James and the Giant Peach (1996)"]


def test_ratings_and_times_are_preferred_to_pairs(tmp_path):
    write(tmp_path, {**FILES["1m"], "ml-1m/interactions.txt": "1 1\n", "ml-1m.txt": "1 1\n"})
    check(MovieLens().load(Places(tmp_path)), "1m")


def test_what_can_be_neither_found_nor_downloaded_is_said_with_both_reasons(tmp_path):
    with pytest.raises(DataNotFound) as raised:
        MovieLens(variant="20m").load(Places(tmp_path))
    assert str(raised.value) == (
        f"MovieLens 20m is not there in the data folder {tmp_path}\n"
        "    looked for ml-20m/ratings.csv, ml-20m.zip, each also with .gz\n"
        "    cannot download https://files.grouplens.org/datasets/movielens/ml-20m.zip: "
        "there is no connection to the server"
    )


def test_the_download_can_be_forbidden():
    with pytest.raises(DataNotFound) as raised:
        MovieLens(variant="100k", download=False).load(Places())
    assert str(raised.value) == (
        "MovieLens 100k is not there (no data folder is set)\n"
        "    looked for ml-100k/u.data, ml-100k.zip, each also with .gz; download = false"
    )


def test_a_broken_file_is_an_error_not_a_missing_one(tmp_path):
    write(tmp_path, {"ml-1m/ratings.dat": "1::2::3\n"})
    with pytest.raises(DataError) as raised:
        MovieLens().load(Places(tmp_path))
    assert not isinstance(raised.value, DataNotFound)
    assert str(raised.value) == (
        f"{tmp_path / 'ml-1m' / 'ratings.dat'}, line 1: 3 columns, "
        "but 4 names: user, item, rating, time"
    )


def test_a_data_folder_that_is_not_there_is_an_error_not_a_missing_data_set(tmp_path):
    with pytest.raises(DataError) as raised:
        MovieLens().load(Places(tmp_path / "gone"))
    assert not isinstance(raised.value, DataNotFound)
    assert str(raised.value) == f"the data folder is not there: {tmp_path / 'gone'}"


@pytest.mark.parametrize(
    ("variant", "rows", "title"),
    [("1m", 1_000_209, "Toy Story (1995)"), ("100k", 100_000, "Toy Story (1995)")],
)
def test_the_real_files_are_read_with_titles_for_every_item(real_data, variant, rows, title):
    interactions = MovieLens(variant=variant).load(Places(real_data))
    store, _ = prepare(interactions, DatasetSlot())
    assert len(store.items) == rows
    titles = store.item_frame["title"]
    assert titles.notna().all()
    assert titles["1"] == title
    assert store.item_frame["genres"]["1"] == "Animation|Children's|Comedy"
