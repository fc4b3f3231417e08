"""The probability of every rank, since ties and drawn candidates leave a rank to chance.

Rank 1 is the best. A target that ties with t others is equally likely to stand on any of their
t + 1 places. Where it is ranked among candidates drawn from the eligible items, the probability is
over all draws, so that nothing need be drawn at all: Krichene and Rendle, "On sampled metrics for
item recommendation", KDD 2020, derive such expectations without ties.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from fw.ranking import Counts

Floats: TypeAlias = npt.NDArray[np.float64]


def among_all(counts: Counts, most: int) -> Floats:
    """Return P(rank = 1 .. most) ([C, most]) of targets ranked among all that was counted."""
    better, tied, _ = arrays(counts)
    ranks = np.arange(1, most + 1)
    possible = (ranks > better[:, None]) & (ranks <= (better + tied + 1)[:, None])
    return possible / (tied + 1)[:, None]


def among_distinct(counts: Counts, most: int, num_candidates: int) -> Floats:
    """Return P(rank = 1 .. most) ([C, most]) among candidates drawn without replacement.

    A case with fewer eligible items than ``num_candidates`` is ranked among all that it has.

    Were the target on place j + 1 of its E + 1 items, r of its K candidates would be better with
    the hypergeometric probability C(j, r) C(E - j, K - r) / C(E, K). Summed over the tied places
    j = b .. b + t that is (E + 1) / (K + 1) times the probability that, of K + 1 places drawn from
    E + 1, the (r + 1)-th is one of the tied: a difference of two cumulative probabilities.
    """
    better, tied, eligible = arrays(counts)
    population, drawn = eligible + 1, np.minimum(num_candidates, eligible) + 1
    before = _at_most_distinct(better, population, drawn, most)
    through = _at_most_distinct(better + tied + 1, population, drawn, most)
    return (before - through) * (population / (drawn * (tied + 1)))[:, None]


def among_repeated(counts: Counts, most: int, num_candidates: int) -> Floats:
    """Return P(rank = 1 .. most) ([C, most]) among candidates drawn with replacement.

    In place of counts there may be sums of weights, where items are drawn in proportion to those.
    Where the target itself may be drawn, it is to be counted as one more tied and eligible item: a
    copy scores the same. With p the share of better items and q that of ties, K drawn, and the
    target's place among its ties uniform, r are better with the mean over u in 0 .. 1 of the
    binomial probability of r at p + q u. As an integral of a Bernstein polynomial that is a
    difference of two cumulative binomial probabilities of K + 1.
    """
    better, tied, eligible = arrays(counts)
    pool = np.maximum(eligible, 1)[:, None]
    shares, ties, tying = better[:, None] / pool, tied[:, None] / pool, tied > 0
    result = np.empty((len(better), most))
    result[tying] = _tied_binomial(shares[tying], ties[tying], num_candidates, most)
    result[~tying] = _binomial(shares[~tying], num_candidates, most)
    return result


def arrays(counts: Counts) -> tuple[Floats, Floats, Floats]:
    """Return better, tied and eligible as float64 on the host."""
    better, tied, eligible = (values.cpu().numpy().astype(np.float64) for values in counts)
    return better, tied, eligible


def _binomial(shares: Floats, drawn: int, most: int) -> Floats:
    return np.diff(_at_most_binomial(shares, drawn, most), axis=1, prepend=0.0)


def _tied_binomial(shares: Floats, ties: Floats, drawn: int, most: int) -> Floats:
    before = _at_most_binomial(shares, drawn + 1, most)
    through = _at_most_binomial(np.minimum(shares + ties, 1.0), drawn + 1, most)
    return np.asarray((before - through) / ((drawn + 1) * ties))


def _at_most_binomial(shares: Floats, drawn: int, most: int) -> Floats:
    """Return P(at most 0 .. most - 1 of the drawn are better), [C, most]."""
    from scipy.special import bdtr  # slow to import: not before it is needed

    return np.asarray(bdtr(np.minimum(np.arange(most), drawn), drawn, shares))


def _at_most_distinct(marked: Floats, population: Floats, drawn: Floats, most: int) -> Floats:
    """Return P(at most 0 .. most - 1 of the drawn are marked), [C, most]: hypergeometric.

    P(r) = C(n, r) x^(r) (P - x)^(n - r) / P^(n), all powers falling, as a running product of r
    ratios and one of n - r. Unlike log-gamma that keeps the digits in which neighbouring ranks of
    a large catalogue differ.
    """
    population, marked, drawn = population[:, None], marked[:, None], drawn[:, None]
    r, i = np.arange(most), np.arange(int(drawn.max(initial=0)))
    left = population - drawn + r[:-1] + 1
    short = (drawn - r[:-1]) * np.maximum(marked - r[:-1], 0) / (left * r[1:])
    long = np.maximum(population - marked - i, 0) / np.maximum(population - i, 1)
    others = np.maximum(drawn - r, 0).astype(np.int64)
    exactly = _products(short) * np.take_along_axis(_products(long), others, axis=1)
    return np.cumsum(exactly, axis=1)


def _products(factors: Floats) -> Floats:
    """Return the product of the first 0, 1, 2, ... factors of each row."""
    return np.concatenate([np.ones((len(factors), 1)), np.cumprod(factors, axis=1)], axis=1)
