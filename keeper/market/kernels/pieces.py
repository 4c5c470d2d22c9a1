"""Smooth curves as constant-product segments, for searches that walk segments only."""

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import kernel
from keeper.market.kernels.smooth import KIND, MAX_IN, NOTHING, SCALE_IN, SOLD, Row, quote

MAX_PIECES = 256
TOLERANCE, ROUGHEST = 2e-6, 3e-4
"""How far a segment's price may be off the curve's at its end: in shares of what was bought up to
there, and of the price itself. The output is then right to about a sixth of the former."""

FALL = 0.01
"""Nobody trades on where this share of the first price is left."""

_FIRST_SHARE = 1e-3
_LEAST_SHARE = 1e-9


@kernel
def pieces(row: Row, into: NDArray[np.float64]) -> int:
    """Segments of the row's curve, each exact at both of its ends, into `into`; returns how many.

    `into` [segment] is price, slope and capacity (`venues.base.Segment`). They are as wide as the
    tolerance lets them be, and reach up to MAX_IN, far down in price, or as far as there is room.
    """
    if row[KIND] == NOTHING:
        return 0
    balance = row[SOLD] / row[SCALE_IN]
    step, start, found = balance * _FIRST_SHARE, 0.0, 0
    got, price, _ = quote(row, start)
    least = FALL * price
    while found < into.shape[0] and price > least:
        end = min(start + step, row[MAX_IN])
        there, price_there, _ = quote(row, end)
        gained, width = there - got, end - start
        if not (width > 0.0 and 0.0 < gained < np.inf and price < np.inf):
            return found
        slope = max(price / gained - 1.0 / width, 0.0)
        off = abs(price / ((1.0 + slope * width) ** 2 * price_there) - 1.0)
        allowed = min(TOLERANCE * there / gained, ROUGHEST)
        if off > allowed and step > balance * _LEAST_SHARE:
            step *= 0.5
            continue
        # Where rounding hides the curvature the chord is the better straight line.
        into[found, 0] = price if slope > 0.0 else gained / width
        into[found, 1] = slope
        into[found, 2] = width
        found += 1
        start, got, price = end, there, price_there
        step *= 1.5 if off < 0.3 * allowed else 1.0
    return found


def pieces_of(row: Row) -> NDArray[np.float64]:
    """The row's segments, as many as it takes."""
    found = np.empty((MAX_PIECES, 3))
    return found[: pieces(row, found)]
