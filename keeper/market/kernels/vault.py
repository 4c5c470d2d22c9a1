"""Exact quotes of Balancer V2 pools in limbs: `venues.balancer` and its two kinds of pools."""

import numpy as np

from keeper.market.kernels.checked import (
    LIMBS,
    is_next_to,
    load,
    minus,
    over,
    over_up,
    over_word,
    over_word_up,
    pay_out,
    plus,
    times,
    times_word,
    widen,
)
from keeper.market.kernels.compiler import part
from keeper.market.kernels.layout import NUMBERS, SIDE0, SIDE1, TOKENS, WEIGHTED, FlatPools
from keeper.market.kernels.limbs import ONE, ZERO, Words, add, copy, is_zero, less, sub
from keeper.market.kernels.quotes import PAID, REFUSED
from keeper.market.kernels.vault_power import power_up

TERMS, HELD, SCALING, INVARIANT, SCALED = 0, 1, 2, 4, 5
"""Rows of a pool's numbers: its fee and, of a stable one, its amplification, of a weighted one
whether it has shortcuts; raw balances of token0 and token1, 2 limbs each; their scaling factors.

Of a stable pool then D, and all scaled balances."""

POWERS, ENDS = 4, 6
"""Of a weighted pool: the exponents of selling token0 and token1, and the two scaled balances."""

ROUNDS = 255
_ONE = np.uint64(10**18)
_AMP_PRECISION = np.uint64(1_000)
_RATIO = np.uint64(3 * 10**17)
_BALANCE_TOP = np.uint64(2**48)
_D, _C, _B, _Y, _LAST, _BELOW, _T, _X, _RATE = range(6, 42, 4)
_IN, _OUT, _LEFT = _D, _B, _C


@part
def vault_out(w: Words, pools: FlatPools, slot: int, direction: int) -> int:
    """GOT of PAID; returns a status."""
    numbers, first = pools.numbers, pools.ints[slot, NUMBERS]
    if is_zero(w, PAID, 2):
        return REFUSED
    widen(w, _X, PAID)
    for i in range(2):
        w[_T + i] = numbers[first + HELD, 2 * direction + i]
    if add(w, _T, _T, PAID, 2) != ZERO or w[_T + 1] >= _BALANCE_TOP:
        return REFUSED
    times_word(w, _T, _X, numbers[first + TERMS, 0])
    over_word_up(w, _T, _T, _ONE)
    minus(w, _X, _X, _T)
    load(w, _RATE, numbers, first + SCALING + direction)
    if not times(w, _X, _X, _RATE):
        return REFUSED
    over_word(w, _X, _X, _ONE)
    if pools.kinds[slot] == WEIGHTED:
        buys = _weighted(w, pools, slot, direction)
    else:
        buys = _stable(w, pools, slot, direction)
    load(w, _RATE, numbers, first + SCALING + 1 - direction)
    return pay_out(w, _T, _ONE, _RATE) if buys else REFUSED


@part
def _weighted(w: Words, pools: FlatPools, slot: int, direction: int) -> bool:
    """T = what X buys, both in 18 decimals."""
    numbers, first = pools.numbers, pools.ints[slot, NUMBERS]
    load(w, _IN, numbers, first + ENDS + direction)
    load(w, _OUT, numbers, first + ENDS + 1 - direction)
    if not times_word(w, _T, _IN, _RATIO):
        return False
    over_word(w, _T, _T, _ONE)
    if less(w, _T, _X, LIMBS) or is_zero(w, _IN, LIMBS):
        return False
    plus(w, _X, _X, _IN)
    if not times_word(w, _T, _IN, _ONE):
        return False
    over_up(w, _T, _T, _X)
    load(w, _RATE, numbers, first + POWERS + direction)
    power_up(w, _LEFT, _T, _RATE, numbers[first + TERMS, 1] != ZERO)
    w[_T], w[_T + 1], w[_T + 2], w[_T + 3] = _ONE, ZERO, ZERO, ZERO
    if not minus(w, _T, _T, _LEFT):
        w[_T], w[_T + 1], w[_T + 2], w[_T + 3] = ZERO, ZERO, ZERO, ZERO
    if not times(w, _T, _OUT, _T):
        return False
    over_word(w, _T, _T, _ONE)
    return True


@part
def _stable(w: Words, pools: FlatPools, slot: int, direction: int) -> bool:
    """T = what X buys, both in 18 decimals."""
    numbers, first = pools.numbers, pools.ints[slot, NUMBERS]
    sold = pools.ints[slot, SIDE0 if direction == 0 else SIDE1]
    bought = pools.ints[slot, SIDE1 if direction == 0 else SIDE0]
    load(w, _D, numbers, first + INVARIANT)
    load(w, _T, numbers, first + SCALED + sold)
    if not (plus(w, _X, _X, _T) and _quadratic(w, pools, slot, sold, bought) and _settle(w)):
        return False
    load(w, _T, numbers, first + SCALED + bought)
    w[_X], w[_X + 1], w[_X + 2], w[_X + 3] = ONE, ZERO, ZERO, ZERO
    return minus(w, _T, _T, _Y) and minus(w, _T, _T, _X)


@part
def _quadratic(w: Words, pools: FlatPools, slot: int, sold: int, bought: int) -> bool:
    """B and C of y^2 + (B - D) y = C for the balance y bought; False where the pool reverts."""
    numbers, first, n = pools.numbers, pools.ints[slot, NUMBERS], pools.ints[slot, TOKENS]
    count, total = np.uint64(n), numbers[first + TERMS, 1] * np.uint64(n)
    for i in range(LIMBS):
        w[_B + i] = ZERO
    for place in range(n):
        load(w, _T, numbers, first + SCALED + place)
        if place == sold:
            copy(w, _T, _X, LIMBS)
        if place != bought and not plus(w, _B, _B, _T):
            return False
        if place == 0:
            copy(w, _C, _T, LIMBS)
        elif not times(w, _C, _C, _T):
            return False
        if not times_word(w, _C, _C, count):
            return False
        if place > 0:
            over(w, _C, _C, _D)
    if is_zero(w, _C, LIMBS) or not (times_word(w, _C, _C, total) and times(w, _T, _D, _D)):
        return False
    over_up(w, _C, _T, _C)
    load(w, _T, numbers, first + SCALED + bought)
    if not (times_word(w, _C, _C, _AMP_PRECISION) and times(w, _C, _C, _T)):
        return False
    over_word(w, _T, _D, total)
    return times_word(w, _T, _T, _AMP_PRECISION) and plus(w, _B, _B, _T)


@part
def _settle(w: Words) -> bool:
    """Y by Newton's method as the pool iterates; False where it reverts."""
    if not (times(w, _T, _D, _D) and plus(w, _T, _T, _C) and plus(w, _BELOW, _D, _B)):
        return False
    over_up(w, _Y, _T, _BELOW)
    for _ in range(ROUNDS):
        copy(w, _LAST, _Y, LIMBS)
        if not (plus(w, _BELOW, _Y, _Y) and plus(w, _BELOW, _BELOW, _B)):
            return False
        if not less(w, _D, _BELOW, LIMBS):
            return False
        sub(w, _BELOW, _BELOW, _D, LIMBS)
        if not (times(w, _T, _Y, _Y) and plus(w, _T, _T, _C)):
            return False
        over_up(w, _Y, _T, _BELOW)
        if is_next_to(w, _Y, _LAST):
            return True
    return False
