"""Encoders that break their contract."""

# ruff: noqa: RUF012 (what is expected is never changed)

from typing import ClassVar

import attrs
from torch import nn

from fw.nn.items import ItemTable
from fw.testing import EncoderContract


class Encoder(nn.Module):
    """The mean of the items so far, and what is put on top of it."""

    causal = True

    def __init__(self, info):
        super().__init__()
        self.hidden_size = 4
        self.items = ItemTable(info.num_items, 4, nn.init.normal_)

    def forward(self, sequences, rng=None):
        real = sequences.is_real() & (sequences.items > 0)
        rows = self.items.rows(sequences.items)
        count = real.cumsum(1).clamp(min=1)[:, :, None]
        return self.changed(rows.cumsum(1) / count, rows, sequences) * real[:, :, None]

    def changed(self, means, rows, sequences):
        return means


def broken(module, **attributes):
    """Make an encoder's settings class of its module."""

    @attrs.frozen(kw_only=True)
    class Broken:
        """Break one rule."""

        def build(self, info):
            return module(info)

    for name, value in attributes.items():
        setattr(Broken, name, value)
    return Broken


class TestRight(EncoderContract):
    component = broken(Encoder)
    expected = {}


class Loud(Encoder):
    def forward(self, sequences, rng=None):
        return super().forward(sequences) + 1


class TestLoud(EncoderContract):
    component = broken(Loud)
    expected = {
        "test_hidden_states_are_0_at_padding_and_finite": "hidden states are not 0 at padding\n"
        "    multiply by sequences.is_real()[:, :, None]",
        "test_gaps_between_items_are_padding_too": "the hidden state of a gap is not 0",
    }


class Double(Encoder):
    def forward(self, sequences, rng=None):
        return super().forward(sequences).double()


class TestDouble(EncoderContract):
    component = broken(Double)
    expected = {
        "test_hidden_states_are_0_at_padding_and_finite": "hidden states are [10, 8, 4] "
        "torch.float64\n    they must be [10, 8, 4] torch.float32",
        "test_gradients_reach_every_weight_and_leave_padding_alone": "RuntimeError: ...",
    }


class SeesAhead(Encoder):
    def changed(self, means, rows, sequences):
        return means + rows.sum(1, keepdim=True)


class TestSeesAhead(EncoderContract):
    component = broken(SeesAhead)
    expected = {
        "test_no_position_sees_a_later_item_if_it_is_causal": "another item at position 5 moves "
        "states before it, by up to ...\n    hide later positions, or say causal = False",
    }


class SaysSoTooLate(SeesAhead):
    causal = False


class TestSaysSoTooLate(EncoderContract):
    component = broken(SaysSoTooLate)
    expected = {
        "test_causality_is_known_before_it_is_built": "causal is False, but the settings say True\n"
        "    state it in the settings class too: causal: ClassVar[bool] = False"
    }


class TestSaysSo(EncoderContract):
    component = broken(SaysSoTooLate, causal=False)
    expected = {}


class Frozen(Encoder):
    def __init__(self, info):
        super().__init__(info)
        self.requires_grad_(False)


TRAINED = "test_whether_there_is_anything_to_train_is_known_before_it_is_built"


class TestFrozen(EncoderContract):
    component = broken(Frozen)
    expected = {
        TRAINED: "trainable is True, but 0 of its weights have gradients\n"
        "    trainable = False goes with module.requires_grad_(False)",
        "test_gradients_reach_every_weight_and_leave_padding_alone": "RuntimeError: ...",
    }


class SaysFrozen(Frozen):
    trainable = False


class TestSaysFrozenTooLate(EncoderContract):
    component = broken(SaysFrozen)
    expected = {
        TRAINED: "trainable is False, but the settings say True\n"
        "    state it in the settings class too: trainable: ClassVar[bool] = False"
    }


class TestSaysFrozen(EncoderContract):
    component = broken(SaysFrozen, trainable=False)
    expected = {}


class Forgetful(Encoder):
    def changed(self, means, rows, sequences):
        return rows + rows.roll(1, 1)


DEAF = "test_every_state_depends_on_the_items_it_is_made_for"


class TestForgetful(EncoderContract):
    component = broken(Forgetful)
    expected = {
        DEAF: "the newest of 8 states is the same whatever stands at positions [0, 1, 2, 3, 4, 5]\n"
        "    where an encoder sees fewer items by design, set reach in the test class",
        "test_a_row_gets_the_same_in_any_batch": "...",
        "test_evaluation_drops_nothing_and_depends_on_the_row_alone": "...",
    }


class Short(Encoder):
    def changed(self, means, rows, sequences):
        return rows


class TestShort(EncoderContract):
    component = broken(Short)
    reach = 1
    expected = {}


