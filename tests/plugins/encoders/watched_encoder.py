"""What is looked at in the same way for encoders of every family: their draws, and compiling."""

import torch
from slow_encoder import sequences_of
from torch.testing import assert_close

from fw.random import Rng


def draws_of(encoder, monkeypatch):
    """Return, for each time an encoder draws, four numbers of each place that it draws from."""
    drawn = []
    states = Rng._states

    def recorded(rng, shape):
        drawn.append(tuple(states(rng, (len(rng._row_words), 4)).flatten().tolist()))
        return states(rng, shape)

    monkeypatch.setattr(Rng, "_states", recorded)
    sequences = sequences_of([[1, 2], [3, 4]])
    encoder(sequences, Rng.for_rows(5, 1, sequences.rows))
    return drawn


def states_of_one_graph(encoder):
    """Compile an encoder without a break, compare with what it is eagerly; return its states."""
    encoder.double()
    sequences = sequences_of([[1, 2, 3], [4], []])

    def states(encoder, epoch):
        return encoder(sequences, Rng.for_rows(5, epoch, sequences.rows))

    torch.compiler.reset()
    compiled = torch.compile(states, backend="eager", fullgraph=True)
    epoch = torch.tensor(1)
    found = compiled(encoder, epoch)
    assert_close(found, states(encoder, epoch))
    return found
