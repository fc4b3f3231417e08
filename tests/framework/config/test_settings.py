"""Mistakes in what a table of a recipe holds."""

import pytest

LEARNING_RATE = "[optimizer] (adam) learning_rate must be a number greater than 0, found"
EPOCHS = "[training] epochs must be an integer at least 0, found"
B54 = {
    "text for a number": (
        ("learning_rate = 0.01", 'learning_rate = "0.001"'),
        f'r.toml:25: {LEARNING_RATE} "0.001" (string)\n'
        '    learning_rate = "0.001"\n    write learning_rate = 0.001',
    ),
    "a boolean for a number": (
        ("learning_rate = 0.01", "learning_rate = true"),
        f"r.toml:25: {LEARNING_RATE} true (boolean)\n    learning_rate = true",
    ),
    "a fraction for an integer": (
        ("epochs = 2", "epochs = 2.5"),
        f"r.toml:28: {EPOCHS} 2.5 (float)\n    epochs = 2.5",
    ),
    "a float for an integer": (
        ("epochs = 2", "epochs = 2.0"),
        f"r.toml:28: {EPOCHS} 2.0 (float)\n    epochs = 2.0\n    write epochs = 2",
    ),
    "a boolean for an integer": (
        ("epochs = 2", "batch_size = true"),
        "r.toml:28: [training] batch_size must be an integer at least 1, found true (boolean)\n"
        "    batch_size = true",
    ),
    "an integer for a list": (
        ('name = "ranked"', 'name = "ranked"\ncutoffs = 10'),
        "r.toml:33: [[evaluators]] (ranked) cutoffs must be a list of integers, "
        "found 10 (integer)\n    cutoffs = 10\n    write cutoffs = [10]",
    ),
    "text for a list": (
        ('name = "ranked"', 'name = "ranked"\ncutoffs = "10"'),
        "r.toml:33: [[evaluators]] (ranked) cutoffs must be a list of integers, "
        'found "10" (string)\n    cutoffs = "10"',
    ),
    "text for the seed": (
        ("seed = 3", 'seed = "abc"'),
        "r.toml:1: seed must be an integer between 0 and 9223372036854775807, "
        'found "abc" (string)\n    seed = "abc"',
    ),
    "text for a list of tables": (
        ("max_len = 20", 'max_len = 20\naugmenters = "crop"'),
        'r.toml:3: augmenters must be a list of tables, found "crop" (string)\n'
        '    augmenters = "crop"\n    write [[augmenters]] and, below it, name = "crop"',
    ),
    "text for a table": (
        ("max_len = 20", 'max_len = 20\npooling = "mean"'),
        'r.toml:3: pooling must be a table, found "mean" (string)\n'
        '    pooling = "mean"\n    write [pooling] and, below it, name = "mean"',
    ),
    "a table for a list of tables": (
        ("[[losses]]", "[losses]"),
        "r.toml:20: losses must be a list of tables, found one table\n"
        "    [losses]\n    write [[losses]] in place of [losses]",
    ),
    "a list of tables for a table": (
        ("[encoder]", "[[encoder]]"),
        "r.toml:16: encoder must be a table, found a list\n"
        "    [[encoder]]\n    write [encoder] in place of [[encoder]]",
    ),
    "a list of tables for training": (
        ("[training]", "[[training]]"),
        "r.toml:27: training must be a table, found a list\n"
        "    [[training]]\n    write [training] in place of [[training]]",
    ),
    "text in a list of tables": (
        ('[[losses]]\nname = "bce"', ""),
        'r.toml:4: losses must be a list of tables, found "bce" (string)\n'
        '    losses = ["bce"]\n    write [[losses]] and, below it, name = "bce"',
    ),
    "a name that is no text": (
        ('name = "small"', "name = 3"),
        "r.toml:17: [encoder] name must be a string, found 3 (integer)\n"
        '    name = 3\n    write name = "...", one of: both_ways, small',
    ),
    "no name": (
        ('name = "small"\n', ""),
        "r.toml:16: [encoder] names no component\n"
        '    [encoder]\n    write name = "...", one of: both_ways, small',
    ),
}


@pytest.mark.parametrize(("change", "said"), B54.values(), ids=B54)
def test_case_B54_a_wrong_type_is_told_with_the_type_that_is_wanted(
    complaint, changed, change, said
):
    changes = [change]
    if "losses = " in said:
        changes.append(("max_len = 20\n", 'max_len = 20\n\nlosses = ["bce"]\n'))
    assert complaint(changed(*changes)) == said


def test_case_B54_an_integer_is_a_number(read, changed):
    rate = read(changed(("learning_rate = 0.01", "learning_rate = 1"))).resolved["optimizer"]
    assert repr(rate["learning_rate"]) == "1.0"


def test_every_problem_of_a_recipe_is_told_at_once_in_the_order_of_its_lines(complaint, changed):
    text = changed(
        ("seed = 3", "seed = -1"),
        ('name = "uniform"', 'name = "uniform"\nnum_negatives = 0'),
        ("dropout = 0.1", "dropout = 1\nhidden_size = true"),
        ("epochs = 2", "epohcs = 2"),
    )
    assert complaint(text) == (
        "r.toml:1: seed must be between 0 and 9223372036854775807, found -1\n"
        "    seed = -1\n"
        "r.toml:15: [sampler] (uniform) num_negatives must be at least 1, found 0\n"
        "    num_negatives = 0\n"
        "r.toml:19: [encoder] (small) dropout must be at least 0 and less than 1, found 1.0\n"
        "    dropout = 1\n"
        "r.toml:20: [encoder] (small) hidden_size must be an integer at least 1, "
        "found true (boolean)\n"
        "    hidden_size = true\n"
        "r.toml:30: unknown key 'epohcs' in [training]\n"
        "    epohcs = 2\n"
        "    did you mean 'epochs'?\n"
        "    known keys: batch_size, checkpoint_every, checkpoint_minutes, clip_norm, "
        "ema_decay, epochs, evaluate_every, execution, final_fit, init_from, monitor, "
        "patience, precision, window_stride"
    )


def test_a_setting_without_a_default_must_be_stated(complaint, changed):
    assert complaint(changed(('name = "made_up"', 'name = "table"'))) == (
        "r.toml:4: [dataset] (table) needs the key 'path'\n"
        "    [dataset]\n"
        "    path is a path: the file"
    )


def test_mistakes_in_a_nested_table_are_told_with_its_name(complaint, changed):
    text = changed(
        ('name = "made_up"', 'name = "made_up"\n[dataset.fallback]\nname = "made_up"\nnum_users=0'),
        ('name = "bce"', 'name = "bce"\n[[losses.augmenters]]\nname = "crop"\nratio = 2'),
    )
    assert complaint(text) == (
        "r.toml:8: [dataset.fallback] (made_up) num_users must be at least 1, found 0\n"
        "    num_users=0\n"
        "r.toml:27: [[losses.augmenters]] (crop) ratio must be between 0 and 1, found 2.0\n"
        "    ratio = 2"
    )


def test_fws_own_keys_of_a_table_are_checked_too(complaint, changed):
    text = changed(
        ('name = "made_up"', 'name = "made_up"\nduplicates = "kepe"'),
        ('name = "bce"', 'name = "bce"\nweight = -1'),
    )
    assert complaint(text) == (
        'r.toml:6: [dataset] (made_up) duplicates must be one of "drop", "keep", '
        'found "kepe" (string)\n'
        '    duplicates = "kepe"\n'
        "r.toml:23: [[losses]] (bce) weight must be at least 0, found -1.0\n"
        "    weight = -1"
    )
