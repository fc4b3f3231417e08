"""Ratios of the real augmenters, from a recipe: what is refused is told before any data is read."""

import attrs
import pytest

from fw.config.reading import read_recipe
from fw.discovery import discover
from fw.errors import RecipeError


@pytest.fixture(scope="module")
def installed():
    return discover()


WITH_RATIO = ["crop", "mask", "reorder", "replace", "substitute", "insert"]
B35 = {
    "-0.1": "must be between 0 and 1, found -0.1",
    "1.5": "must be between 0 and 1, found 1.5",
    "inf": "must be between 0 and 1, found inf",
    "nan": "must be a number between 0 and 1, found nan (float)",
    '"0.5"': 'must be a number between 0 and 1, found "0.5" (string)\n'
    '    ratio = "0.5"\n    write ratio = 0.5',
    "true": "must be a number between 0 and 1, found true (boolean)",
    "[]": "must be a number between 0 and 1, found [] (list)",
}


def test_case_B35_every_augmenter_with_a_ratio_is_tested(installed):
    with_ratio = [
        entry.name
        for entry in installed.entries("augmenter")
        if "ratio" in {field.name for field in attrs.fields(entry.component)}
    ]
    assert with_ratio == sorted(WITH_RATIO)


@pytest.mark.parametrize("name", WITH_RATIO)
@pytest.mark.parametrize(("value", "said"), B35.items(), ids=B35)
def test_case_B35_a_ratio_out_of_range_is_refused_when_the_recipe_is_read(
    write, installed, name, value, said
):
    path = write(f'extends = "sasrec"\n[[augmenters]]\nname = "{name}"\nratio = {value}\n')
    with pytest.raises(RecipeError) as caught:
        read_recipe(path, installed)
    shown = said if "\n" in said else f"{said}\n    ratio = {value}"
    assert str(caught.value) == f"{path}:4: [[augmenters]] ({name}) ratio {shown}"


@pytest.mark.parametrize("name", WITH_RATIO)
@pytest.mark.parametrize("value", ["0", "1", "0.0", "1.0"])
def test_case_B35_the_ends_of_the_range_are_accepted(write, installed, name, value):
    path = write(f'extends = "sasrec"\n[[augmenters]]\nname = "{name}"\nratio = {value}\n')
    (augmenter,) = read_recipe(path, installed).resolved["augmenters"]
    assert augmenter["ratio"] == float(value)
