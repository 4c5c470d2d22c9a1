"""Checked arithmetic of 256 bits in a scratch array: what contracts revert on is told, not wrapped.

Numbers are of 4 limbs. `venues.uint256` says the same of Python's integers.
"""

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import inner
from keeper.market.kernels.limbs import (
    ONE,
    ZERO,
    Word,
    Words,
    add,
    copy,
    divide,
    divide_up,
    is_zero,
    less,
    mul,
    mul_word,
    sub,
)
from keeper.market.kernels.quotes import AMOUNT_TOP, BEYOND, FILLED, GOT, REFUSED, put_word

LIMBS = 4
WIDE = 80
"""Products before it is known whether they fit, of 5 limbs."""

Numbers = NDArray[np.uint64]


@inner
def load(w: Words, r: int, numbers: Numbers, row: int) -> None:
    """R = a row of 4 limbs."""
    for i in range(LIMBS):
        w[r + i] = numbers[row, i]


@inner
def widen(w: Words, r: int, a: int) -> None:
    """R = a, of 2 limbs."""
    w[r], w[r + 1] = w[a], w[a + 1]
    w[r + 2], w[r + 3] = ZERO, ZERO


@inner
def _used(w: Words, a: int) -> int:
    limbs = LIMBS
    while limbs > 1 and w[a + limbs - 1] == ZERO:
        limbs -= 1
    return limbs


@inner
def times(w: Words, r: int, a: int, b: int) -> bool:
    """R = a * b; False where that does not fit."""
    a_limbs, b_limbs = _used(w, a), _used(w, b)
    if a_limbs + b_limbs > LIMBS + 1:
        return False
    mul(w, WIDE, a, a_limbs, b, b_limbs)
    for i in range(LIMBS):
        w[r + i] = w[WIDE + i] if i < a_limbs + b_limbs else ZERO
    return bool(a_limbs + b_limbs <= LIMBS or w[WIDE + LIMBS] == ZERO)


@inner
def times_word(w: Words, r: int, a: int, word: Word) -> bool:
    """R = a * word; False where that does not fit."""
    mul_word(w, WIDE, a, LIMBS, word)
    for i in range(LIMBS):
        w[r + i] = w[WIDE + i]
    return bool(w[WIDE + LIMBS] == ZERO)


@inner
def plus(w: Words, r: int, a: int, b: int) -> bool:
    """R = a + b; False where that does not fit."""
    return bool(add(w, r, a, b, LIMBS) == ZERO)


@inner
def minus(w: Words, r: int, a: int, b: int) -> bool:
    """R = a - b; False where that is negative."""
    return bool(sub(w, r, a, b, LIMBS) == ZERO)


@inner
def over(w: Words, r: int, a: int, d: int) -> None:
    """R = a // d, d not 0."""
    divide(w, r, a, LIMBS, d, LIMBS)


@inner
def over_up(w: Words, r: int, a: int, d: int) -> None:
    """R = ceil(a / d), d not 0."""
    divide_up(w, r, a, LIMBS, d, LIMBS)


@inner
def over_word(w: Words, r: int, a: int, word: Word) -> None:
    """R = a // word."""
    divide(w, r, a, LIMBS, put_word(w, word), 1)


@inner
def over_word_up(w: Words, r: int, a: int, word: Word) -> None:
    """R = ceil(a / word)."""
    divide_up(w, r, a, LIMBS, put_word(w, word), 1)


@inner
def is_next_to(w: Words, a: int, b: int) -> bool:
    """Whether |a - b| <= 1."""
    upper, lower = (b, a) if less(w, a, b, LIMBS) else (a, b)
    sub(w, WIDE, upper, lower, LIMBS)
    for i in range(1, LIMBS):
        if w[WIDE + i] != ZERO:
            return False
    return bool(w[WIDE] <= ONE)


@inner
def pay_out(w: Words, r: int, one: Word, rate: int) -> int:
    """GOT = r * one / rate, from a pool's own units to raw ones; returns a status."""
    if not times_word(w, r, r, one):
        return REFUSED
    over(w, r, r, rate)
    if not is_zero(w, r + 2, 2) or w[r + 1] >= AMOUNT_TOP:
        return BEYOND
    copy(w, GOT, r, 2)
    return FILLED
