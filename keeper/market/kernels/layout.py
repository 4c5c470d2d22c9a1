"""The flat form of all pools that kernels read: one row a pool, ticks in a heap beside.

`FlatPools` is a tuple of arrays, since numba takes those by reference.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

EMPTY, PAIR, CONCENTRATED, CURVE, WEIGHTED, STABLE = range(6)
"""Kinds: nothing to trade, constant product, initialised ticks; then two tokens of a pool of
several: Curve's StableSwap, Balancer's weighted and stable pools."""

FEE, TICK, SPACING, OFFSET, COUNT, ABOVE, OFFSET1, COUNT1 = range(8)
"""Columns of `ints`. ABOVE is how many of the pool's ticks are at or below its tick."""

FEE1 = OFFSET1
"""Of a CONCENTRATED pool: the fee of selling token1."""

NUMBERS, TOKENS, SIDE0, SIDE1 = FEE, TICK, SPACING, ABOVE
"""Of a pool of several tokens: where its `numbers` begin, how many tokens it holds, and the places
of token0 and token1 among them. OFFSET and COUNT name its segments that sell token0, OFFSET1 and
COUNT1 token1's."""

GAMMA = 2
"""Columns of `floats` from here on: what the fee leaves of an input of token0, and of token1."""

RESERVE0, RESERVE1 = 0, 2
SQRT_PRICE, LIQUIDITY = 0, 3
"""Columns of `words`, of a PAIR and of a CONCENTRATED pool: 2, 2, 3 and 2 limbs."""

TICK_SQRT, TICK_NET = 0, 3
"""Columns of `tick_words`: 3 limbs of square-root price, 2 of net liquidity in two's complement."""

ROOT, LEVEL, HELD0, HELD1 = range(4)
TICK_FLOATS = 4
"""Columns of `tick_floats`: a tick's square-root price (not Q96), the liquidity of the range above
it, the token0 of all ranges above it, and the token1 of all below."""

WORDS, INTS = 5, 8

FULL_RESERVE = 127.0 / 128.0 * 2.0**112
"""A pair that holds more of a token has no room worth a search for more of it."""


class FlatPools(NamedTuple):
    """Exact integers as limbs, and the floats derived from them.

    `floats` [pool]: reserve0 and reserve1 of a PAIR; square-root price (not Q96) and liquidity of a
    CONCENTRATED pool; then as GAMMA says.
    `log_prices`, `slopes` [pool, direction] of the first segment (see `venues.base.Segment`).
    `segments` [segment]: price, slope, capacity. `numbers` [row]: an integer of 256 bits, in the
    order that the kernels of the pool's kind name.
    `smooth` [pool, direction]: the float curve of a pool of several tokens (`kernels.smooth`).
    """

    kinds: NDArray[np.uint8]
    words: NDArray[np.uint64]
    ints: NDArray[np.int64]
    floats: NDArray[np.float64]
    log_prices: NDArray[np.float64]
    slopes: NDArray[np.float64]
    smooth: NDArray[np.float64]
    tick_at: NDArray[np.int64]
    tick_words: NDArray[np.uint64]
    tick_floats: NDArray[np.float64]
    segments: NDArray[np.float64]
    numbers: NDArray[np.uint64]
