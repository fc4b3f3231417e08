"""What no single table can know: whether the parts of a recipe fit together."""

import pytest

BCE = '[[losses]]\nname = "bce"\n'
CONTRAST = '[[losses]]\nname = "contrast"\n'
CROP = '[[augmenters]]\nname = "crop"\n'
MASK = '[[augmenters]]\nname = "mask"\n'
MEAN = '[pooling]\nname = "mean"\n'
OWN_CROP = '[[losses.augmenters]]\nname = "crop"\n'
OWN_MEAN = '[losses.pooling]\nname = "mean"\n'
DISTINCT = "[views]\ndistinct = true\n"
TASK = 'name = "next_item"'
ALL_REPORTED = "reported: valid/all/hr@10, valid/all/hr@5"


@pytest.fixture
def contrastive(recipe_text):
    """A function that returns the recipe with one loss, contrastive, in line 33, and more."""

    def contrastive(*more):
        text = recipe_text.replace(BCE, "\n\n")
        return "".join([text, CONTRAST, *more])

    return contrastive


MISSING = {
    "dataset": ('[dataset]\nname = "made_up"\n', "[dataset]", "[dataset]", "made_up, table"),
    "splitter": ('[splitter]\nname = "last_out"\n', "[splitter]", "[splitter]", "last_out"),
    "task": (f"[task]\n{TASK}\n", "[task]", "[task]", "hidden_item, next_item"),
    "loss": (BCE, "[[losses]]", "[[losses]]", "bce, contrast"),
}


@pytest.mark.parametrize(("old", "table", "add", "names"), MISSING.values(), ids=MISSING)
def test_a_kind_that_every_recipe_needs(complaint, changed, old, table, add, names):
    assert complaint(changed((old, ""))) == (
        f'r.toml: the recipe has no {table}\n    add {add} with name = "...", one of: {names}'
    )


def test_a_missing_table_is_not_hidden_by_a_mistake_in_another(complaint, changed):
    text = changed((MISSING["task"][0], ""), ("dropout = 0.1", "dropout = 2.0"))
    assert [line for line in complaint(text).splitlines() if line.startswith("r.toml")] == [
        "r.toml:16: [encoder] (small) dropout must be at least 0 and less than 1, found 2.0",
        "r.toml: the recipe has no [task]",
    ]


def test_a_table_that_is_wrong_is_not_missing(complaint, changed):
    said = complaint(changed(('name = "small"', 'name = "smal"')))
    assert "the recipe has no" not in said


def test_a_loss_that_needs_negatives_needs_a_sampler(complaint, changed):
    assert complaint(changed(('[sampler]\nname = "uniform"\n', ""))) == (
        "r.toml:18: loss 'bce' needs negatives from a sampler\n"
        "    [[losses]]\n"
        '    add [sampler] with name = "...", one of: uniform'
    )


def test_no_loss_that_needs_negatives_no_sampler(read, changed):
    text = changed(('[sampler]\nname = "uniform"\n', ""), ('name = "bce"', 'name = "contrast"'))
    assert read(text + CROP + MEAN).optional("sampler") is None


NO_AUGMENTERS = (
    "r.toml:33: loss 'contrast' needs augmenters to make views\n"
    "    [[losses]]\n"
    '    add [[augmenters]] with name = "...", one of: crop, mask'
)
NO_POOLING = (
    "r.toml:33: loss 'contrast' needs a pooling of views\n"
    "    [[losses]]\n"
    '    add [pooling] with name = "...", one of: mean'
)
WITHOUT = {
    "neither": ((), f"{NO_AUGMENTERS}\n{NO_POOLING}"),
    "augmenters alone": ((CROP,), NO_POOLING),
    "a pooling alone": ((MEAN,), NO_AUGMENTERS),
    "augmenters of its own alone": ((OWN_CROP,), NO_POOLING),
    "a pooling of its own alone": ((OWN_MEAN,), NO_AUGMENTERS),
    "an empty list of its own": (("augmenters = []\n", CROP, MEAN), NO_AUGMENTERS),
}


@pytest.mark.parametrize(("more", "said"), WITHOUT.values(), ids=WITHOUT)
def test_a_loss_that_compares_views_needs_augmenters_and_a_pooling(
    complaint, contrastive, more, said
):
    assert complaint(contrastive(*more)) == said


WITH = {
    "the recipe's": (CROP, MEAN),
    "its own": (OWN_CROP, OWN_MEAN),
    "its own augmenters, the recipe's pooling": (OWN_CROP, MEAN),
    "the recipe's augmenters, its own pooling": (OWN_MEAN, CROP),
}


@pytest.mark.parametrize("more", WITH.values(), ids=WITH)
def test_augmenters_and_poolings_may_be_the_recipes_or_the_losses_own(read, contrastive, more):
    assert read(contrastive(*more)).many("loss")[0].name == "contrast"


def test_an_augmenter_that_is_wrong_is_not_missing(complaint, contrastive):
    said = complaint(contrastive('[[augmenters]]\nname = "corp"\n', MEAN))
    assert said.splitlines()[0] == "r.toml:36: unknown augmenter 'corp'"
    assert "needs augmenters" not in said


