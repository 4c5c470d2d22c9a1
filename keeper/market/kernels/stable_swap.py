"""Exact quotes of Curve StableSwap pools in limbs: `venues.curve` and `venues.curve_math`."""

import numpy as np

from keeper.market.kernels.checked import (
    LIMBS,
    is_next_to,
    load,
    minus,
    over,
    over_word,
    pay_out,
    plus,
    times,
    times_word,
    widen,
)
from keeper.market.kernels.compiler import inner, part
from keeper.market.kernels.layout import NUMBERS, SIDE0, SIDE1, TOKENS, FlatPools
from keeper.market.kernels.limbs import (
    ALL_ONES,
    ONE,
    TOP_BIT,
    ZERO,
    Word,
    Words,
    copy,
    is_zero,
    less,
)
from keeper.market.kernels.quotes import PAID, REFUSED

TERMS, INVARIANT, RATES, BALANCES = 0, 1, 2, 4
"""Rows of a pool's numbers: amplification, its precision, fee and off-peg multiplier in one; D; the
rates of token0 and token1; and all balances in units of the invariant, in the contract's order."""

ROUNDS = 255
_PRECISION = np.uint64(10**18)
_FEE_ONE = np.uint64(10**10)
_FOUR = np.uint64(4)
_D, _C, _B, _Y, _LAST, _BELOW, _T, _X, _IN, _OUT, _RATE = range(6, 50, 4)


@part
def curve_out(w: Words, pools: FlatPools, slot: int, direction: int) -> int:
    """GOT of PAID; returns a status."""
    numbers, first = pools.numbers, pools.ints[slot, NUMBERS]
    load(w, _D, numbers, first + INVARIANT)
    if is_zero(w, PAID, 2) or is_zero(w, _D, LIMBS):
        return REFUSED
    if not (_buy(w, pools, slot, direction) and _take_fee(w, pools, slot)):
        return REFUSED
    load(w, _RATE, numbers, first + RATES + 1 - direction)
    return pay_out(w, _T, _PRECISION, _RATE)


@part
def _buy(w: Words, pools: FlatPools, slot: int, direction: int) -> bool:
    """T = what PAID buys before the fee, X and Y the balances then; all in the invariant's units.

    False where the contract reverts.
    """
    numbers, first = pools.numbers, pools.ints[slot, NUMBERS]
    sold = pools.ints[slot, SIDE0 if direction == 0 else SIDE1]
    bought = pools.ints[slot, SIDE1 if direction == 0 else SIDE0]
    load(w, _IN, numbers, first + BALANCES + sold)
    load(w, _OUT, numbers, first + BALANCES + bought)
    load(w, _RATE, numbers, first + RATES + direction)
    widen(w, _X, PAID)
    if not times(w, _X, _X, _RATE):
        return False
    over_word(w, _X, _X, _PRECISION)
    if not (plus(w, _X, _X, _IN) and _quadratic(w, pools, slot, sold, bought) and _settle(w)):
        return False
    return minus(w, _T, _OUT, _Y) and _less_one(w, _T)


@part
def _take_fee(w: Words, pools: FlatPools, slot: int) -> bool:
    """Take the fee off T; False where the contract reverts."""
    terms = pools.ints[slot, NUMBERS] + TERMS
    fee, multiplier = pools.numbers[terms, 2], pools.numbers[terms, 3]
    fits = True
    if multiplier > _FEE_ONE:
        fits, fee = _off_peg(w, fee, multiplier)
    if not (fits and times_word(w, _X, _T, fee)):
        return False
    over_word(w, _X, _X, _FEE_ONE)
    return minus(w, _T, _T, _X)


@inner
def _less_one(w: Words, r: int) -> bool:
    """R = r - 1; False where it was 0."""
    for i in range(LIMBS):
        w[r + i] -= ONE
        if w[r + i] != ALL_ONES:
            return True
    return False


@part
def _quadratic(w: Words, pools: FlatPools, slot: int, sold: int, bought: int) -> bool:
    """B and C of y^2 + (B - D) y = C for the balance y bought; False where the contract reverts."""
    numbers, first, n = pools.numbers, pools.ints[slot, NUMBERS], pools.ints[slot, TOKENS]
    amp, precision = numbers[first + TERMS, 0], numbers[first + TERMS, 1]
    count = np.uint64(n)
    copy(w, _C, _D, LIMBS)
    for i in range(LIMBS):
        w[_B + i] = ZERO
    for place in range(n):
        if place == bought:
            continue
        if place == sold:
            copy(w, _T, _X, LIMBS)
        else:
            load(w, _T, numbers, first + BALANCES + place)
        if is_zero(w, _T, LIMBS) or not (plus(w, _B, _B, _T) and times(w, _C, _C, _D)):
            return False
        if not times_word(w, _T, _T, count):
            return False
        over(w, _C, _C, _T)
    ann = amp * count
    if not (times(w, _C, _C, _D) and times_word(w, _C, _C, precision)):
        return False
    over_word(w, _C, _C, ann * count)
    if not times_word(w, _T, _D, precision):
        return False
    over_word(w, _T, _T, ann)
    return plus(w, _B, _B, _T)


@part
def _settle(w: Words) -> bool:
    """Y by Newton's method from D, as the contract iterates; False where it reverts."""
    copy(w, _Y, _D, LIMBS)
    for _ in range(ROUNDS):
        copy(w, _LAST, _Y, LIMBS)
        if not (plus(w, _BELOW, _Y, _Y) and plus(w, _BELOW, _BELOW, _B)):
            return False
        if not less(w, _D, _BELOW, LIMBS):
            return False
        minus(w, _BELOW, _BELOW, _D)
        if not (times(w, _T, _Y, _Y) and plus(w, _T, _T, _C)):
            return False
        over(w, _Y, _T, _BELOW)
        if is_next_to(w, _Y, _LAST):
            return True
    return False


@inner
def _off_peg(w: Words, fee: Word, multiplier: Word) -> tuple[bool, Word]:
    """Whether the dynamic fee can be told, and what it is at the middle of the swap."""
    if not (plus(w, _X, _X, _IN) and plus(w, _Y, _Y, _OUT)):
        return False, fee
    _halve(w, _X)
    _halve(w, _Y)
    if not (times(w, _C, _X, _Y) and times_word(w, _C, _C, multiplier - _FEE_ONE)):
        return False, fee
    if not (times_word(w, _C, _C, _FOUR) and plus(w, _X, _X, _Y) and times(w, _X, _X, _X)):
        return False, fee
    over(w, _C, _C, _X)
    w[_X], w[_X + 1], w[_X + 2], w[_X + 3] = fee, ZERO, ZERO, ZERO
    times_word(w, _X, _X, multiplier)
    over_word(w, _X, _X, w[_C] + _FEE_ONE)
    return True, w[_X]


@inner
def _halve(w: Words, r: int) -> None:
    for i in range(LIMBS - 1):
        w[r + i] = (w[r + i] >> ONE) | (w[r + i + 1] << TOP_BIT)
    w[r + LIMBS - 1] >>= ONE
