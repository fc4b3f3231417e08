"""Randomness by address: what is drawn for a row depends on where it is used, not on the past.

The number at an address is a hash of (run seed, epoch, names on the way, row, indices after the
row). So it is the same in any batch order, at any batch size, padded length or number of processes,
and a run can be resumed without saving a generator. The idea is that of JAX's keys and ``fold_in``;
the generator is a counter-based one in the manner of Salmon et al., "Parallel random numbers: as
easy as 1, 2, 3" (SC 2011), with the output function of SplitMix64 (Steele, Lea and Flood, OOPSLA
2014), written as integer operations on tensors so that it runs, compiles and replays on any device.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

_SIGN = 1 << 63
_WRAP = 1 << 64


def _signed(value: int) -> int:
    """Bring a 64-bit pattern into the range of torch's int64."""
    value %= _WRAP
    return value - _WRAP if value >= _SIGN else value


# One odd increment for each index after the row, so that an index never needs the extent of
# another (a padded length, say) as its stride. They are 2^64 times the fractional parts of the
# powers of the plastic-like constants of the R_d sequence: far from small multiples of each other.
_INCREMENTS = tuple(
    _signed(value)
    for value in (0x9E3779B97F4A7C15, 0xC13FA9A902A6328F, 0x91E10DA5C79E7B1D, 0xD1B54A32D192ED03)
)
_MIX_1 = _signed(0xBF58476D1CE4E5B9)
_MIX_2 = _signed(0x94D049BB133111EB)
_MASKS = {shift: (1 << (64 - shift)) - 1 for shift in (27, 30, 31, 33, 40)}


def _shifted(value: Tensor, shift: int) -> Tensor:
    """Shift to the right filling with zeros; torch's own shift repeats the sign."""
    return (value >> shift).bitwise_and_(_MASKS[shift])


def _mix(value: Tensor) -> Tensor:
    """Scramble 64-bit words: the output function of SplitMix64, a bijection.

    Writes to ``value``, which must be the caller's own: fresh memory costs a tenth more.
    """
    value.bitwise_xor_(_shifted(value, 30)).mul_(_MIX_1)
    value.bitwise_xor_(_shifted(value, 27)).mul_(_MIX_2)
    return value.bitwise_xor_(_shifted(value, 31))


def _name_word(parent: int, name: str) -> int:
    """Hash a name below its parent (FNV-1a): plain arithmetic, which a compiler can follow."""
    word = parent % _WRAP
    for byte in (*name.encode(), 0xFF):  # never part of UTF-8: ends the name
        word = (word ^ byte) * 0x100000001B3 % _WRAP
    return _signed(word)


def _word(value: Tensor | int, device: torch.device) -> Tensor:
    """Bring a number to the device by filling memory there: a copy from the host would wait."""
    if isinstance(value, Tensor):
        return value.to(device=device, dtype=torch.int64)
    return torch.full((), value, dtype=torch.int64, device=device)