ONE_OF_TWO = (
    "r.toml:33: loss 'contrast' is to draw two distinct augmenters, but has one\n"
    "    [[losses]]\n"
    "    add another to [[augmenters]], or distinct = false"
)
TOO_FEW = {
    "of the recipe": (CROP, MEAN, DISTINCT),
    "of its own": (OWN_CROP, CROP, MASK, MEAN, DISTINCT),
    "by its own word": ("distinct = true\n", CROP, MEAN),
}


@pytest.mark.parametrize("more", TOO_FEW.values(), ids=TOO_FEW)
def test_two_distinct_views_need_two_augmenters(complaint, contrastive, more):
    assert complaint(contrastive(*more)) == ONE_OF_TWO


@pytest.mark.parametrize("more", [(CROP, MASK, MEAN, DISTINCT), ("distinct = false\n", CROP, MEAN)])
def test_two_augmenters_are_enough_and_a_loss_may_decide_for_itself(read, contrastive, more):
    read(contrastive(*more))


def test_an_encoder_that_sees_what_it_is_to_predict_is_refused(complaint, changed):
    text = changed(('name = "small"\ndropout = 0.1', 'name = "both_ways"'))
    assert complaint(text) == (
        "r.toml:16: encoder 'both_ways' is not causal, as task 'next_item' requires\n"
        "    [encoder]\n"
        "    it would see the item it is to predict: choose another encoder, or a task that hides "
        "it: hidden_item"
    )


def test_an_encoder_that_sees_both_ways_fits_a_task_that_hides_items(read, changed):
    read(
        changed(
            ('name = "small"\ndropout = 0.1', 'name = "both_ways"'),
            (TASK, TASK[:8] + 'hidden_item"'),
        )
    )


def test_windows_that_leave_items_between_them_are_refused(complaint, changed):
    text = changed(("epochs = 2", "epochs = 2\nwindow_stride = 21"))
    assert complaint(text) == (
        "r.toml:29: window_stride must be at most max_len (20), found 21\n"
        "    window_stride = 21\n"
        "    items between two windows would never be predicted"
    )


def test_windows_may_be_as_far_apart_as_they_are_long(read, changed):
    text = changed(("epochs = 2", "epochs = 2\nwindow_stride = 20"))
    assert read(text).training.window_stride == 20


def test_two_evaluators_of_one_protocol_are_refused(complaint, recipe_text):
    assert complaint(recipe_text + '[[evaluators]]\nname = "ranked"\ncutoffs = [1]\n') == (
        "r.toml:33: two evaluators report the protocol 'all'\n"
        "    [[evaluators]]\n"
        '    give one of them another: protocol = "..."'
    )


def test_two_evaluators_of_two_protocols_are_welcome(read, recipe_text):
    text = recipe_text + '[[evaluators]]\nname = "ranked"\nprotocol = "other"\ncutoffs = [1]\n'
    assert read(text, 'training.monitor="valid/other/hr@1"').training.monitor == "valid/other/hr@1"


MONITORS = {
    "test/all/hr@10": "monitor must not look at the test cases\n{line}\n"
    "    what is selected by its test score has too good a test score: use valid/...",
    "test": "monitor must not look at the test cases\n{line}\n"
    "    what is selected by its test score has too good a test score: use valid/...",
    "valid/al/hr@10": 'no evaluator of this recipe reports "valid/al/hr@10"\n{line}\n'
    f"    did you mean 'valid/all/hr@10'?\n    {ALL_REPORTED}",
    "valid/xyzzy/plugh": 'no evaluator of this recipe reports "valid/xyzzy/plugh"\n{line}\n'
    f"    {ALL_REPORTED}",
    "valid/all/ndcg@10": 'no evaluator of this recipe reports "valid/all/ndcg@10"\n{line}\n'
    f"    did you mean 'valid/all/hr@10'?\n    {ALL_REPORTED}",
    "hr@10": 'monitor must be "valid/<protocol>/<metric>", found "hr@10"\n{line}\n'
    f"    {ALL_REPORTED}",
    "valid/hr@10": 'monitor must be "valid/<protocol>/<metric>", found "valid/hr@10"\n{line}\n'
    f"    did you mean 'valid/all/hr@10'?\n    {ALL_REPORTED}",
    "": f'monitor must be "valid/<protocol>/<metric>", found ""\n{{line}}\n    {ALL_REPORTED}',
}


@pytest.mark.parametrize(("monitor", "said"), MONITORS.items(), ids=MONITORS)
def test_the_monitor_is_a_reported_metric_of_the_validation_cases(
    complaint, changed, monitor, said
):
    line = f'monitor = "{monitor}"'
    text = changed(('monitor = "valid/all/hr@10"', line))
    assert complaint(text) == "r.toml:29: " + said.replace("{line}", f"    {line}")


def test_metrics_that_are_known_only_later_are_believed(read, recipe_text):
    text = recipe_text + '[[evaluators]]\nname = "late"\n'
    assert read(text, 'training.monitor="valid/late/x@1"').training.monitor == "valid/late/x@1"
