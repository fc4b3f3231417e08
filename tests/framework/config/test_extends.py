"""A recipe that starts from another."""

import pytest

CHILD = 'extends = "parent.toml"\n'
TABLE = 'name = "table"\npath = "x.csv"\nmin_user_count = 5\n[dataset.fallback]\nname = "made_up"'


@pytest.fixture
def child(write, recipe_text, read):
    """A function that reads a recipe which extends the usual one."""

    def child(text, *overrides, parent=recipe_text):
        write(parent, "parent.toml")
        return read(CHILD + text, *overrides)

    return child


def test_alone_it_is_the_parent(child, read, recipe_text):
    assert child("").resolved == read(recipe_text).resolved


def test_tables_are_merged_key_by_key(child, read, recipe_text):
    merged = child("seed = 9\n[encoder]\ndropout = 0.3\n[training]\nepochs = 7\n").resolved
    expected = read(recipe_text).resolved
    expected["seed"] = 9
    expected["encoder"] = {"name": "small", "hidden_size": 8, "dropout": 0.3}
    expected["training"]["epochs"] = 7
    assert merged == expected


def test_naming_the_same_component_again_keeps_its_keys(child):
    assert child('[encoder]\nname = "small"\n').resolved["encoder"]["dropout"] == 0.1


def test_arrays_of_tables_are_replaced_whole(child, changed):
    parent = changed(('[[losses]]\nname = "bce"', '[[losses]]\nname = "bce"\nweight = 3\n' * 2))
    losses = child('[[losses]]\nname = "bce"\n', parent=parent).resolved["losses"]
    assert losses == [{"name": "bce", "weight": 1.0}]


def test_lists_of_values_are_replaced_whole(child, changed):
    parent = changed(('[[evaluators]]\nname = "ranked"', ""))
    parent += '[[evaluators]]\nname = "ranked"\ncutoffs = [10, 20, 50]\n'
    read = child('[[evaluators]]\nname = "ranked"\ncutoffs = [10]\n', parent=parent)
    assert read.resolved["evaluators"][0]["cutoffs"] == [10]


def test_another_component_drops_the_keys_of_the_old_one_and_its_fallback(child, changed):
    parent = changed(('name = "made_up"', TABLE))
    assert child('[dataset]\nname = "made_up"\n', parent=parent).resolved["dataset"] == {
        "name": "made_up",
        "num_users": 10,
        "min_user_count": 0,
        "min_item_count": 0,
        "duplicates": "drop",
    }


ANOTHER = '[task]\nname = "hidden_item"\n[encoder]\nname = "both_ways"\n'
LEFT = (
    "encoder 'both_ways' has dropout = 0.4, its default: "
    "dropout = 0.1 of parent.toml:{} was for 'small'"
)


def test_a_setting_that_both_have_and_only_the_old_one_was_given_is_told(child, recipe_text):
    line = recipe_text.splitlines().index("dropout = 0.1") + 1
    told = child(ANOTHER).notes
    assert told == (LEFT.format(line),)
    assert child(f"{ANOTHER}[training]\nepochs = 3\n").notes == told


def test_it_is_told_of_overrides_too(child):
    assert len(child("", 'encoder={name="both_ways"}', 'task.name="hidden_item"').notes) == 1
    assert child("", "encoder.dropout=0.3").notes == ()


@pytest.mark.parametrize("dropout", [0.1, 0.3, 0.4])
def test_nothing_is_told_of_a_key_that_is_given_anew(child, dropout):
    assert child(f"{ANOTHER}dropout = {dropout}\n").notes == ()


def test_nothing_is_told_where_the_default_is_what_the_old_one_was_given(child, changed):
    assert child(ANOTHER, parent=changed(("dropout = 0.1", "dropout = 0.4"))).notes == ()


def test_nothing_is_told_of_how_other_data_was_cleaned(child, changed):
    parent = changed(('name = "made_up"', TABLE))
    assert child('[dataset]\nname = "made_up"\n', parent=parent).notes == ()


def test_a_key_of_the_dropped_component_is_unknown_to_the_new_one(complaint, write, changed):
    write(changed(('name = "made_up"', TABLE)), "parent.toml")
    assert complaint(CHILD + '[dataset]\nname = "made_up"\nseparator = "tab"\n') == (
        "r.toml:4: unknown key 'separator' in [dataset] (made_up)\n"
        '    separator = "tab"\n'
        "    known keys: duplicates, fallback, min_item_count, min_user_count, name, num_users"
    )


