"""The flat form of all pools that kernels read: one row a pool, ticks in a heap beside.

`FlatPools` is a tuple of arrays, since numba takes those by reference.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

EMPTY, PAIR, CONCENTRATED, CURVE = 0, 1, 2, 3
"""Kinds: nothing to trade, constant product, initialised ticks, float segments only."""

FEE, TICK, SPACING, OFFSET, COUNT, ABOVE, OFFSET1, COUNT1 = range(8)
"""Columns of `ints`. ABOVE is how many of the pool's ticks are at or below its tick.

Of a CURVE, OFFSET and COUNT name its segments that sell token0, OFFSET1 and COUNT1 token1's.
"""

RESERVE0, RESERVE1 = 0, 2
SQRT_PRICE, LIQUIDITY = 0, 3
"""Columns of `words`, of a PAIR and of a CONCENTRATED pool: 2, 2, 3 and 2 limbs."""

TICK_SQRT, TICK_NET = 0, 3
"""Columns of `tick_words`: 3 limbs of square-root price, 2 of net liquidity in two's complement."""

WORDS, INTS = 5, 8

FULL_RESERVE = 127.0 / 128.0 * 2.0**112
"""A pair that holds more of a token has no room worth a search for more of it."""


class FlatPools(NamedTuple):
    """Exact integers as limbs, and the floats derived from them.

    `floats` [pool]: reserve0 and reserve1 of a PAIR; square-root price (not Q96) and liquidity of a
    CONCENTRATED pool; then gamma, what the fee leaves of an input.
    `log_prices`, `slopes` [pool, direction] of the first segment (see `venues.base.Segment`).
    `tick_floats` [tick]: its square-root price, and the liquidity of the range above it.
    `segments` [segment]: price, slope, capacity.
    `smooth` [pool, direction]: the row of a CURVE that is smooth (`kernels.smooth`), else zeros.
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
