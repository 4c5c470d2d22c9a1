"""The best whole input of a chain, near the one that floats found.

The search moves the amount at the chain's coarsest place, where one raw unit is worth most: there
profit is nearly smooth, while at a finer place many inputs buy the same coarse amount. Pools of
several tokens sell exact inputs only, so the place is never behind one of theirs.
"""

from math import inf, sqrt

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.chain import (
    Amount,
    ChainSpace,
    backward,
    begin_chain,
    forward,
    from_float,
    is_less,
    is_nought,
    minus,
    plus,
    shift_down,
    to_float,
)
from keeper.market.kernels.compiler import inner
from keeper.market.kernels.layout import CURVE, FlatPools
from keeper.market.kernels.limbs import ONE, ZERO
from keeper.market.kernels.local import earned, rounded, stand
from keeper.market.kernels.quotes import AMOUNT_TOP, BEYOND, FILLED, REFUSED

Edges = NDArray[np.int64]

COARSE = 2.0**20
"""Below so many units the rounding of one outweighs what floats cannot see."""

SHARP = 2.0**44
"""Below so many units floats tell the fraction of one."""

NOISE, LEAST_NOISE = 2.0**-48, 1e-6
"""What floats of an amount may be off by, of it and at least."""

SMOOTH = 2.0**-30
"""The share of a profit that a chain through a smooth curve may miss: nobody knows it better."""

MAX_STEPS, NEAR = 4, 0.1
"""Steps of Newton's method before the search climbs, and how many units from the top is near."""

FINE_STEP, NARROWING = 12, 4
"""Bits of the longest first step of a climb and of each narrowing above it."""

MAX_CLIMB = 4096
MAX_TRIED, FEW_TRIED, MAX_CONFIRMED, LET_GO = 144, 64, 3, 0.1
"""Inputs that floats compare, how many where a unit of the coarsest amount is worth several, those
of them that integers do, and what share of such a unit the farthest earns less for its distance
from the top."""

SIDE_BITS = 6
"""Bits by which the sides of a parabola stand farther off than where profit falls by a unit."""

COMB, COMB_BITS = 8, 27
"""Inputs that integers compare where floats cannot, unless profit is flat to so many bits."""


@inner
def refine(
    space: ChainSpace, pools: FlatPools, edges: Edges, floats: NDArray[np.float64], max_in: Amount
) -> int:
    """Exact amounts of the most profitable whole input near `floats`, into `space.amounts`.

    Returns FILLED, REFUSED when nothing profits, or BEYOND where an amount leaves its limbs.
    """
    begin_chain(space)
    place, is_smooth, tooth = _coarsest(pools, edges, floats)
    middle = from_float(floats[place])
    status, best = _profit(space, pools, edges, place, middle, max_in)
    if status == BEYOND:
        return BEYOND
    is_peak, most = False, inf
    if status == FILLED and floats[place] >= COARSE:
        nearly = SMOOTH if is_smooth else NOISE
        is_peak, most, middle, best = _peak(
            space, pools, edges, place, middle, best, max_in, nearly
        )
    if is_peak and (is_smooth or to_float(best) >= most):
        return _settle(space, pools, edges, place, middle)
    if not is_peak:
        middle, best = _climb(space, pools, edges, place, middle, max_in, tooth)
        if is_nought(best) or is_less(best, (ZERO, ZERO)):
            return REFUSED
    if not is_smooth and floats[place] >= COARSE:
        middle, best = _luckiest(space, pools, edges, place, middle, best, most, max_in)
    status = _settle(space, pools, edges, place, middle)
    if status != FILLED or is_smooth or to_float(best) >= most:
        return status
    return _trim(space, pools, edges)


@inner
def _coarsest(
    pools: FlatPools, edges: Edges, floats: NDArray[np.float64]
) -> tuple[int, bool, float]:
    """The place, whether a pool of several tokens is in the chain, and the least step that tells.

    That is as many units of the place as one of the coarsest amount is worth.
    """
    hops = edges.shape[0]
    place, least, is_smooth = 0, floats[0], False
    for hop in range(hops):
        if floats[hop] < floats[place] and not is_smooth:
            place = hop
        least = min(least, floats[hop])
        is_smooth = is_smooth or pools.kinds[edges[hop] >> 1] >= CURVE
    return place, is_smooth, floats[place] / least


@inner
def _profit(
    space: ChainSpace, pools: FlatPools, edges: Edges, place: int, middle: Amount, max_in: Amount
) -> tuple[int, Amount]:
    """Profit when `middle` flows at `place`, with a status."""
    if middle[1] >= AMOUNT_TOP or is_nought(middle):
        return REFUSED, middle
    status, amount_in = backward(space, pools, edges, place, middle)
    if status != FILLED:
        return status, middle
    if is_less(max_in, amount_in):
        return REFUSED, middle
    status = forward(space, pools, edges, place, middle)
    last = edges.shape[0]
    out = (space.amounts[last, 0], space.amounts[last, 1])
    return status, minus(out, amount_in)


