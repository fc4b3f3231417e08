"""Clipping gradients, some of which name rows alone, is clipping what they stand for."""

import torch

from fw.engine.steps.clipping import clip_gradients

ROWS = torch.tensor([1, 3, 1])


def weights(sparse):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        table, other = (torch.randn(5, 3, requires_grad=True) for _ in range(2))
    read = torch.nn.functional.embedding(ROWS, table, sparse=sparse)
    (read.square().sum() + other.square().sum()).backward()
    return table, other


def gradients(most, *, sparse):
    both = weights(sparse)
    clip_gradients(both, most)
    return [one.grad.to_dense() if one.grad.is_sparse else one.grad for one in both]


def test_rows_are_clipped_as_the_same_gradient_laid_out_whole():
    for most in (0.5, 1000.0):
        for found, expected in zip(
            gradients(most, sparse=True), gradients(most, sparse=False), strict=True
        ):
            torch.testing.assert_close(found, expected)