def test_grandparents_come_first(child, write, recipe_text):
    write(recipe_text, "grandparent.toml")
    middle = 'extends = "grandparent.toml"\nseed = 5\nmax_len = 6\n'
    read = child("seed = 7\n", parent=middle)
    assert (read.seed, read.max_len, read.training.epochs) == (7, 6, 2)


def test_paths_start_from_the_folder_of_the_recipe_that_states_them(
    read, write, changed, tmp_path, monkeypatch
):
    write("", "below/x.csv")
    write(changed(('name = "made_up"', TABLE)), "below/parent.toml")
    monkeypatch.chdir(tmp_path / "below")
    found = read('extends = "below/parent.toml"\n').one("dataset").settings.path
    assert found == tmp_path / "below" / "x.csv"


def test_a_shipped_recipe_is_found_by_its_name(read, recipe_text, shipped):
    (shipped / "published").mkdir()
    (shipped / "published" / "base.toml").write_text(recipe_text)
    assert read('extends = "published/base"\nseed = 4\n').seed == 4


def test_a_file_comes_before_the_shipped_recipe_of_its_name(read, write, recipe_text, shipped):
    (shipped / "base.toml").write_text("not = 'a recipe'")
    write(recipe_text, "base")
    assert read('extends = "base"\n').seed == 3


def test_case_B56_a_missing_parent_is_named_with_what_there_is(complaint, shipped, tmp_path):
    for name in ("sasrec", "cl4srec"):
        (shipped / f"{name}.toml").write_text("")
    assert complaint('seed = 1\nextends = "saserc.toml"\n') == (
        "r.toml:2: there is no such recipe: saserc.toml\n"
        '    extends = "saserc.toml"\n'
        "    did you mean the shipped recipe 'sasrec'?\n"
        "    shipped recipes: cl4srec, sasrec"
    )


def test_a_parent_that_is_a_folder_is_told_apart(complaint, shipped):
    assert complaint('extends = "shipped"\n') == (
        "r.toml:1: this is a folder, not a recipe: shipped\n"
        '    extends = "shipped"\n'
        "    shipped recipes: none"
    )


def test_recipes_in_a_circle_are_refused(complaint, write):
    write('extends = "r.toml"\n', "parent.toml")
    assert complaint(CHILD) == (
        "parent.toml:1: recipes extend each other in a circle: r.toml is reached again\n"
        '    extends = "r.toml"'
    )


def test_a_recipe_that_extends_itself_is_refused(complaint):
    assert complaint('\nextends = "r.toml"\n') == (
        "r.toml:2: recipes extend each other in a circle: r.toml is reached again\n"
        '    extends = "r.toml"'
    )


def test_a_chain_without_end_is_cut(complaint, write):
    for number in range(1, 30):
        write(f'extends = "{number + 1}.toml"\n', f"{number}.toml")
    assert complaint('extends = "1.toml"\n') == (
        '20.toml:1: more than 20 recipes extend one another\n    extends = "21.toml"'
    )


@pytest.mark.parametrize("value", ["3", "true", '["parent.toml"]'])
def test_extends_names_one_recipe(complaint, value):
    assert complaint(f"extends = {value}\n") == (
        "r.toml:1: extends must be the path of a recipe or the name of a shipped one\n"
        f"    extends = {value}"
    )


def test_a_mistake_in_the_parent_is_told_with_the_parents_line(complaint, write, changed):
    write(changed(("dropout = 0.1", "dropout = 1.5")), "parent.toml")
    assert complaint(CHILD + "[encoder]\nhidden_size = 4\n") == (
        "parent.toml:18: [encoder] (small) dropout must be at least 0 and less than 1, found 1.5\n"
        "    dropout = 1.5"
    )


def test_a_mistake_that_the_child_mends_is_none(child, changed):
    parent = changed(("dropout = 0.1", "dropout = 1.5"))
    assert child("[encoder]\ndropout = 0.5\n", parent=parent).resolved["encoder"]["dropout"] == 0.5


def test_a_syntax_error_in_the_parent_is_told_with_the_parents_line(complaint, write):
    write("seed = 1\nmax_len =\n", "parent.toml")
    assert complaint(CHILD) == ("parent.toml:2: not TOML: Invalid value (column 10)\n    max_len =")