@inner
def _peak(
    space: ChainSpace,
    pools: FlatPools,
    edges: Edges,
    place: int,
    middle: Amount,
    best: Amount,
    max_in: Amount,
    nearly: float,
) -> tuple[bool, float, Amount, Amount]:
    """Newton's method from `middle`, whose profit is `best`, until the top is `nearly` reached.

    Returns whether it is, the most whole units that any input there may earn, infinite where floats
    cannot tell, and both anew.
    """
    for _ in range(MAX_STEPS):
        stand(space.local, pools, edges, space.marks)
        at = to_float(middle)
        goal, profit, missed = _uphill(space, pools, edges, place, at)
        if missed < NEAR or missed < nearly * profit:
            return True, _most(space, edges, at, profit + missed), middle, best
        if not 0.5 * at < goal < 2.0 * at:
            break
        there = from_float(goal)
        status, gain = _profit(space, pools, edges, place, there, max_in)
        if status != FILLED or is_less(gain, best):
            break
        middle, best = there, gain
    return False, inf, middle, best


@inner
def _uphill(
    space: ChainSpace, pools: FlatPools, edges: Edges, place: int, at: float
) -> tuple[float, float, float]:
    """Where floats find the top, the profit at `at` and how much the top is above it."""
    profit, slope, bend = earned(space.local, pools, edges, place, at)
    missed = -0.5 * slope * slope / bend if bend < 0.0 else inf
    goal = at
    for _ in range(MAX_STEPS if missed >= NEAR else 0):
        if not bend < 0.0:
            break
        goal -= slope / bend
        _, slope, bend = earned(space.local, pools, edges, place, goal)
    return goal, profit, missed


@inner
def _most(space: ChainSpace, edges: Edges, at: float, profit: float) -> float:
    """The whole units that a chain whose top is `profit` can earn, as far as floats can tell.

    Infinite where they do not see the fractions of the amount at the place.
    """
    out = to_float((space.amounts[edges.shape[0], 0], space.amounts[edges.shape[0], 1]))
    noise = NOISE * out + LEAST_NOISE
    return np.floor(profit + noise) - 2.0 * noise if at < SHARP else inf


@inner
def _climb(
    space: ChainSpace,
    pools: FlatPools,
    edges: Edges,
    place: int,
    middle: Amount,
    max_in: Amount,
    tooth: float,
) -> tuple[Amount, Amount]:
    """Walk uphill with steps that shrink, until a step changes nothing that rounding would not.

    Profit is concave but for rounding, which among coarse amounts makes teeth worth looking over.
    Steps do not go below `tooth`. Gives the place and its profit, 0 where nothing is filled.
    """
    coarse = to_float(middle) < COARSE
    found, best = _profit(space, pools, edges, place, middle, max_in)
    step = shift_down(middle, 4 if coarse else max(_flat_bits(found, best), FINE_STEP))
    if is_nought(step):
        step = (ONE, ZERO)
    for _ in range(MAX_CLIMB):
        if is_nought(step) or to_float(step) < tooth:
            break
        upper, lower = plus(middle, step), minus(middle, step)
        above, gain = _profit(space, pools, edges, place, upper, max_in)
        below, loss = REFUSED, gain
        if is_less((ZERO, ZERO), lower):
            below, loss = _profit(space, pools, edges, place, lower, max_in)
        goes_up = above == FILLED and (below != FILLED or not is_less(gain, loss))
        known = above == FILLED or below == FILLED
        top, bottom = (gain, loss) if goes_up else (loss, gain)
        if above != FILLED or below != FILLED:
            bottom = top
        if known and (found != FILLED or is_less(best, top)):
            found, best = FILLED, top
            middle = upper if goes_up else lower
            if not coarse:
                step = plus(step, step)
            continue
        if not coarse and known and is_less(minus(best, bottom), (np.uint64(2), ZERO)):
            break
        step = shift_down(step, 1 if coarse else NARROWING)
    return middle, best if found == FILLED else (ZERO, ZERO)


@inner
def _flat_bits(found: int, best: Amount) -> int:
    """Bits to shift an amount down by for a step in which a profit loses about one unit.

    Profit falls with the square of the distance from its top, as seen from either end of the trade.
    """
    return min(1 + int(0.5 * np.log2(max(to_float(best), 1.0))), 63) if found == FILLED else 0


