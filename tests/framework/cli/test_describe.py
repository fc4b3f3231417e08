"""``fw describe``: a component's source, settings and defaults."""

import json

import pytest

COLUMNS = ["key", "type", "default", "allowed", "help"]
pytestmark = pytest.mark.usefixtures("only_fakes")


def test_settings_are_described_with_type_default_and_range(command):
    lines = [line.rstrip() for line in command("describe", "encoder", "small").stdout.splitlines()]
    assert [line for line in lines if line and "──" not in line] == [
        "encoder small, from fakes (fw-seqrec 1.0)",
        "A small encoder.",
        "Settings:",
        " key           type      default   allowed                      help",
        " hidden_size   integer   8         at least 1",
        " dropout       number    0.2       at least 0 and less than 1",
        "Keys of fw's own in the same table: none",
    ]


def test_the_whole_docstring_is_shown(command):
    shown = command("describe", "optimizer", "adam").stdout
    assert "An optimizer.\n\nIt has a second paragraph.\n" in shown


def test_lists_options_and_booleans(command, table_rows):
    assert table_rows(command("describe", "optimizer", "adam").stdout) == [
        COLUMNS,
        ["learning_rate", "number", "0.001", "greater than 0", "step size"],
        ["betas", "list of 2 numbers", "[0.9, 0.98]"],
        ["warmup", "integer", "not set", "at least 1", "steps"],
        ["decoupled", "true or false", "false"],
    ]


def test_required_settings_choices_and_fws_own_keys(command, table_rows):
    assert table_rows(command("describe", "dataset", "table").stdout) == [
        COLUMNS,
        ["path", "path", "required", "the file"],
        ["columns", "list of strings", "[]"],
        ["separator", "string", '"comma"', '"comma", "tab"'],
        COLUMNS,
        [
            "min_user_count", "integer", "0", "at least 0",
            "drop users with fewer interactions, repeated until nothing changes",
        ],
        [
            "min_item_count", "integer", "0", "at least 0",
            "drop items with fewer interactions, repeated until nothing changes",
        ],
        [
            "duplicates", "string", '"drop"', '"drop", "keep"',
            "rows that repeat user, item and time exactly",
        ],
        [
            "fallback", "table that names a dataset", "not set",
            "used only where this data set can be neither found nor downloaded",
        ],
    ]  # fmt: skip


def test_as_json(command):
    found = json.loads(command("describe", "loss", "contrast", "--json").stdout)
    slot = found.pop("slot")
    assert found == {
        "kind": "loss",
        "name": "contrast",
        "plugin": "fakes",
        "distribution": "fw-seqrec",
        "version": "1.0",
        "summary": "Views against views.",
        "description": "Views against views.",
        "settings": [
            {
                "key": "temperature",
                "type": "number",
                "default": 0.2,
                "allowed": "greater than 0",
                "help": "",
                "required": False,
            }
        ],
    }
    assert [one["key"] for one in slot] == ["weight", "augmenters", "pooling", "distinct"]


def test_the_paper_of_a_real_component_is_shown(command, install):
    install("fw-real", "1.0", {}, {"loss-nt_xent": "fw_plugins.losses.nt_xent"})
    shown = command("describe", "loss", "nt_xent").stdout
    assert "Chen et al., ICML 2020" in shown
    assert '"cosine", "dot"' in shown


def test_a_misspelt_name_is_told_with_what_there_is(command):
    assert command("describe", "augmenter", "corp", code=2).stderr == (
        "unknown augmenter 'corp'\n"
        "    did you mean 'crop'?\n"
        "    known components of kind augmenter: crop, mask\n"
        "    searched: entry points of the group 'fw', and modules given with -p\n"
    )


def test_a_misspelt_kind_is_told_with_what_there_is(command):
    assert command("describe", "augmenters", "crop", code=2).stderr == (
        "unknown kind 'augmenters'\n"
        "    did you mean 'augmenter'?\n"
        "    known kinds: augmenter, dataset, encoder, evaluator, executor, index, input, loader, "
        "loss, optimizer, pooling, sampler, schedule, splitter, task, tracker\n"
    )


def test_case_B51_a_component_of_a_plugin_that_failed_is_told_with_the_cause(command, install):
    install("fw-wild", "2.5", {"fw_wild": "import no_blah"}, {"augmenter-wild": "fw_wild"})
    failure = (
        "plugin augmenter-wild (fw-wild 2.5) was not loaded: "
        "ModuleNotFoundError: No module named 'no_blah'"
    )
    assert command("describe", "augmenter", "wild", code=2).stderr == (
        f"warning: {failure}\n"
        "unknown augmenter 'wild'\n"
        "    known components of kind augmenter: crop, mask\n"
        "    searched: entry points of the group 'fw', and modules given with -p\n"
        f"    {failure}\n"
    )


def test_case_B50_a_name_that_two_plugins_offer_is_told_with_both(command, install):
    text = (
        "import fake_components\nfrom fw import hookimpl\n@hookimpl\n"
        "def register_augmenters(register): register('wild', fake_components.Crop)\n"
    )
    for name, version in (("pa", "1.0"), ("pb", "2.0")):
        install(name, version, {name: text}, {f"augmenter-{name}": name})
    assert command("describe", "augmenter", "wild", code=2).stderr.endswith(
        "\naugmenter 'wild' is offered by augmenter-pa (pa 1.0) and augmenter-pb (pb 2.0)\n"
        "    none of them is used: uninstall all but one\n"
    )
