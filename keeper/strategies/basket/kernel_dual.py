"""The dual of the basket: token prices at which all pools together want to trade the least.

Minimised is g(z) = sum of the pools' best trades' values at log prices z, the profit token's price
held and no other below its floor (Diamandis, Resnick, Chitra and Angeris, "An Efficient Algorithm
for Optimal Routing Through Constant Function Market Makers", 2023). Its gradient is each token's
surplus in value; its curvature, for relative steps of prices, is the Laplacian of the graph of
trading pools. g bounds the profit of any set of trades at every z (weak duality), so an early stop
costs tightness, never truth.

Fees make g flat where a pool does not trade: its curvature jumps there. Newton's step is therefore
damped by what a token's idle pools would weigh, and cut by a search for the slope's root.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import inner, kernel
from keeper.market.kernels.layout import FlatPools
from keeper.strategies.basket.kernel_laplacian import Graph, solve_laplacian
from keeper.strategies.basket.kernel_trades import best_trade

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CUT, RESIDUAL, STEPS, WORK, BOUND, FACTOR = range(6)
"""Columns of a solve's report, zeros before it; WORK counts evaluations of single pools."""
REPORT = 6

MAX_MOVE = 1.0
"""Of a log price in one step."""
MAX_CUTS, LENGTHENED = 8, 3.0
"""A search for a step's length begins at a few times the last one's."""
LEAST_DAMPING, MOST_DAMPING = 1e-10, 1e2
PATIENCE, PATIENT_WORK = 3, 150_000
"""Steps over which progress is judged, once a solve has cost so many evaluations of pools."""
NOISE, MAX_IDLE = 1e-13, 4
"""Steps that lower the bound by no more than rounding; after a few there is nothing to gain."""
USELESS = 1e-12
"""A gain within float rounding of nothing."""


class Network(NamedTuple):
    """Which pools trade between which tokens (by place)."""

    slots: Integers
    token0: Integers
    token1: Integers


class Trades(NamedTuple):
    """The trading pools at some prices, `rows[0]` of them, and what they leave of each token.

    A row is a place in the network, a direction, raw amounts sold to and bought from the pool, the
    weight, and the profit in value. `surplus` [token] is in value too.
    """

    rows: Integers
    pool: Integers
    direction: Integers
    sold: Floats
    bought: Floats
    weight: Floats
    profit: Floats
    surplus: Floats


@kernel
def new_trades(pools: int, tokens: int) -> Trades:
    """Room for all pools."""
    return Trades(
        np.zeros(1, dtype=np.int64),
        np.empty(pools, dtype=np.int64),
        np.empty(pools, dtype=np.int64),
        np.empty(pools),
        np.empty(pools),
        np.empty(pools),
        np.empty(pools),
        np.zeros(tokens),
    )


@kernel
def evaluate(pools: FlatPools, net: Network, z: Floats, out: Trades) -> float:
    """All pools' best trades at `z`; returns what they are worth together."""
    count, value, unit = 0, 0.0, np.exp(z)
    out.surplus[:] = 0.0
    for place in range(net.slots.shape[0]):
        t0, t1, slot = net.token0[place], net.token1[place], net.slots[place]
        gap = z[t0] - z[t1]
        gain0, gain1 = pools.log_prices[slot, 0] - gap, pools.log_prices[slot, 1] + gap
        if not (gain0 > USELESS or gain1 > USELESS):
            continue
        direction = 0 if gain0 > gain1 else 1
        t_in, t_out = (t0, t1) if direction == 0 else (t1, t0)
        sold, bought, weight = best_trade(pools, slot, direction, max(gain0, gain1), unit[t_in])
        paid, got = sold * unit[t_in], bought * unit[t_out]
        out.surplus[t_in] -= paid
        out.surplus[t_out] += got
        value += got - paid
        out.pool[count], out.direction[count], out.weight[count] = place, direction, weight
        out.sold[count], out.bought[count], out.profit[count] = sold, bought, got - paid
        count += 1
    out.rows[0] = count
    return value


@inner
def _residual(trades: Trades, z: Floats, floor: Floats, held: int) -> float:
    """Value that is short or left over; a surplus at its floor price is as it should be."""
    total = 0.0
    for token in range(z.shape[0]):
        surplus = trades.surplus[token]
        if token != held and (surplus < 0.0 or z[token] > floor[token]):
            total += abs(surplus)
    return total


@inner
def _scales(pools: FlatPools, net: Network, z: Floats) -> Floats:
    """About the weight each token would have if all of its pools traded."""
    scales, unit = np.zeros(z.shape[0]), np.exp(z)
    for place in range(net.slots.shape[0]):
        slot = net.slots[place]
        depth0 = unit[net.token0[place]] / pools.slopes[slot, 0]
        depth1 = unit[net.token1[place]] / pools.slopes[slot, 1]
        depth = min(depth0, depth1)
        scales[net.token0[place]] += 0.5 * depth
        scales[net.token1[place]] += 0.5 * depth
    return scales


