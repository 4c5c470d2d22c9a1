"""The best input of a chain of pools in floats: closed form, one stretch of curves at a time.

Inside its segment each pool maps dx to p dx / (1 + k dx), and such maps compose to one of the same
form. Its profit P x / (1 + K x) - x is greatest at x = (sqrt(P) - 1) / K. If a pool's segment ends
before that, the walk moves all pools up to there and goes on: marginal prices only fall, so the
first stretch that holds its own optimum holds the optimum.
"""

from math import inf, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.chain import MAX_HOPS
from keeper.market.kernels.compiler import inner
from keeper.market.kernels.layout import (
    ABOVE,
    CONCENTRATED,
    COUNT,
    COUNT1,
    GAMMA,
    OFFSET,
    OFFSET1,
    PAIR,
    FlatPools,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MAX_STRETCHES = 4_096
_MAX_RESERVE = 2.0**112 - 1.0
_PRICE, _SLOPE, _ROOM, _ROOT, _LIQUIDITY = range(5)
"""A hop's segment from where the walk stands; of a concentrated pool, where the next begins."""


class CurveSpace(NamedTuple):
    """Where each hop's walk stands, and the amounts in front of each hop and behind the last."""

    hops: Floats
    next: Integers
    totals: Floats


def curve_space() -> CurveSpace:
    """Space for chains of up to `MAX_HOPS`; one per thread."""
    return CurveSpace(
        hops=np.zeros((MAX_HOPS, 5)),
        next=np.zeros(MAX_HOPS, dtype=np.int64),
        totals=np.zeros(MAX_HOPS + 1),
    )


@inner
def _begin(space: CurveSpace, pools: FlatPools, edge: int, hop: int) -> bool:
    """Stand at the pool's price; False where nothing is traded."""
    slot, direction = edge >> 1, edge & 1
    kind = pools.kinds[slot]
    if kind == PAIR:
        sold, bought = pools.floats[slot, direction], pools.floats[slot, 1 - direction]
        gamma = pools.floats[slot, GAMMA + direction]
        price = gamma * bought / sold
        _set(space, hop, price, gamma / sold, _MAX_RESERVE - sold)
        return bool(price > 0.0)
    if kind == CONCENTRATED:
        space.hops[hop, _ROOT] = pools.floats[slot, 0]
        space.hops[hop, _LIQUIDITY] = pools.floats[slot, 1]
        space.next[hop] = pools.ints[slot, ABOVE] - (1 if direction == 0 else 0)
    else:
        space.next[hop] = 0
    return next_segment(space, pools, edge, hop)


@inner
def _set(space: CurveSpace, hop: int, price: float, slope: float, room: float) -> None:
    space.hops[hop, _PRICE] = price
    space.hops[hop, _SLOPE] = slope
    space.hops[hop, _ROOM] = room


@inner
def next_segment(space: CurveSpace, pools: FlatPools, edge: int, hop: int) -> bool:
    """Go on to the hop's next segment; False at the end of the pool's liquidity."""
    slot, direction = edge >> 1, edge & 1
    kind = pools.kinds[slot]
    if kind == CONCENTRATED:
        return _next_range(space, pools, slot, direction, hop)
    if kind == PAIR or kind == 0:
        return False
    offset = pools.ints[slot, OFFSET if direction == 0 else OFFSET1]
    index = space.next[hop]
    if index >= pools.ints[slot, COUNT if direction == 0 else COUNT1]:
        return False
    row = pools.segments[offset + index]
    _set(space, hop, row[0], row[1], row[2])
    space.next[hop] = index + 1
    return True


@inner
def _next_range(space: CurveSpace, pools: FlatPools, slot: int, direction: int, hop: int) -> bool:
    """The next range between initialised ticks that holds liquidity."""
    offset, count = pools.ints[slot, OFFSET], pools.ints[slot, COUNT]
    gamma = pools.floats[slot, GAMMA + direction]
    index = space.next[hop]
    while 0 <= index < count:
        start, liquidity = space.hops[hop, _ROOT], space.hops[hop, _LIQUIDITY]
        end = pools.tick_floats[offset + index, 0]
        space.hops[hop, _ROOT] = end
        if direction == 0:
            index -= 1
            space.hops[hop, _LIQUIDITY] = (
                pools.tick_floats[offset + index, 1] if index >= 0 else 0.0
            )
        else:
            space.hops[hop, _LIQUIDITY] = pools.tick_floats[offset + index, 1]
            index += 1
        space.next[hop] = index
        if not liquidity > 0.0 or end == start:
            continue
        if direction == 0:
            room = liquidity * (start - end) / (start * end) / gamma
            _set(space, hop, gamma * start * start, gamma * start / liquidity, room)
        else:
            room = liquidity * (end - start) / gamma
            _set(space, hop, gamma / (start * start), gamma / (start * liquidity), room)
        return True
    return False


@inner
def best_size(space: CurveSpace, pools: FlatPools, edges: Integers, max_in: float) -> bool:
    """The input of the greatest profit, at most `max_in`, into `space.totals`; False if none."""
    hops, totals = edges.shape[0], space.totals
    for hop in range(hops + 1):
        totals[hop] = 0.0
    for hop in range(hops):
        if not _begin(space, pools, edges[hop], hop):
            return False
    for _ in range(MAX_STRETCHES):
        if not _walk_stretch(space, pools, edges, max_in):
            break
    return bool(0.0 < totals[0] < totals[hops] < inf)


@inner
def _walk_stretch(space: CurveSpace, pools: FlatPools, edges: Integers, max_in: float) -> bool:
    """Add the best input of the present stretch to the totals; True when the walk goes on."""
    price, slope = 1.0, 0.0
    room, blocking = max_in - space.totals[0], -1
    for hop in range(edges.shape[0]):
        capacity = space.hops[hop, _ROOM]
        left = price - slope * capacity
        reach = capacity / left if left > 0.0 else inf
        if reach < room:
            room, blocking = reach, hop
        slope += space.hops[hop, _SLOPE] * price
        price *= space.hops[hop, _PRICE]
    if not price > 1.0:
        return False
    wanted = (sqrt(price) - 1.0) / slope if slope > 0.0 else inf
    goes_on = wanted > room and blocking >= 0
    _advance(space, edges.shape[0], min(wanted, room), blocking if wanted > room else -1)
    return goes_on and next_segment(space, pools, edges[blocking], blocking)


@inner
def _advance(space: CurveSpace, hops: int, dx: float, blocking: int) -> None:
    space.totals[0] += dx
    for hop in range(hops):
        capacity = space.hops[hop, _ROOM]
        dx = capacity if hop == blocking else min(dx, capacity)
        left = 1.0 / (1.0 + space.hops[hop, _SLOPE] * dx)
        dy = space.hops[hop, _PRICE] * dx * left
        space.hops[hop, _PRICE] *= left * left
        space.hops[hop, _SLOPE] *= left
        space.hops[hop, _ROOM] = capacity - dx
        space.totals[hop + 1] += dy
        dx = dy
