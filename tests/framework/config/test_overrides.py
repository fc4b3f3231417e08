"""``--set KEY=VALUE``: what it changes, and what is said where it cannot."""

import pytest

from fw.config.reading import read_recipe

VALUES = [
    ("training.epochs=5", ("training", "epochs"), 5),
    (" training . epochs = 5 ", ("training", "epochs"), 5),
    ("encoder.dropout=0.5", ("encoder", "dropout"), 0.5),
    ("optimizer.learning_rate=1", ("optimizer", "learning_rate"), 1.0),
    ("optimizer.learning_rate=1e-2", ("optimizer", "learning_rate"), 0.01),
    ("optimizer.betas=[0.5, 0.6]", ("optimizer", "betas"), [0.5, 0.6]),
    ("optimizer.decoupled=true", ("optimizer", "decoupled"), True),
    ('evaluators.0.protocol="all"', ("evaluators", 0, "protocol"), "all"),
    ("evaluators.0.protocol=all", ("evaluators", 0, "protocol"), "all"),
    ("losses.0.weight=0.2", ("losses", 0, "weight"), 0.2),
    ('dataset={name="made_up", num_users=5}', ("dataset", "num_users"), 5),
    ('losses=[{name="bce", weight=2.0}]', ("losses", 0, "weight"), 2.0),
]


@pytest.mark.parametrize(("override", "path", "value"), VALUES, ids=[one[0] for one in VALUES])
def test_values_are_toml_and_positions_count_from_0(read, recipe_text, override, path, value):
    found = read(recipe_text, override).resolved
    for key in path:
        found = found[key]
    assert found == value
    assert type(found) is type(value)


def test_the_rest_stays_as_it_was(read, recipe_text):
    expected = read(recipe_text).resolved
    expected["training"]["epochs"] = 5
    assert read(recipe_text, "training.epochs=5").resolved == expected


def test_a_position_in_a_list_of_values_changes_that_one(read, changed):
    text = changed(("learning_rate = 0.01", "betas = [0.1, 0.2]"))
    assert read(text, "optimizer.betas.1=0.5").resolved["optimizer"]["betas"] == [0.1, 0.5]


def test_several_positions_change_together(read, recipe_text):
    text = recipe_text + '[[augmenters]]\nname = "crop"\n[[augmenters]]\nname = "mask"\n'
    read_back = read(text, "augmenters.1.ratio=0.1", "augmenters.0.ratio=0.9").resolved
    assert [one["ratio"] for one in read_back["augmenters"]] == [0.9, 0.1]


def test_of_two_for_one_key_the_later_counts(read, recipe_text):
    assert read(recipe_text, "seed=4", "seed=5").seed == 5


@pytest.mark.parametrize("order", [1, -1])
def test_a_new_name_drops_the_keys_of_the_old_in_any_order(read, changed, order):
    text = changed(("dropout = 0.1", "dropout = 0.1\nhidden_size = 4"))
    overrides = ('encoder.name="both_ways"', 'task.name="hidden_item"')[::order]
    assert read(text, *overrides).resolved["encoder"] == {"name": "both_ways", "dropout": 0.4}


def test_a_new_name_drops_the_fallback(read, changed):
    text = changed(
        ('name = "made_up"', 'name = "table"\npath = "x"\n[dataset.fallback]\nname = "made_up"')
    )
    assert read(text, "dataset.name=made_up").one("dataset").slot.fallback is None


@pytest.mark.parametrize("order", [1, -1])
def test_keys_of_the_new_component_can_be_set_with_its_name(read, recipe_text, order):
    overrides = ('dataset.name="table"', 'dataset.path="x.csv"')[::order]
    assert read(recipe_text, *overrides).resolved["dataset"]["path"] == "x.csv"


def test_a_new_name_in_a_list_leaves_the_others_alone(read, recipe_text):
    text = (
        recipe_text
        + '[[augmenters]]\nname = "crop"\n'
        + 2 * ('[[augmenters]]\nname = "mask"\nratio = 0.1\n')
    )
    tables = read(text, 'augmenters.1.name="crop"').resolved["augmenters"]
    assert tables == [
        {"name": "crop", "ratio": 0.6},
        {"name": "crop", "ratio": 0.6},
        {"name": "mask", "ratio": 0.1},
    ]


def test_a_table_that_was_not_there_is_added(read, recipe_text):
    assert read(recipe_text, "pooling.name=mean").one("pooling").name == "mean"


def test_a_relative_path_starts_from_the_current_folder(
    write, registry, recipe_text, tmp_path, monkeypatch
):
    recipe, data = write(recipe_text, "below/r.toml"), write("", "x.csv")
    monkeypatch.chdir(tmp_path)
    read = read_recipe(recipe, registry, ["dataset.name=table", 'dataset.path="x.csv"'])
    assert read.one("dataset").settings.path == data