@inner
def _step(
    net: Network,
    trades: Trades,
    z: Floats,
    floor: Floats,
    held: int,
    scales: Floats,
    damping: float,
) -> tuple[Floats, int]:
    """The Newton step of all log prices, and the factor's size."""
    tokens, count = z.shape[0], trades.rows[0]
    vertex = np.full(tokens, -1, dtype=np.int64)
    members = np.empty(tokens, dtype=np.int64)
    found = 0
    for row in range(count):
        place = trades.pool[row]
        for token in (net.token0[place], net.token1[place]):
            at_floor = z[token] <= floor[token] and trades.surplus[token] >= 0.0
            if vertex[token] < 0 and token != held and not at_floor:
                vertex[token] = found
                members[found] = token
                found += 1
    ends0, ends1 = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    for row in range(count):
        place = trades.pool[row]
        ends0[row], ends1[row] = vertex[net.token0[place]], vertex[net.token1[place]]
    right, diagonal = np.empty(found), np.empty(found)
    for place in range(found):
        token = members[place]
        right[place] = -trades.surplus[token]
        diagonal[place] = damping * scales[token] + 1e-300
    graph = Graph(ends0, ends1, trades.weight, diagonal)
    moves, size = solve_laplacian(graph, count, right)
    step = np.zeros(tokens)
    for place in range(found):
        step[members[place]] = min(max(moves[place], -MAX_MOVE), MAX_MOVE)
    return step, size


@inner
def _along(step: Floats, trades: Trades) -> float:
    """The bound's slope along a step of log prices."""
    total = 0.0
    for token in range(step.shape[0]):
        total += step[token] * trades.surplus[token]
    return total


class Limits(NamedTuple):
    """When a solve ends.

    What is short or left over is worth at most `tolerance` of the bound or `least` dollars; or a
    few steps lowered the bound by less than `stall` of it, which is asked of dear solves only: the
    last digits of a large market's bound take most of the steps. `budget` ends it after so many
    evaluations of pools, wherever that is.
    """

    tolerance: float
    least: float
    stall: float
    max_steps: int
    budget: int


@inner
def _search(
    pools: FlatPools,
    net: Network,
    z: Floats,
    floor: Floats,
    held: int,
    step: Floats,
    slope: float,
    value: float,
    length: float,
    there: Trades,
) -> tuple[Floats, float, float, int]:
    """Prices along a step where the bound is lower and not rising again; length 0.0 if none.

    Returns the prices, the bound there, the length and how often the pools were evaluated.
    """
    for cut in range(MAX_CUTS):
        trial = np.maximum(z + length * step, floor)
        trial[held] = z[held]
        there_value = evaluate(pools, net, trial, there)
        ahead = _along(step, there)
        falls = there_value <= value + 1e-4 * length * slope + NOISE * abs(value)
        if falls and ahead <= 0.3 * abs(slope):
            return trial, there_value, length, cut + 1
        # beyond the minimum: the slope's root lies between
        ratio = slope / (slope - ahead) if ahead > 0.0 else 0.5
        length *= min(max(ratio, 0.02), 0.7)
    return z, value, 0.0, MAX_CUTS


@kernel
def minimise(
    pools: FlatPools,
    net: Network,
    z: Floats,
    floor: Floats,
    held: int,
    limits: Limits,
    cancel: NDArray[np.uint8],
    report: Floats,
) -> Trades:
    """Minimise the bound over `z`, in place; returns the trades there.

    Ends at its limits, or when `cancel[0]` is set. `held` is the token whose price stands.
    """
    size, tokens = net.slots.shape[0], z.shape[0]
    here, there = new_trades(size, tokens), new_trades(size, tokens)
    scales = _scales(pools, net, z)
    value = evaluate(pools, net, z, here)
    before = np.full(PATIENCE, np.inf)
    work, largest, steps, damping, last = size, 0, 0, 1e-3, 1.0
    idle = 0
    while steps < limits.max_steps and idle < MAX_IDLE:
        if cancel[0] != 0 or work >= limits.budget:
            report[CUT] = 1.0
            break
        if _residual(here, z, floor, held) <= max(limits.tolerance * value, limits.least):
            break
        if work > PATIENT_WORK and before[steps % PATIENCE] - value < limits.stall * value:
            break
        before[steps % PATIENCE] = value
        steps += 1
        step, entries = _step(net, here, z, floor, held, scales, damping)
        largest = max(largest, entries)
        slope = _along(step, here)
        first = min(1.0, LENGTHENED * last)
        trial, there_value, length, tries = _search(
            pools, net, z, floor, held, step, slope, value, first, there
        )
        work += tries * size
        if length == 0.0:
            if damping >= MOST_DAMPING:
                break
            damping, last = damping * 100.0, 1.0
            continue
        damping = max(damping * (0.1 if length == 1.0 else 2.0), LEAST_DAMPING)
        z[:], last = trial, length
        idle = idle + 1 if there_value > value - NOISE * abs(value) else 0
        value = there_value
        here, there = there, here
    report[RESIDUAL] = _residual(here, z, floor, held)
    report[STEPS] = steps
    report[WORK] = work
    report[BOUND] = value
    report[FACTOR] = largest
    return here
