"""Coverage-guided fuzzing: ``python fuzzing.py TARGET CORPUS [libFuzzer's options]`` (atheris).

A target takes bytes that the fuzzer makes, whatever they are, and lets only clean errors pass: any
other exception ends the process with the bytes left in a file, as does a hang (``-timeout``).
"""

import csv
import gzip
import io
import json
import sys
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["fw", "fw_plugins"]):
    from fw.config.reading import read_recipe
    from fw.config.slots import DatasetSlot
    from fw.data import kept
    from fw.data.files import read_file
    from fw.data.places import Places
    from fw.data.prepare import prepare
    from fw.discovery import discover
    from fw.engine.folders.folder import RunFolder
    from fw.engine.folders.histories import read_histories
    from fw.errors import DataError, RecipeError, RunError
    from fw_plugins.datasets.interactions import InteractionFile
    from fw_plugins.datasets.sequences import SequenceFile

FOLDER = Path(tempfile.mkdtemp(prefix="fuzzing-"))
REGISTRY = discover(())
LINES = b"user,item,time\nu1,007,1\nu1,b,2.5\nu2,007,3\n"


def recipes(data):
    """Any recipe file, and after it any override."""
    content, _, override = data.partition(b"\0--set\0")
    path = written("r.toml", content)
    overrides = [override.decode(errors="replace")] if override else []
    with suppress(RecipeError):
        read_recipe(path, REGISTRY, overrides)


def interactions(data):
    """Any file of interactions, text or packed, read with any settings."""
    source = atheris.FuzzedDataProvider(data)
    settings = {
        "header": source.ConsumeBool(),
        "separator": source.PickValueInList([None, None, ",", "\t", " ", "::", ";", "|"]),
        "blank": source.PickValueInList(["error", "skip"]),
        "time": source.PickValueInList([None, "", 2, "time"]),
        "encoding": source.PickValueInList(["utf-8", "latin-1", "utf-16", "utf-7", "cp1252"]),
        "columns": source.PickValueInList([(), ("rating",)]),
    }
    path = written("log", source.ConsumeBytes(len(data)))
    with suppress(DataError):
        check(InteractionFile(path=path, **settings).load(Places(data=FOLDER, cache=FOLDER)))


def guessed(data):
    """Any file without a recipe."""
    with suppress(DataError):
        check(read_file(written("log", data)))


def sequences(data):
    """Any file of users' items: as many are found as a slow reader finds."""
    path = written("log", data)
    with suppress(DataError):
        found = SequenceFile(path=path).load(Places(data=FOLDER, cache=FOLDER))
        check(found)
        if not data.startswith((b"\x1f\x8b", b"PK\x03\x04")):
            lines = [line.split() for line in data.removeprefix(b"\xef\xbb\xbf").splitlines()]
            assert len(found.frame) == sum(len(line) - 1 for line in lines if line)


def parquet(data):
    """Any bytes as parquet."""
    with suppress(DataError):
        check(read_file(written("log.parquet", data)))


def ids(data):
    """Any ids, of any characters: each user's items come back, in their order."""
    source, users = atheris.FuzzedDataProvider(data), {}
    for _ in range(source.ConsumeIntInRange(1, 20)):
        user, item = (source.ConsumeUnicodeNoSurrogates(4) for _ in range(2))
        if user.strip() and item.strip():
            users.setdefault(user, []).append(item)
    if not users:
        return
    rows = [(user, item) for user, items in users.items() for item in items]
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("user", "item"), *rows])
    path = written("log.csv", text.getvalue().encode())
    with suppress(DataError):
        found = InteractionFile(path=path, separator=",").load(Places(data=FOLDER, cache=FOLDER))
        store = prepare(found, DatasetSlot())[0]
        assert histories(store) == users, (histories(store), users)


def run_files(data):
    """Any bytes as the files of a run, and as prepared data."""
    folder = RunFolder(FOLDER)
    written("state/checkpoint.pt", data)
    for name in ("best.safetensors", "result.json", "items.parquet", "histories.parquet", "p.zip"):
        written(name, data)
    for read in (folder.load_state, folder.load_weights, lambda: folder.read_json("result.json")):
        with suppress(RunError):
            read()
    with suppress(RunError):
        read_histories(folder)
    with suppress(kept.DamagedError):
        kept.read(FOLDER / "p.zip")


TARGETS = {
    one.__name__: one
    for one in (recipes, interactions, guessed, sequences, parquet, ids, run_files)
}


def written(name, data):
    """Write a file in the fuzzer's folder."""
    path = FOLDER / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


def check(found):
    """Look whether interactions are what they should be, whatever they were read from."""
    frame = found.frame
    assert len(frame)
    assert not frame[["user", "item"]].isna().any().any()
    assert all(isinstance(one, str) and one.strip() for one in frame["user"].cat.categories)


def histories(store):
    """Return every user's items by raw ids."""
    found = {}
    for number, user in enumerate(store.user_ids):
        row = store.items[store.offsets[number] : store.offsets[number + 1]]
        found[user] = [store.item_ids[item - 1] for item in row]
    return found


def seeds():
    """Return a few good files of each target, to begin with."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.csv", LINES)
    texts = [LINES, LINES.replace(b",", b"::"), gzip.compress(LINES), packed.getvalue()]
    return {
        "recipes": [
            path.read_bytes() for path in (Path(__file__).parents[1] / "recipes").glob("*.toml")
        ],
        "interactions": texts,
        "guessed": [*texts, b"1 2 3\n4 5\n", b"user\titem\na\tb\n"],
        "sequences": [b"u1 a b c\nu2 a\n", "ü é ä\n".encode(), gzip.compress(b"u1 a b\n")],
        "ids": [b"\x01abcd" * 8],
        "run_files": [packed.getvalue(), json.dumps({"epochs": 1}).encode()],
        "parquet": [_parquet()],
    }


def _parquet():
    import pandas as pd

    return pd.read_csv(io.BytesIO(LINES), dtype=str).to_parquet()


def main():
    target, corpus = sys.argv[1], Path(sys.argv[2])
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(seeds()[target]):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup([sys.argv[0], str(corpus), *sys.argv[3:]], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
