"""The best input of a chain of pools in floats.

Around any input each pool is a map dx -> p dx / (1 + k dx), exactly so within a pair and within one
range of ticks, and such maps compose to one of the same form. Its profit P x / (1 + K x) - x is
greatest at x = (sqrt(P) - 1) / K: that is the next guess, and the last one once it lies where the
maps were taken. Marginal prices only fall, so guesses on both sides of the top close in on it.
"""

from math import exp, inf, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.chain import MAX_HOPS
from keeper.market.kernels.compiler import inner, part
from keeper.market.kernels.layout import (
    ABOVE,
    CONCENTRATED,
    COUNT,
    GAMMA,
    HELD0,
    HELD1,
    LEVEL,
    OFFSET,
    PAIR,
    ROOT,
    FlatPools,
)
from keeper.market.kernels.smooth import MAX_IN, quote

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MAX_GUESSES = 128
"""So many halvings find any float; a few guesses are enough where prices have no gaps."""

CLOSE, NARROW = 1e-9, 1e-15
"""Of an input: a step that the next would not change, and a bracket's end."""

VAGUE = 1e-6
"""Of what all ranges hold: of less than that their sums keep too few digits."""

_MAX_RESERVE = 2.0**112 - 1.0
_REFUSED = (0.0, 0.0, 0.0)


def curve_space() -> Floats:
    """Room for the amounts in front of each hop of a chain and behind the last; one per thread."""
    return np.zeros(MAX_HOPS + 1)


@inner
def best_size(totals: Floats, pools: FlatPools, edges: Integers, max_in: float) -> bool:
    """The input of the greatest profit, at most `max_in`, into `totals`; False if none."""
    price, slope = _first(pools, edges)
    if not price > 1.0:
        return False
    low, high, at = 0.0, inf, min((sqrt(price) - 1.0) / slope, max_in)
    for _ in range(MAX_GUESSES):
        price, slope = _along(totals, pools, edges, at)
        if price > 1.0:
            low = at
        else:
            high = at
        goal = at + (sqrt(price) - 1.0) / slope if price > 0.0 and slope > 0.0 else nan
        if abs(goal - at) <= CLOSE * at or low >= max_in or high - low <= NARROW * low:
            break
        if not low < goal < high:
            goal = 0.5 * (low + high) if high < inf else 2.0 * at
        at = min(goal, max_in)
    if not price > 0.0:
        _along(totals, pools, edges, low)
    return bool(0.0 < totals[0] < totals[edges.shape[0]] < inf)


@part
def _first(pools: FlatPools, edges: Integers) -> tuple[float, float]:
    """The whole chain's map where nothing is traded yet; its price is 0 where nothing can be."""
    price, slope = 1.0, 0.0
    for edge in edges:
        slope += pools.slopes[edge >> 1, edge & 1] * price
        price *= exp(pools.log_prices[edge >> 1, edge & 1])
    return price, slope


@part
def _along(totals: Floats, pools: FlatPools, edges: Integers, dx: float) -> tuple[float, float]:
    """All amounts when `dx` is paid in, and its map there; the price is 0 beyond its end."""
    price, slope = 1.0, 0.0
    totals[0] = dx
    for hop in range(edges.shape[0]):
        slot, direction = edges[hop] >> 1, edges[hop] & 1
        kind = pools.kinds[slot]
        if kind == PAIR:
            dx, by, bend = _through_pair(pools, slot, direction, dx)
        elif kind == CONCENTRATED:
            dx, by, bend = _through_ranges(pools, slot, direction, dx)
        else:
            dx, by, bend = _through_smooth(pools, slot, direction, dx)
        totals[hop + 1] = dx
        slope += bend * price
        price *= by
    return price, slope


@part
def _through_pair(
    pools: FlatPools, slot: int, direction: int, dx: float
) -> tuple[float, float, float]:
    """Output of `dx`, price and slope there; nothing where the reserve would not hold it."""
    sold, bought = pools.floats[slot, direction], pools.floats[slot, 1 - direction]
    if not dx <= _MAX_RESERVE - sold:
        return _REFUSED
    gamma = pools.floats[slot, GAMMA + direction]
    share = gamma / (sold + gamma * dx)
    dy = bought * dx * share
    return dy, sold * bought * share * share / gamma, share


@part
def _through_smooth(
    pools: FlatPools, slot: int, direction: int, dx: float
) -> tuple[float, float, float]:
    """As `_through_pair`, of two tokens of a pool of several."""
    row = pools.smooth[slot, direction]
    if not dx <= row[MAX_IN]:
        return _REFUSED
    dy, price, bend = quote(row, dx)
    return dy, price, -0.5 * bend / price


