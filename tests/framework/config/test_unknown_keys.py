"""Keys, tables and components that nobody knows: what was probably meant."""

import pytest

TABLES = (
    "known tables: [[augmenters]], [[evaluators]], [[inputs]], [[losses]], [[trackers]], "
    "[dataset], [encoder], [executor], [index], [loader], [optimizer], [pooling], [sampler], "
    "[schedule], [splitter], [sweep], [task], [training], [tune], [views]"
)
TRAINING = (
    "known keys: batch_size, checkpoint_every, checkpoint_minutes, clip_norm, ema_decay, "
    "epochs, evaluate_every, execution, final_fit, init_from, monitor, patience, precision, "
    "window_stride"
)
ADAM = "known keys: betas, decoupled, learning_rate, name, warmup"
TOP = "known keys: extends, max_len, seed"
SEARCHED = "searched: entry points of the group 'fw', and modules given with -p"

B53 = {
    "a misspelt key": (
        ("learning_rate = 0.01", "learing_rate = 0.01"),
        "r.toml:25: unknown key 'learing_rate' in [optimizer] (adam)\n"
        "    learing_rate = 0.01\n"
        "    did you mean 'learning_rate'?\n"
        f"    {ADAM}",
    ),
    "a key that other programs use": (
        ("learning_rate = 0.01", "lr = 0.01"),
        "r.toml:25: unknown key 'lr' in [optimizer] (adam)\n"
        "    lr = 0.01\n"
        "    did you mean 'learning_rate'?\n"
        f"    {ADAM}",
    ),
    "a key of another table": (
        ("dropout = 0.1", "learning_rate = 0.1"),
        "r.toml:18: unknown key 'learning_rate' in [encoder] (small)\n"
        "    learning_rate = 0.1\n"
        "    'learning_rate' belongs in [optimizer]\n"
        "    known keys: dropout, hidden_size, name",
    ),
    "another program's key of another table": (
        ("dropout = 0.1", "lr = 0.1"),
        "r.toml:18: unknown key 'lr' in [encoder] (small)\n"
        "    lr = 0.1\n"
        "    did you mean 'learning_rate' in [optimizer]?\n"
        "    known keys: dropout, hidden_size, name",
    ),
    "a key of the top in a table": (
        ("epochs = 2", "max_len = 2"),
        "r.toml:28: unknown key 'max_len' in [training]\n"
        "    max_len = 2\n"
        "    'max_len' belongs at the top of the recipe\n"
        f"    {TRAINING}",
    ),
    "a key of a table at the top": (
        ("max_len = 20", "epochs = 20"),
        "r.toml:2: unknown key 'epochs' at the top of the recipe\n"
        "    epochs = 20\n"
        "    'epochs' belongs in [training]\n"
        f"    {TOP}",
    ),
    "a key that several tables know": (
        ("epochs = 2", "weight = 2"),
        "r.toml:28: unknown key 'weight' in [training]\n"
        "    weight = 2\n"
        "    'weight' belongs in [[losses]]\n"
        f"    {TRAINING}",
    ),
    "a key like no other": (
        ("epochs = 2", "xyzzy = 2"),
        f"r.toml:28: unknown key 'xyzzy' in [training]\n    xyzzy = 2\n    {TRAINING}",
    ),
    "a key in capitals": (
        ("epochs = 2", "Epochs = 2"),
        "r.toml:28: unknown key 'Epochs' in [training]\n"
        "    Epochs = 2\n"
        "    did you mean 'epochs'?\n"
        f"    {TRAINING}",
    ),
    "a quoted key": (
        ("epochs = 2", '"epochs " = 2'),
        "r.toml:28: unknown key 'epochs ' in [training]\n"
        '    "epochs " = 2\n'
        "    did you mean 'epochs'?\n"
        f"    {TRAINING}",
    ),
    "a key of fw's own in another kind": (
        ("dropout = 0.1", "min_item_count = 5"),
        "r.toml:18: unknown key 'min_item_count' in [encoder] (small)\n"
        "    min_item_count = 5\n"
        "    'min_item_count' belongs in [dataset]\n"
        "    known keys: dropout, hidden_size, name",
    ),
    "a table in a component": (
        ("dropout = 0.1", "[encoder.inner]\nx = 1"),
        "r.toml:18: unknown key 'inner' in [encoder] (small)\n"
        "    [encoder.inner]\n"
        "    known keys: dropout, hidden_size, name",
    ),
    "an unknown table": (
        ("max_len = 20", "max_len = 20\n[xyzzy]"),
        f"r.toml:3: unknown table [xyzzy]\n    [xyzzy]\n    {TABLES}",
    ),
    "a plural that is none": (
        ("max_len = 20", 'max_len = 20\n[augmenter]\nname = "crop"'),
        "r.toml:3: unknown table [augmenter]\n"
        "    [augmenter]\n"
        "    did you mean [[augmenters]]?\n"
        f"    {TABLES}",
    ),
    "a list that is none": (
        ("max_len = 20", 'max_len = 20\n[[loss]]\nname = "bce"'),
        "r.toml:3: unknown table [[loss]]\n"
        "    [[loss]]\n"
        "    did you mean [[losses]]?\n"
        f"    {TABLES}",
    ),
    "another program's table and its key": (
        ("max_len = 20", "max_len = 20\n[model]\nlr = 0.01"),
        "r.toml:3: unknown table [model]\n"
        "    [model]\n"
        "    did you mean [encoder]?\n"
        "    'lr': did you mean 'learning_rate' in [optimizer]?\n"
        f"    {TABLES}",
    ),
}