class Untrained(Encoder):
    def __init__(self, info):
        super().__init__(info)
        self.unused = nn.Linear(4, 4)


GRADIENTS = "test_gradients_reach_every_weight_and_leave_padding_alone"


class TestUntrained(EncoderContract):
    component = broken(Untrained)
    expected = {
        GRADIENTS: "no gradient reaches unused.weight, unused.bias\n"
        "    use the weight, or freeze it with requires_grad_(False)"
    }


class Steep(Encoder):
    def changed(self, means, rows, sequences):
        return means + (means * 0).sqrt()


class TestSteep(EncoderContract):
    component = broken(Steep)
    expected = {GRADIENTS: "gradients are not finite: items.weight"}


class PlainTable(nn.Embedding):
    def rows(self, ids):
        return self(ids)

    def scores(self, hidden):
        return hidden @ self.weight.T


class Plain(SaysSoTooLate):
    def __init__(self, info):
        super().__init__(info)
        self.items = PlainTable(info.num_items + 1, 4)


class TestPlain(EncoderContract):
    component = broken(Plain, causal=False)
    expected = {
        "test_its_item_table_knows_every_item": "items is PlainTable\n"
        "    it must be a fw.nn.items.ItemTable",
        "test_a_row_gets_the_same_in_any_batch": "...",
        "test_evaluation_drops_nothing_and_depends_on_the_row_alone": "...",
        GRADIENTS: "the row of PAD in the item table has a gradient\n"
        "    make the table of fw.nn.items.ItemTable",
        "test_the_mask_token_is_an_item_of_its_own": "IndexError: ...",
    }


class Small(Encoder):
    def __init__(self, info):
        super().__init__(info)
        self.items = ItemTable(info.num_items - 1, 4, nn.init.normal_)

    def forward(self, sequences, rng=None):
        items = sequences.items.clamp(max=29)
        return super().forward(sequences._replace(items=items))


class TestSmall(EncoderContract):
    component = broken(Small)
    expected = {
        "test_its_item_table_knows_every_item": "the item table is [31, 4]\n"
        "    it must be [32, 4]: N + 2 rows"
    }


class Dropping(Encoder):
    """Torch's own dropout, even in evaluation."""

    batch_invariant: ClassVar[bool] = False

    def changed(self, means, rows, sequences):
        return nn.functional.dropout(means, 0.3)  # seldom all of a state, or none of a row


class TestDropping(EncoderContract):
    component = broken(Dropping)
    expected = {
        "test_evaluation_drops_nothing_and_depends_on_the_row_alone": "draws from the global "
        "generator of torch\n"
        "    draw from the rng that is given: rng.uniform(shape), rng.integers(shape, high)",
        "test_no_position_sees_a_later_item_if_it_is_causal": "...",
    }


class TorchDropout(Encoder):
    """Torch's own dropout, in training alone."""

    batch_invariant: ClassVar[bool] = False

    def changed(self, means, rows, sequences):
        return nn.functional.dropout(means, 0.5, self.training)


class TestTorchDropout(EncoderContract):
    component = broken(TorchDropout)
    expected = {}


class CountsWidth(Encoder):
    def changed(self, means, rows, sequences):
        return means / sequences.items.shape[1]


class TestCountsWidth(EncoderContract):
    component = broken(CountsWidth)
    expected = {
        "test_evaluation_drops_nothing_and_depends_on_the_row_alone": "rows [0, 2, 3, 7, 8] padded "
        "to 4 are encoded differently than among all rows: hidden [0]: ...\n"
        "    neither other rows nor the amount of padding may matter",
        "test_a_row_gets_the_same_in_any_batch": "rows [0, 2, 3, 7, 8] padded to 4 differ ...",
    }


class Oldest(Encoder):
    def newest(self, sequences):
        return self(sequences)[:, 0]


class TestOldest(EncoderContract):
    component = broken(Oldest)
    expected = {
        "test_the_newest_states_are_those_of_the_whole": "newest() gives others than the newest of "
        "all states: ..."
    }


class MaskAsPadding(Encoder):
    def changed(self, means, rows, sequences):
        return means * (sequences.items <= self.items.num_items)[:, :, None]


class TestMaskAsPadding(EncoderContract):
    component = broken(MaskAsPadding)
    expected = {
        "test_the_mask_token_is_an_item_of_its_own": "the hidden state of the mask token is 0\n"
        "    embed it like an item: it is number 31, N + 1"
    }


class OtherTogether(Encoder):
    def together(self, parts, rngs):
        return [self(part, rng) + 1 for part, rng in zip(parts, rngs, strict=True)]


class TestOtherTogether(EncoderContract):
    component = broken(OtherTogether)
    expected = {
        "test_parts_together_are_those_alone": "together() gives others for part 0 than a call for "
        "it: ..."
    }
