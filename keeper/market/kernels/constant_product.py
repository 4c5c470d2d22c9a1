"""Exact quotes of Uniswap V2 pairs, as in `venues.uniswap_v2`."""

import numpy as np

from keeper.market.kernels.compiler import inner, part
from keeper.market.kernels.layout import FEE, RESERVE0, RESERVE1, FlatPools
from keeper.market.kernels.limbs import (
    ZERO,
    Words,
    add,
    divide,
    increment,
    is_zero,
    less,
    mul,
    mul_word,
    sub,
)
from keeper.market.kernels.quotes import FILLED, GOT, MILLION, PAID, REFUSED, T0, T1, T2, T3

_RESERVE_TOP = np.uint64(2**48)
_IN, _OUT = 6, 8


@part
def _load(w: Words, pools: FlatPools, slot: int, direction: int) -> bool:
    """Lay down the reserves in trading order; False when one is empty."""
    bought = RESERVE1 if direction == 0 else RESERVE0
    sold = RESERVE0 if direction == 0 else RESERVE1
    for i in range(2):
        w[_IN + i] = pools.words[slot, sold + i]
        w[_OUT + i] = pools.words[slot, bought + i]
    return not (is_zero(w, _IN, 2) or is_zero(w, _OUT, 2))


@inner
def _overflows(w: Words) -> bool:
    """Whether the input would lift its reserve beyond 112 bits."""
    return bool(add(w, T0, _IN, PAID, 2) != ZERO or w[T0 + 1] >= _RESERVE_TOP)


@part
def pair_out(w: Words, pools: FlatPools, slot: int, direction: int) -> int:
    """GOT of PAID; returns a status."""
    if not _load(w, pools, slot, direction) or is_zero(w, PAID, 2) or _overflows(w):
        return REFUSED
    mul_word(w, T0, PAID, 2, MILLION - np.uint64(pools.ints[slot, FEE]))
    mul(w, T1, T0, 3, _OUT, 2)
    mul_word(w, T2, _IN, 2, MILLION)
    w[T2 + 3] = add(w, T2, T2, T0, 3)
    divide(w, T3, T1, 5, T2, 4)
    w[GOT], w[GOT + 1] = w[T3], w[T3 + 1]
    return FILLED


@part
def pair_in(w: Words, pools: FlatPools, slot: int, direction: int) -> int:
    """PAID for GOT; returns a status."""
    if not _load(w, pools, slot, direction) or is_zero(w, GOT, 2) or not less(w, GOT, _OUT, 2):
        return REFUSED
    sub(w, T0, _OUT, GOT, 2)
    mul_word(w, T1, T0, 2, MILLION - np.uint64(pools.ints[slot, FEE]))
    mul(w, T2, _IN, 2, GOT, 2)
    mul_word(w, T2, T2, 4, MILLION)
    divide(w, T3, T2, 5, T1, 3)
    increment(w, T3, 5)
    if not is_zero(w, T3 + 2, 3):
        return REFUSED
    w[PAID], w[PAID + 1] = w[T3], w[T3 + 1]
    return REFUSED if _overflows(w) else FILLED
