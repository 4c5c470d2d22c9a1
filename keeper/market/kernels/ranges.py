"""Whole steps between ticks, remembered: what they take and give depends on nothing else.

A step from one tick to the next is the same for every amount that goes beyond, in every block in
which liquidity and fee are the same. Each is kept under all its operands, so that no entry can be
stale; a later one takes the place of an earlier one.
"""

import numpy as np

from keeper.market.kernels.compiler import part
from keeper.market.kernels.limbs import Words, copy, less
from keeper.market.kernels.quotes import (
    BEGAN,
    BOUGHT,
    LIQUID,
    NEEDED,
    PRICE,
    REST,
    TARGET,
)
from keeper.market.kernels.steps import FULL, PARTIAL, take_step

RANGES_BITS = 13
RANGE_WORDS = 16
"""A row's words: price, target, liquidity, then fee and direction, 9 in all; input with its fee and
output, 2 each; the rest is room, so that a row fills two cache lines."""

_TERMS, _NEEDED, _BOUGHT = 8, 9, 11
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""The golden ratio's bits: Fibonacci hashing."""


def ranges_space() -> Words:
    """Room for some thousand steps: about a MiB."""
    return np.zeros((1 << RANGES_BITS, RANGE_WORDS), dtype=np.uint64)


@part
def _terms(direction: int, fee: int) -> np.uint64:
    """Never 0, so that an empty row is nobody's."""
    return np.uint64(2 * fee + direction + 1)


@part
def _row(w: Words, terms: np.uint64) -> int:
    mixed = (w[PRICE] ^ (w[TARGET] * _SPREAD) ^ w[LIQUID] ^ terms) * _SPREAD
    return int(mixed >> np.uint64(64 - RANGES_BITS))


@part
def step_known(w: Words, ranges: Words, direction: int, fee: int, exact_in: bool) -> int:
    """Take a remembered step if REST reaches its end; PARTIAL where it does not, or none is known.

    An input reaches it if it pays for it with its fee: of whole units, rest * (1 - fee), rounded
    down, is at least the input without its fee exactly then.
    """
    terms = _terms(direction, fee)
    row = ranges[_row(w, terms)]
    if row[_TERMS] != terms:
        return PARTIAL
    for i in range(3):
        if row[i] != w[PRICE + i] or row[3 + i] != w[TARGET + i]:
            return PARTIAL
    if row[6] != w[LIQUID] or row[7] != w[LIQUID + 1]:
        return PARTIAL
    for i in range(2):
        w[NEEDED + i], w[BOUGHT + i] = row[_NEEDED + i], row[_BOUGHT + i]
    given = NEEDED if exact_in else BOUGHT
    if less(w, REST, given, 2):
        return PARTIAL
    return take_step(w, given, TARGET, FULL)


@part
def remember(w: Words, ranges: Words, direction: int, fee: int) -> None:
    """Keep the whole step from BEGAN to PRICE, which was its TARGET."""
    copy(w, PRICE, BEGAN, 3)
    terms = _terms(direction, fee)
    row = ranges[_row(w, terms)]
    for i in range(3):
        row[i], row[3 + i] = w[BEGAN + i], w[TARGET + i]
    row[6], row[7], row[_TERMS] = w[LIQUID], w[LIQUID + 1], terms
    for i in range(2):
        row[_NEEDED + i], row[_BOUGHT + i] = w[NEEDED + i], w[BOUGHT + i]
    copy(w, PRICE, TARGET, 3)