@part
def _through_ranges(
    pools: FlatPools, slot: int, direction: int, dx: float
) -> tuple[float, float, float]:
    """As `_through_pair`; nothing beyond the last tick.

    What all ticks hold tells the range in which the trade ends, and what it takes up to there. Sums
    over ranges that hold far more than is traded say too little of it: then it walks the ranges.
    """
    ticks, left = pools.tick_floats, pools.floats[slot, GAMMA + direction] * dx
    root, level = pools.floats[slot, 0], pools.floats[slot, 1]
    first = pools.ints[slot, OFFSET]
    after, end = first + pools.ints[slot, ABOVE], first + pools.ints[slot, COUNT]
    held0 = held1 = 0.0
    if after < end:
        upper = ticks[after, ROOT]
        held0 = ticks[after, HELD0] + level * (upper - root) / (upper * root)
    if after > first:
        held1 = ticks[after - 1, HELD1] + level * (root - ticks[after - 1, ROOT])
    held, held_out = (held0, held1) if direction == 0 else (held1, held0)
    dy, price, bend = _REFUSED
    if left >= VAGUE * held:
        if direction == 0:
            dy, price, bend = _sunk(ticks, first, after, root, level, held0, held1, left)
        else:
            dy, price, bend = _risen(ticks, after, end, root, level, held0, held1, left)
    if dy < VAGUE * held_out or left < VAGUE * held:
        if direction == 0:
            dy, price, bend = _walked_down(ticks, first, after, root, level, left)
        else:
            dy, price, bend = _walked_up(ticks, after, end, root, level, left)
    gamma = pools.floats[slot, GAMMA + direction]
    return dy, gamma * price, gamma * bend


@part
def _sunk(
    ticks: Floats,
    first: int,
    after: int,
    root: float,
    level: float,
    held0: float,
    held1: float,
    left: float,
) -> tuple[float, float, float]:
    """Output of `left` token0 after the fee, and price and slope there before it, by the sums."""
    at = _tick_below(ticks, first, after, held0 + left)
    if at < first:
        return _REFUSED
    got = 0.0
    if at + 1 < after:
        left -= ticks[at + 1, HELD0] - held0
        got = held1 - ticks[at + 1, HELD1]
        root, level = ticks[at + 1, ROOT], ticks[at, LEVEL]
    return _below(root, level, left, got)


@part
def _risen(
    ticks: Floats,
    after: int,
    end: int,
    root: float,
    level: float,
    held0: float,
    held1: float,
    left: float,
) -> tuple[float, float, float]:
    """As `_sunk`, of token1."""
    at = _tick_above(ticks, after, end, held1 + left)
    if at == end:
        return _REFUSED
    got = 0.0
    if at > after:
        left -= ticks[at - 1, HELD1] - held1
        got = held0 - ticks[at - 1, HELD0]
        root, level = ticks[at - 1, ROOT], ticks[at - 1, LEVEL]
    return _above(root, level, left, got)


@part
def _walked_down(
    ticks: Floats, first: int, after: int, root: float, level: float, left: float
) -> tuple[float, float, float]:
    """As `_sunk`, range by range."""
    got = 0.0
    for at in range(after - 1, first - 1, -1):
        lower = ticks[at, ROOT]
        room = level * (root - lower) / (root * lower)
        if left <= room:
            return _below(root, level, left, got)
        left -= room
        got += level * (root - lower)
        root, level = lower, ticks[at - 1, LEVEL] if at > first else 0.0
    return _REFUSED


@part
def _walked_up(
    ticks: Floats, after: int, end: int, root: float, level: float, left: float
) -> tuple[float, float, float]:
    """As `_risen`, range by range."""
    got = 0.0
    for at in range(after, end):
        upper = ticks[at, ROOT]
        room = level * (upper - root)
        if left <= room:
            return _above(root, level, left, got)
        left -= room
        got += level * (upper - root) / (upper * root)
        root, level = upper, ticks[at, LEVEL]
    return _REFUSED


@part
def _below(root: float, level: float, left: float, got: float) -> tuple[float, float, float]:
    """The end of a trade of token0 within a range, beyond what it `got` before."""
    if not level > 0.0:
        return _REFUSED
    last = root / (1.0 + root * left / level)
    return got + root * last * left, last * last, last / level


@part
def _above(root: float, level: float, left: float, got: float) -> tuple[float, float, float]:
    """As `_below`, of token1."""
    if not level > 0.0:
        return _REFUSED
    last = root + left / level
    return got + left / (root * last), 1.0 / (last * last), 1.0 / (last * level)


@part
def _tick_below(ticks: Floats, first: int, after: int, held: float) -> int:
    """The highest row below `after` above which so much token0 is; below `first` if none is."""
    low, high = first - 1, after
    while high - low > 1:
        middle = (low + high) >> 1
        if ticks[middle, HELD0] >= held:
            low = middle
        else:
            high = middle
    return low


@part
def _tick_above(ticks: Floats, after: int, end: int, held: float) -> int:
    """The lowest row from `after` on below which so much token1 is; `end` if none is."""
    low, high = after - 1, end
    while high - low > 1:
        middle = (low + high) >> 1
        if ticks[middle, HELD1] >= held:
            high = middle
        else:
            low = middle
    return high