@inner
def _luckiest(
    space: ChainSpace,
    pools: FlatPools,
    edges: Edges,
    place: int,
    middle: Amount,
    best: Amount,
    most: float,
    max_in: Amount,
) -> tuple[Amount, Amount]:
    """Look around where profit is flat: of inputs of like profit some lose no unit to rounding.

    Floats compare many and integers the few that promise most, up to `most` units; where floats
    cannot tell, integers compare some.
    """
    at = to_float(middle)
    if most == inf:
        return _comb(space, pools, edges, place, middle, best, max_in)
    stand(space.local, pools, edges, space.marks)
    hopes, hope = to_float(best), at
    out = to_float((space.amounts[edges.shape[0], 0], space.amounts[edges.shape[0], 1]))
    width = at * sqrt(LET_GO * max(out / at, 1.0) / max(hopes, 1.0))
    tries = FEW_TRIED if out > 2.0 * at else MAX_TRIED
    stride = max(np.floor(2.0 * width / tries), 1.0)
    confirmed = 0
    for tried in range(tries):
        there = at + stride * ((tried >> 1) + 1) * (1.0 if tried & 1 else -1.0)
        promised = rounded(space.local, pools, edges, place, there)
        if promised > hopes:
            hopes, hope = promised, there
        is_last = tried == tries - 1
        if hope == at or not (promised >= most or is_last):
            continue
        chosen = from_float(hope)
        status, gain = _profit(space, pools, edges, place, chosen, max_in)
        if status == FILLED and is_less(best, gain):
            middle, best = chosen, gain
        confirmed += 1
        if to_float(best) >= most or confirmed == MAX_CONFIRMED:
            break
        hopes, hope = to_float(best), at
    return middle, best


@inner
def _comb(
    space: ChainSpace,
    pools: FlatPools,
    edges: Edges,
    place: int,
    middle: Amount,
    best: Amount,
    max_in: Amount,
) -> tuple[Amount, Amount]:
    """Some inputs of like profit, by integers."""
    middle, best = _vertex(space, pools, edges, place, middle, best, max_in)
    flat = _flat_bits(FILLED, best)
    found, step = middle, shift_down(middle, min(flat + 2, 63))
    upper, lower = plus(middle, step), minus(middle, step)
    for tooth in range(COMB if flat < COMB_BITS else 2):
        there = lower if tooth & 1 else upper
        if tooth & 1:
            upper, lower = plus(upper, step), minus(lower, step)
        status, profit = _profit(space, pools, edges, place, there, max_in)
        if status == FILLED and is_less(best, profit):
            found, best = there, profit
    return found, best


@inner
def _vertex(
    space: ChainSpace,
    pools: FlatPools,
    edges: Edges,
    place: int,
    middle: Amount,
    best: Amount,
    max_in: Amount,
) -> tuple[Amount, Amount]:
    """The top of the parabola through three exact profits, where floats leave units of it.

    Its sides stand where profit is some thousand units less, so that rounding does not move it.
    """
    bits = _flat_bits(FILLED, best) - SIDE_BITS
    if bits < SIDE_BITS:
        return middle, best
    step = shift_down(middle, bits)
    above, gain = _profit(space, pools, edges, place, plus(middle, step), max_in)
    below, loss = _profit(space, pools, edges, place, minus(middle, step), max_in)
    if above != FILLED or below != FILLED:
        return middle, best
    falls_up, falls_down = to_float(minus(best, gain)), to_float(minus(best, loss))
    if not falls_up + falls_down > 0.0:
        return middle, best
    moved = 0.5 * to_float(step) * (falls_down - falls_up) / (falls_up + falls_down)
    offset = from_float(abs(moved))
    there = plus(middle, offset) if moved > 0.0 else minus(middle, offset)
    status, profit = _profit(space, pools, edges, place, there, max_in)
    if status == FILLED and is_less(best, profit):
        return there, profit
    return middle, best


@inner
def _settle(space: ChainSpace, pools: FlatPools, edges: Edges, place: int, middle: Amount) -> int:
    """All amounts when `middle` flows at `place`; REFUSED where they leave no profit."""
    hops, amounts = edges.shape[0], space.amounts
    if place > 0 or amounts[0, 0] != middle[0] or amounts[0, 1] != middle[1]:
        status, start = backward(space, pools, edges, place, middle)
        if status == FILLED:
            status = forward(space, pools, edges, 0, start)
        if status != FILLED:
            return status
    final_in, final_out = (amounts[0, 0], amounts[0, 1]), (amounts[hops, 0], amounts[hops, 1])
    return FILLED if is_less(final_in, final_out) else REFUSED


@inner
def _trim(space: ChainSpace, pools: FlatPools, edges: Edges) -> int:
    """Pay no unit that rounding would waste: the least input for the same or a better profit."""
    hops, amounts = edges.shape[0], space.amounts
    paid, got = (amounts[0, 0], amounts[0, 1]), (amounts[hops, 0], amounts[hops, 1])
    status, less_in = backward(space, pools, edges, hops, got)
    if status == FILLED and is_less(less_in, paid) and not is_nought(less_in):
        better = forward(space, pools, edges, 0, less_in) == FILLED
        new_got = (amounts[hops, 0], amounts[hops, 1])
        if not better or not is_less(minus(got, paid), minus(new_got, less_in)):
            forward(space, pools, edges, 0, paid)
    return FILLED