@pytest.mark.parametrize(("change", "said"), B53.values(), ids=B53)
def test_case_B53_an_unknown_key_is_refused_with_a_suggestion(complaint, changed, change, said):
    assert complaint(changed(change)) == said


def test_case_B53_a_misspelt_table_is_told_with_all_that_it_lacks(complaint, changed):
    assert complaint(changed(("[training]", "[trian]"))) == (
        "r.toml:27: unknown table [trian]\n"
        "    [trian]\n"
        "    did you mean [training]?\n"
        "    'epochs' belongs in [training]\n"
        "    'monitor' belongs in [training]\n"
        f"    {TABLES}\n"
        "r.toml: [training] needs the key 'monitor'\n"
        "    monitor is a string: the metric that selects the model: "
        '"valid/<protocol>/<metric>"'
    )


UNKNOWN_CROP = (
    "r.toml:34: unknown augmenter 'corp'\n"
    '    name = "corp"\n'
    "    did you mean 'crop'?\n"
    "    known components of kind augmenter: crop, mask\n"
    f"    {SEARCHED}"
)


def test_case_B49_an_unknown_component_is_told_with_what_there_is(complaint, recipe_text):
    assert complaint(recipe_text + '[[augmenters]]\nname = "corp"\n') == UNKNOWN_CROP


def test_case_B49_the_component_of_a_plugin_that_is_not_installed(complaint, recipe_text):
    assert complaint(recipe_text + '[[augmenters]]\nname = "time_warp_by_nobody"\n') == (
        "r.toml:34: unknown augmenter 'time_warp_by_nobody'\n"
        '    name = "time_warp_by_nobody"\n'
        "    known components of kind augmenter: crop, mask\n"
        f"    {SEARCHED}"
    )


def test_case_B49_keys_of_an_unknown_component_are_not_complained_of(complaint, recipe_text):
    said = complaint(recipe_text + '[[augmenters]]\nname = "corp"\nno_such_key = 1\n')
    assert said == UNKNOWN_CROP


def test_case_B49_a_name_of_another_kind_is_unknown(complaint, changed):
    assert complaint(changed(('name = "small"', 'name = "crop"'))).splitlines()[0] == (
        "r.toml:17: unknown encoder 'crop'"
    )


def test_case_B49_names_are_taken_as_they_are_written(complaint, changed):
    assert complaint(changed(('name = "small"', 'name = "Small"'))) == (
        "r.toml:17: unknown encoder 'Small'\n"
        '    name = "Small"\n'
        "    did you mean 'small'?\n"
        "    known components of kind encoder: both_ways, small\n"
        f"    {SEARCHED}"
    )


@pytest.mark.parametrize("name", ["fw_plugins.encoders.sasrec_paper", "os.system", "../x", ""])
def test_a_recipe_names_registered_components_and_nothing_else(complaint, changed, name):
    said = complaint(changed(('name = "small"', f'name = "{name}"')))
    assert said == (
        f"r.toml:17: unknown encoder {name!r}\n"
        f'    name = "{name}"\n'
        "    known components of kind encoder: both_ways, small\n"
        f"    {SEARCHED}"
    )