class Rng:
    """A place from which random numbers are drawn for the rows of a batch.

    Made by :meth:`for_rows`; components receive one and draw from it, or from children they name.
    Two draws from one place are the same numbers: a component that draws twice names two children.
    """

    __slots__ = ("_path", "_row_words")

    def __init__(self, row_words: Tensor, path: int = _signed(0xCBF29CE484222325)) -> None:
        self._row_words = row_words  # [B] int64, already scrambled
        self._path = path

    @classmethod
    def for_rows(cls, seed: Tensor | int, epoch: Tensor | int, rows: Tensor) -> Rng:
        """Make the root of all draws for ``rows`` ([B] int64) in an epoch.

        ``seed`` and ``epoch`` may be 0-d int64 tensors on the rows' device, so that a captured step
        can be replayed with another epoch.
        """
        words = _mix(_word(seed, rows.device) * _INCREMENTS[1] + 1)
        words = _mix(words ^ (_word(epoch, rows.device) * _INCREMENTS[2] + 2))
        return cls(_mix(words ^ (rows * _INCREMENTS[0])))

    def child(self, name: str) -> Rng:
        """Return the place called ``name`` below this one; its draws are independent of others."""
        return Rng(self._row_words, _name_word(self._path, name))

    def part(self, start: int, stop: int) -> Rng:
        """Return this place for rows ``start`` to ``stop`` of the batch alone."""
        return Rng(self._row_words[start:stop], self._path)

    def mapped(self, change: Callable[[Tensor], Tensor]) -> Rng:
        """Return this place for what ``change`` makes of the rows, given a word of each ([B])."""
        return Rng(change(self._row_words), self._path)

    def positions(self, length: int) -> Rng:
        """Return the places of positions 0 to ``length`` - 1 of each row: B * length rows.

        They hang on the path so far: places of several rows on several paths can be joined.
        """
        steps = torch.arange(length, device=self._row_words.device) * _INCREMENTS[0]
        words = (self._row_words ^ self._path).unsqueeze(1) + steps
        return Rng(_mix(words.flatten()))

    def columns(self, rows: int, start: int, stop: int) -> Rng:
        """Return positions ``start`` to ``stop`` of each row, of the places of all of them."""
        return Rng(self._row_words.view(rows, -1)[:, start:stop].flatten(), self._path)

    @staticmethod
    def joined(places: Sequence[Rng]) -> Rng:
        """Return the rows of places that :meth:`positions` gave, behind one another."""
        return Rng(torch.cat([place._row_words for place in places]))

    def words(self, shape: tuple[int, ...]) -> Tensor:
        """Draw 64 random bits for each element of ``shape``, whose first size is the rows'.

        Returns int64. At most four sizes may follow the first.
        """
        return _mix(self._states(shape))

    def _states(self, shape: tuple[int, ...]) -> Tensor:
        """Return what becomes words by mixing, in memory of its own: all draws begin here."""
        state = (self._row_words ^ self._path).view(-1, *(1 for _ in shape[1:]))
        for axis, size in enumerate(shape[1:]):
            if size > 1:  # otherwise there is nothing to count
                steps = torch.arange(size, device=state.device) * _INCREMENTS[axis]
                state = state + steps.view(-1, *(1 for _ in shape[axis + 2 :]))
        return state

    def uniform(self, shape: tuple[int, ...]) -> Tensor:
        """Draw float32 numbers, uniform on the 2^24 equally spaced values in [0, 1)."""
        return _shifted(self.words(shape), 40).to(torch.float32) * 2.0**-24

    def normal(self, shape: tuple[int, ...]) -> Tensor:
        """Draw float32 numbers from the standard normal distribution; none is beyond 5.5."""
        # The middles of 2^24 equal parts of (-1, 1), all of them exact in float32.
        middles = self.uniform(shape) * 2 - (1 - 2.0**-24)
        return torch.erfinv(middles) * math.sqrt(2)

    def integers(self, shape: tuple[int, ...], high: Tensor | int) -> Tensor:
        """Draw int64 numbers, uniform on 0 .. high - 1 (to within high / 2^31).

        ``high`` is broadcast against ``shape``; it is at least 1 and below 2^31.
        """
        # The high half of a product, as in Lemire's method: no division, no rejection.
        return (_shifted(self.words(shape), 33) * high) >> 31

    def bytes(self, shape: tuple[int, ...]) -> Tensor:
        """Draw uint8 numbers, uniform on 0 .. 255.

        Along the last axis eight are taken from each 64-bit word.
        """
        words = self.words((*shape[:-1], _words_for(shape[-1])))
        return words.view(torch.uint8)[..., : shape[-1]]

    @staticmethod
    def bytes_of_each(
        places: Sequence[Rng], shapes: Sequence[tuple[int, ...]]
    ) -> tuple[Tensor, Callable[[Tensor], list[Tensor]]]:
        """Draw what ``bytes`` of each place would, at once, which saves most of the calls.

        Returns all bytes in one axis, and what cuts that, or what has been made of each of them,
        into the shapes.
        """
        wide = [(*shape[:-1], _words_for(shape[-1])) for shape in shapes]
        parts = zip(places, wide, strict=True)
        words = _mix(torch.cat([place._states(shape).flatten() for place, shape in parts]))

        def cut(values: Tensor) -> list[Tensor]:
            pieces = torch.split(values, [8 * math.prod(shape) for shape in wide])
            found = zip(pieces, wide, shapes, strict=True)
            return [p.view(*to[:-1], 8 * to[-1])[..., : shape[-1]] for p, to, shape in found]

        return words.view(torch.uint8), cut


def _words_for(number: int) -> int:
    return -(-number // 8)
