"""Square-root prices of ticks in limbs, as in `venues.v3_tick_math`."""

import numpy as np

from keeper.market.kernels.compiler import inner
from keeper.market.kernels.limbs import ALL_ONES, HALF, ONE, ZERO, Words, divide, increment, mul
from keeper.market.kernels.quotes import T0, T1, T2
from keeper.market.venues.v3_tick_math import RATIOS

_FACTORS = np.array([(r & 2**64 - 1, r >> 64) for r in RATIOS], dtype=np.uint64)


@inner
def sqrt_ratio_at(w: Words, r: int, tick: int) -> None:
    """R = the square-root price at `tick`, 3 limbs, rounded up as the contract does."""
    w[T0], w[T0 + 1], w[T0 + 2] = ZERO, ZERO, ONE
    magnitude = abs(tick)
    for bit in range(_FACTORS.shape[0]):
        if (magnitude >> bit) & 1:
            w[T2], w[T2 + 1] = _FACTORS[bit, 0], _FACTORS[bit, 1]
            mul(w, T1, T0, 3, T2, 2)
            w[T0], w[T0 + 1], w[T0 + 2] = w[T1 + 2], w[T1 + 3], w[T1 + 4]
    w[T0 + 3] = ZERO
    if tick > 0:
        for i in range(4):
            w[T1 + i] = ALL_ONES
        divide(w, T0, T1, 4, T0, 3)
    rest = (w[T0] << HALF) != ZERO
    for i in range(3):
        w[r + i] = (w[T0 + i] >> HALF) | (w[T0 + i + 1] << HALF)
    if rest:
        increment(w, r, 3)