NOT_TOML = (
    "what follows = is not a TOML value\n"
    "    numbers and true or false as they are, text in quotes, lists in [ ]"
)
NO_KEY = "expected KEY=VALUE, such as training.epochs=5"
MISTAKES = {
    "training.epochs": NO_KEY,
    "=5": NO_KEY,
    "training..epochs=5": NO_KEY,
    ".epochs=5": NO_KEY,
    "training.epochs=": NOT_TOML,
    "encoder.dropout=0.1.2": NOT_TOML,
    "encoder.dropout=,1": NOT_TOML,
    "optimizer.betas=[0.1": NOT_TOML,
    "training.epochs=1\nseed = 2": NOT_TOML,
    "dataset.path=a/b.csv": NOT_TOML,
    "extends=sasrec": "extends can only be written in a recipe file",
    "losses.1.weight=0.2": "losses has no position 1: its positions are 0 to 0",
    "evaluators.0.cutoffs.0=1": "evaluators.0.cutoffs is not a list: it has no position 0",
    "training.0.epochs=3": "training is not a list: it has no position 0",
    "views.0=3": "views is not a list: it has no position 0",
    "0.weight=3": "a recipe is not a list: it has no position 0",
    "training.epochs=five": "[training] epochs must be an integer at least 0, "
    'found "five" (string)',
    "training.epochs=2.0": "[training] epochs must be an integer at least 0, found 2.0 (float)\n"
    "    write epochs = 2",
    "seed=true": "seed must be an integer between 0 and 9223372036854775807, found true (boolean)",
    "training.epochs=-1": "[training] epochs must be at least 0, found -1",
    "training.epoch=5": "unknown key 'epoch' in [training]\n"
    "    did you mean 'epochs'?\n"
    "    known keys: batch_size, checkpoint_every, checkpoint_minutes, clip_norm, "
    "ema_decay, epochs, evaluate_every, execution, final_fit, init_from, monitor, "
    "patience, precision, window_stride",
    "encoder.dropout=2.0": "[encoder] (small) dropout must be at least 0 and less than 1, "
    "found 2.0",
    "encoder.name=smal": "unknown encoder 'smal'\n"
    "    did you mean 'small'?\n"
    "    known components of kind encoder: both_ways, small\n"
    "    searched: entry points of the group 'fw', and modules given with -p",
    "losses=bce": 'losses must be a list of tables, found "bce" (string)\n'
    '    write [[losses]] and, below it, name = "bce"',
}


@pytest.mark.parametrize(("override", "said"), MISTAKES.items(), ids=map(repr, MISTAKES))
def test_a_mistake_is_told_with_what_was_typed(complaint, recipe_text, override, said):
    assert complaint(recipe_text, override) == f"--set {override}: {said}"


def test_case_B55_a_table_that_is_called_otherwise_is_refused(complaint, recipe_text):
    assert complaint(recipe_text, "train.epochs=1") == (
        "--set train.epochs=1: unknown table [train]\n"
        "    did you mean [training]?\n"
        "    'epochs' belongs in [training]\n"
        "    known tables: [[augmenters]], [[evaluators]], [[inputs]], [[losses]], [[trackers]], "
        "[dataset], [encoder], [executor], [index], [loader], [optimizer], [pooling], "
        "[sampler], [schedule], [splitter], [sweep], [task], [training], [tune], [views]"
    )


def test_every_mistake_is_told_those_of_the_file_first(complaint, changed):
    text = changed(("dropout = 0.1", "dropout = 3.0"))
    assert complaint(text, "seed=", "losses.7.weight=1", "training.epochs=-1") == (
        "r.toml:18: [encoder] (small) dropout must be at least 0 and less than 1, found 3.0\n"
        "    dropout = 3.0\n"
        f"--set seed=: {NOT_TOML}\n"
        "--set losses.7.weight=1: losses has no position 7: its positions are 0 to 0\n"
        "--set training.epochs=-1: [training] epochs must be at least 0, found -1"
    )


def test_a_problem_of_the_whole_table_is_not_laid_on_a_change_of_one_key(complaint, changed):
    text = changed(('monitor = "valid/all/hr@10"\n', ""))
    assert complaint(text, "training.epochs=3") == (
        "r.toml:27: [training] needs the key 'monitor'\n"
        "    [training]\n"
        '    monitor is a string: the metric that selects the model: "valid/<protocol>/<metric>"'
    )


def test_a_very_long_value_is_cut(complaint, recipe_text):
    said = complaint(recipe_text, f"max_len={'a' * 10_000}")
    assert len(said) < 400
