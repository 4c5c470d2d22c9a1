"""Smooth curves in floats: what selling one token of a pool for another gives, from one flat row.

A row is one direction between two tokens of a Curve or Balancer pool. Of a pool of n tokens there
are n (n - 1) such rows, all under its address: a trade along one moves every other, so at most one
of them may be traded on the rows of a block. Stable pools (Egorov 2019): with y^2 + (x + B) y = c
before, y'^2 + (x' + B) y' = c x / x' after x' - x was sold, written so that no digits cancel.
Weighted pools (Martinelli and Mushegian 2019): y' = y (x / x')^SHAPE.
"""

from math import expm1, log1p, sqrt

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import inner, kernel

Row = NDArray[np.float64]

NOTHING, STABLE, WEIGHTED = 0.0, 1.0, 2.0
"""Kinds of row; NOTHING can be traded along the first."""

KIND, SCALE_IN, SCALE_OUT, SOLD, BOUGHT, SHAPE, FEE, MULTIPLIER, MAX_IN = range(9)
COLUMNS = 9
"""Columns of a row.

SCALE_IN turns raw units paid into the curve's units, less a fee on the input; SCALE_OUT the curve's
units into raw ones. SOLD and BOUGHT are the balances x and y in the curve's units. SHAPE is c of a
STABLE row, the weight of the token sold over that of the token bought of a WEIGHTED one. FEE is the
share of the output that a STABLE pool keeps, times up to MULTIPLIER away from balance (1 where it
is fixed). MAX_IN, in raw units, is the most that one swap may pay, infinite without a limit.
"""

_CLOSE, _NEAR = 1e-8, 1e-13
"""Of the input: a step of Newton's method that the next would not change, and a bracket's end."""
_MAX_STEPS = 100


def no_row() -> Row:
    """A row along which nothing can be traded."""
    return np.zeros(COLUMNS)


def stable_row(
    *,
    scale_in: float,
    scale_out: float,
    sold: float,
    bought: float,
    c: float,
    fee: float = 0.0,
    multiplier: float = 1.0,
    max_in: float = np.inf,
) -> Row:
    """A STABLE row of the columns' values."""
    held = (scale_in, scale_out, sold, bought)
    return np.array((STABLE, *held, c, fee, multiplier, max_in))


def weighted_row(
    *, scale_in: float, scale_out: float, sold: float, bought: float, power: float, max_in: float
) -> Row:
    """A WEIGHTED row of the columns' values."""
    held = (scale_in, scale_out, sold, bought)
    return np.array((WEIGHTED, *held, power, 0.0, 1.0, max_in))


@kernel
def quote(row: Row, dx: float) -> tuple[float, float, float]:
    """Output of `dx` raw units, and its first and second derivative there."""
    scale_in, scale_out = row[SCALE_IN], row[SCALE_OUT]
    if row[KIND] == STABLE:
        dy, slope, bend = _stable(row, dx * scale_in)
    elif row[KIND] == WEIGHTED:
        dy, slope, bend = _weighted(row, dx * scale_in)
    else:
        return 0.0, 0.0, 0.0
    slope *= scale_in * scale_out
    return dy * scale_out, slope, bend * scale_in * scale_in * scale_out


@kernel
def input_at(row: Row, wanted: float) -> float:
    """Raw input beyond which the marginal price is below `wanted` > 0; at most MAX_IN.

    0 where the price is not above `wanted` to begin with, MAX_IN (perhaps infinite) where it stays
    above. Where a pool's own fee makes the price rise on the way, it is a place where the price
    falls through `wanted`, not always the only one.
    """
    _, here, bend = quote(row, 0.0)
    if not here > wanted:
        return 0.0
    if row[KIND] == WEIGHTED:
        fall = (here / wanted) ** (1.0 / (row[SHAPE] + 1.0)) - 1.0
        return float(min(row[SOLD] * fall / row[SCALE_IN], row[MAX_IN]))
    return _search(row, wanted, here, bend)


@inner
def _stable(row: Row, dx: float) -> tuple[float, float, float]:
    x, y, c = row[SOLD], row[BOUGHT], row[SHAPE]
    after = x + dx
    scaled = c * x / after
    b = c / y - y + dx
    root = sqrt(b * b + 4.0 * scaled)
    left = 2.0 * scaled / (root + b) if b > 0.0 else 0.5 * (root - b)
    dy = 2.0 * dx * (y + c / after) / (y + c / y + dx + root)
    pull = scaled / after
    slope = (left + pull) / root
    bend = -2.0 * (pull / after + slope - slope * slope) / root
    fee, growth, curving = _fee(row, (after - 0.5 * dx, left + 0.5 * dy), slope, bend)
    kept = 1.0 - fee
    return (
        dy * kept,
        slope * kept - dy * growth,
        bend * kept - 2.0 * slope * growth - dy * curving,
    )


@inner
def _fee(
    row: Row, middle: tuple[float, float], slope: float, bend: float
) -> tuple[float, float, float]:
    """The fee at the middle of the swap, and its first and second derivative."""
    fee, more = row[FEE], row[MULTIPLIER] - 1.0
    if not more > 0.0:
        return fee, 0.0, 0.0
    x, y = middle
    total, turn = x + y, 1.0 - slope
    share = 4.0 * x * y / (total * total)
    below = more * share + 1.0
    fee *= row[MULTIPLIER] / below
    rate = 0.5 / x - 0.5 * slope / y - turn / total
    change = bend / total - 0.5 * bend / y + 0.5 * (turn / total) ** 2
    change -= 0.25 / (x * x) + 0.25 * (slope / y) ** 2
    first = more * share * rate / below
    second = more * share * (change + rate * rate) / below
    return fee, -fee * first, fee * (2.0 * first * first - second)


@inner
def _weighted(row: Row, dx: float) -> tuple[float, float, float]:
    after, power = row[SOLD] + dx, row[SHAPE]
    grown = power * log1p(dx / row[SOLD])
    left = row[BOUGHT] * np.exp(-grown)
    slope = power * left / after
    return -row[BOUGHT] * expm1(-grown), slope, -slope * (power + 1.0) / after


@inner
def _search(row: Row, wanted: float, here: float, bend: float) -> float:
    """Newton's method on the price's logarithm from 0 on, or halving a bracket where it fails.

    `here` and `bend` are the price and its derivative at 0.
    """
    most, scale = row[MAX_IN], row[SOLD] / row[SCALE_IN]
    low, high, at = 0.0, np.inf, 0.0
    for _ in range(_MAX_STEPS):
        goal = at - here * np.log(here / wanted) / bend if here > 0.0 and bend < 0.0 else np.nan
        if abs(goal - at) <= _CLOSE * at:
            return float(min(goal, most))
        if (high - low) / high <= _NEAR:
            break
        farthest = min(high, most, max(16.0 * at, scale))
        if not low < goal < farthest:
            goal = farthest
            if high < np.inf:
                # Far from the answer the scale of it is what has to be found.
                goal = sqrt(low * high) if low > 1e-6 * high else 0.5 * (low + high)
        at = goal
        _, here, bend = quote(row, at)
        if here > wanted:
            if at >= most or not at < np.inf:
                return float(most)
            low = at
        else:
            high = at
    return float(at)
