"""Smooth curves as constant-product segments, for searches that walk segments only."""

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import kernel
from keeper.market.kernels.smooth import KIND, MAX_IN, NOTHING, SCALE_IN, SOLD, Row, quote

MAX_PIECES = 64
_FIRST_SHARE = 1e-3
_GROWTH = 1.5


@kernel
def pieces(row: Row, into: NDArray[np.float64]) -> int:
    """Segments of the row's curve, each exact at both of its ends, into `into`; returns how many.

    `into` [segment] is price, slope and capacity (`venues.base.Segment`). The first reaches a
    thousandth of the balance sold further and each next one 1.5 times as far, up to MAX_IN.
    """
    if row[KIND] == NOTHING:
        return 0
    step = row[SOLD] / row[SCALE_IN] * _FIRST_SHARE
    start = 0.0
    got, price, _ = quote(row, start)
    for found in range(into.shape[0]):
        end = min(start + step, row[MAX_IN])
        there, price_there, _ = quote(row, end)
        gained, width = there - got, end - start
        if not (width > 0.0 and 0.0 < gained < np.inf and 0.0 < price < np.inf):
            return found
        slope = max(price / gained - 1.0 / width, 0.0)
        # Where rounding hides the curvature the chord is the better straight line.
        into[found, 0] = price if slope > 0.0 else gained / width
        into[found, 1] = slope
        into[found, 2] = width
        start, got, price, step = end, there, price_there, step * _GROWTH
    return into.shape[0]
