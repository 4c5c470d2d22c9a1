"""What one pool does at given token prices: the trade that maximises its value, in floats.

Prices are logarithms z of value per raw unit. A pool that sells token0 trades until its marginal
price, fee included, falls to the ratio of the prices; within one range of liquidity that is closed
form, and its second derivative by log prices is `weight` * [[1, -1], [-1, 1]].
"""

from math import exp, expm1, inf, log, sqrt

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
from keeper.market.kernels.smooth import KIND, MAX_IN, STABLE, input_at, quote

Trade = tuple[float, float, float]
"""Raw units sold to and bought from the pool, and the weight."""

MAX_HALF_LOG = 300.0
"""Beyond it a ratio of prices has no use and its exponential no float."""

POLISHES, SMALL, CLOSE = 3, 1e-5, 1e-9
"""Steps of Newton's method from a smooth curve's segments, the last one's share of the input, since
the next would be its square, and how near the price must come; else the curve is searched anew."""

MAX_RESERVE = 2.0**112 - 1.0
"""What a pair can hold of a token."""


@inner
def best_trade(pools: FlatPools, slot: int, direction: int, gain: float, value: float) -> Trade:
    """The most valuable trade of a direction whose first price beats the tokens' by `gain` > 0.

    `gain` is a logarithm; `value` that of a raw unit of the token sold to the pool.
    """
    gain = min(gain, 2.0 * MAX_HALF_LOG)
    kind = pools.kinds[slot]
    if kind == PAIR:
        return _pair(pools, slot, direction, 0.5 * gain, value)
    if kind == CONCENTRATED:
        return _concentrated(pools, slot, direction, gain, value)
    return _smooth(pools, slot, direction, gain, value)


@inner
def _pair(pools: FlatPools, slot: int, direction: int, half: float, value: float) -> Trade:
    gamma = pools.floats[slot, GAMMA + direction]
    reserve_in, reserve_out = pools.floats[slot, direction], pools.floats[slot, 1 - direction]
    effective = reserve_in / gamma
    grown = expm1(half)
    sold, room = effective * grown, MAX_RESERVE - reserve_in
    if sold > room:
        return room, reserve_out * room / (effective + room), 0.0
    return sold, reserve_out * grown / (1.0 + grown), 0.5 * effective * (1.0 + grown) * value


@inner
def _concentrated(pools: FlatPools, slot: int, direction: int, gain: float, value: float) -> Trade:
    """Walk the ranges from the pool's price to the one at which it would stop."""
    gamma, liquidity = pools.floats[slot, GAMMA + direction], pools.floats[slot, 1]
    root = pools.floats[slot, 0]
    offset, count = pools.ints[slot, OFFSET], pools.ints[slot, COUNT]
    place = pools.ints[slot, ABOVE] - 1
    wanted = pools.log_prices[slot, direction] - gain
    goal = exp(0.5 * wanted) / sqrt(gamma) if direction == 0 else exp(-0.5 * wanted) * sqrt(gamma)
    units0, units1, weight = 0.0, 0.0, 0.0
    while True:
        edge = place if direction == 0 else place + 1
        if edge < 0 or edge >= count:
            break
        bound = pools.tick_floats[offset + edge, 0]
        inside = goal >= bound if direction == 0 else goal <= bound
        end = goal if inside else bound
        if (end < root) if direction == 0 else (end > root):
            units0 += liquidity * abs(root - end) / (root * end)
            units1 += liquidity * abs(end - root)
            root = end
        if inside:
            step = 1.0 / goal if direction == 0 else goal
            weight = 0.5 * liquidity * step / gamma * value
            break
        place += -1 if direction == 0 else 1
        liquidity = pools.tick_floats[offset + place, 1] if place >= 0 else 0.0
    if direction == 0:
        return units0 / gamma, units1, weight
    return units1 / gamma, units0, weight


@inner
def _smooth(pools: FlatPools, slot: int, direction: int, gain: float, value: float) -> Trade:
    row = pools.smooth[slot, direction]
    ratio = exp(pools.log_prices[slot, direction] - gain)
    sold = _near(pools, slot, direction, ratio) if row[KIND] == STABLE else 0.0
    bought, price, bend = quote(row, sold)
    for _ in range(POLISHES):
        step = price * log(price / ratio) / bend if sold > 0.0 and bend < 0.0 < price else inf
        if not abs(step) < 0.1 * sold or sold - step > row[MAX_IN]:
            sold = 0.0
            break
        sold -= step
        bought, price, bend = quote(row, sold)
        if abs(step) < SMALL * sold:
            break
    if not (sold > 0.0 and abs(price - ratio) < CLOSE * ratio):
        sold = input_at(row, ratio)
        if not 0.0 < sold < inf:
            return 0.0, 0.0, 0.0
        bought, price, bend = quote(row, sold)
    weight = -value * price / bend if bend < 0.0 else 0.0
    return sold, bought, weight


@inner
def _near(pools: FlatPools, slot: int, direction: int, ratio: float) -> float:
    """About the input at a price, by the pool's segments; 0.0 where it has none."""
    at = pools.ints[slot, OFFSET if direction == 0 else OFFSET1]
    end = at + pools.ints[slot, COUNT if direction == 0 else COUNT1]
    sold = 0.0
    while at + 1 < end and pools.segments[at + 1, 0] > ratio:
        sold += pools.segments[at, 2]
        at += 1
    if at >= end:
        return 0.0
    price, slope, capacity = pools.segments[at]
    if slope > 0.0 and price > ratio:
        sold += min((sqrt(price / ratio) - 1.0) / slope, capacity)
    return sold
