"""Exact quotes of Uniswap V3 pools in limbs: the loop of `venues.uniswap_v3`, step for step.

A walk remembers where its last, partial step began: amounts near the last one start from there, be
they inputs or outputs. Both make the same whole steps on the way, and an input above what those
take, or an output above what they give, makes them all.
"""

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import part
from keeper.market.kernels.layout import (
    ABOVE,
    COUNT,
    FEE,
    FEE1,
    LIQUIDITY,
    OFFSET,
    SPACING,
    SQRT_PRICE,
    TICK,
    TICK_NET,
    TICK_SQRT,
    FlatPools,
)
from keeper.market.kernels.limbs import ZERO, Words, add, copy, is_equal, is_zero, less, sub
from keeper.market.kernels.quotes import (
    BEGAN,
    BEYOND,
    FILLED,
    GOT,
    LIQUID,
    PAID,
    PRICE,
    REFUSED,
    REST,
    T3,
    TARGET,
)
from keeper.market.kernels.ranges import remember, step_known
from keeper.market.kernels.steps import EXCEEDS, FULL, PARTIAL, step_in, step_out
from keeper.market.kernels.tick_math import sqrt_ratio_at

MIN_TICK, MAX_TICK = -887272, 887272
_PLACE = T3
_LIMITS = np.array(
    [
        [x & 2**64 - 1, x >> 64 & 2**64 - 1, x >> 128]
        for x in (4295128739 + 1, 1461446703485210103287273052203988822378723970342 - 1)
    ],
    dtype=np.uint64,
)
MARK_PAID, MARK_GOT, MARK_PRICE, MARK_LIQUID, MARK_TARGET = 0, 2, 4, 7, 9
MARK_WORDS, MARK_INTS = 12, 7
"""A remembered place, and its columns: amounts and liquidity are of 2 limbs, prices of 3."""
KNOWN, AT, INDEX, PASSED, TO, CROSSES, CROSSED = range(MARK_INTS)
"""Columns of a mark's integers: 1 once there is a mark; its tick, the index of the next tick and
the initialised ticks passed so far; the tick headed for, and 1 if that is initialised; and the
ticks that the last walk of an input crossed."""


@part
def walk(
    w: Words,
    pools: FlatPools,
    slot: int,
    direction: int,
    exact_in: bool,
    mark: Words,
    ints: NDArray[np.int64],
    ranges: Words,
) -> int:
    """GOT of PAID if `exact_in`, else PAID for GOT; returns a status."""
    given = PAID if exact_in else GOT
    if is_zero(w, given, 2):
        return REFUSED
    aimed = _begin(w, pools, slot, direction, given, mark, ints)
    fee = pools.ints[slot, FEE if direction == 0 else FEE1]
    tick, index, crossed = ints[AT], ints[INDEX], ints[PASSED]
    status, is_at_tick = FILLED, False
    while not is_zero(w, REST, 2):
        if not aimed:
            dry = is_zero(w, LIQUID, 2)
            ints[TO], ints[CROSSES] = _next_tick(pools, slot, direction, tick, index, dry)
            ints[AT], ints[INDEX], ints[PASSED] = tick, index, crossed
            _aim(w, pools, slot, ints[TO], index, ints[CROSSES] == 1)
            _remember(w, mark)
        to, crosses, aimed = ints[TO], ints[CROSSES] == 1, False
        at_end = to <= MIN_TICK or to >= MAX_TICK
        if at_end and not _has_room(w, direction):
            status = REFUSED
            break
        outcome = step_known(w, ranges, direction, fee, exact_in) if is_at_tick else PARTIAL
        if outcome == PARTIAL:
            copy(w, BEGAN, PRICE, 3)
            outcome = step_in(w, direction, fee) if exact_in else step_out(w, direction, fee)
            if is_at_tick and outcome == FULL:
                remember(w, ranges, direction, fee)
        if outcome == EXCEEDS:
            status = BEYOND
            break
        if outcome == PARTIAL:
            lands = crosses and not at_end and is_equal(w, PRICE, TARGET, 3)
            crossed += 1 if lands else 0
            status = FILLED if is_zero(w, REST, 2) else BEYOND
            break
        if at_end:
            status = FILLED if is_zero(w, REST, 2) else REFUSED
            break
        if crosses:
            _cross(w, pools, slot, direction, index)
            index += -1 if direction == 0 else 1
            crossed += 1
        tick = to - 1 if direction == 0 else to
        is_at_tick = True
    if exact_in:
        ints[CROSSED] = crossed
    return status


@part
def _begin(
    w: Words,
    pools: FlatPools,
    slot: int,
    direction: int,
    given: int,
    mark: Words,
    ints: NDArray[np.int64],
) -> bool:
    """Stand at the mark if the amount goes beyond it, else at the pool's own price.

    Returns whether it is the mark, where TARGET is known.
    """
    copy(w, REST, given, 2)
    if ints[KNOWN] == 1:
        for i in range(MARK_WORDS):
            w[_PLACE + i] = mark[i]
        if less(w, _PLACE + given, REST, 2):
            sub(w, REST, REST, _PLACE + given, 2)
            copy(w, PAID, _PLACE + MARK_PAID, 4)
            copy(w, PRICE, _PLACE + MARK_PRICE, 5)
            copy(w, TARGET, _PLACE + MARK_TARGET, 3)
            return True
    for i in range(4):
        w[PAID + i] = ZERO
    for i in range(3):
        w[PRICE + i] = pools.words[slot, SQRT_PRICE + i]
    for i in range(2):
        w[LIQUID + i] = pools.words[slot, LIQUIDITY + i]
    ints[KNOWN], ints[AT], ints[PASSED] = 1, pools.ints[slot, TICK], 0
    ints[INDEX] = pools.ints[slot, ABOVE] - (1 if direction == 0 else 0)
    return False


@part
def _remember(w: Words, mark: Words) -> None:
    for i in range(4):
        mark[MARK_PAID + i] = w[PAID + i]
    for i in range(5):
        mark[MARK_PRICE + i] = w[PRICE + i]
    for i in range(3):
        mark[MARK_TARGET + i] = w[TARGET + i]


@part
def _next_tick(
    pools: FlatPools, slot: int, direction: int, tick: int, index: int, dry: bool
) -> tuple[int, int]:
    """Tick to head for, and 1 if it is initialised; the edge of a bitmap word if that is nearer.

    Where there is no liquidity nothing can round, so the edges of words do not matter.
    """
    spacing = pools.ints[slot, SPACING]
    offset = pools.ints[slot, OFFSET]
    word = tick // spacing
    if direction == 0:
        edge = MIN_TICK if dry else max(((word >> 8) << 8) * spacing, MIN_TICK)
        if index >= 0 and pools.tick_at[offset + index] >= edge:
            return pools.tick_at[offset + index], 1
        return edge, 0
    edge = MAX_TICK if dry else min(((((word + 1) >> 8) << 8) + 255) * spacing, MAX_TICK)
    if index < pools.ints[slot, COUNT] and pools.tick_at[offset + index] <= edge:
        return pools.tick_at[offset + index], 1
    return edge, 0


@part
def _aim(w: Words, pools: FlatPools, slot: int, to: int, index: int, initialised: bool) -> None:
    """TARGET = the square-root price at `to`, or the limit next to the end of the range."""
    if to <= MIN_TICK or to >= MAX_TICK:
        side = 0 if to <= MIN_TICK else 1
        for i in range(3):
            w[TARGET + i] = _LIMITS[side, i]
    elif initialised:
        row = pools.ints[slot, OFFSET] + index
        for i in range(3):
            w[TARGET + i] = pools.tick_words[row, TICK_SQRT + i]
    else:
        sqrt_ratio_at(w, TARGET, to)


@part
def _has_room(w: Words, direction: int) -> bool:
    if direction == 0:
        return less(w, TARGET, PRICE, 3)
    return less(w, PRICE, TARGET, 3)


@part
def _cross(w: Words, pools: FlatPools, slot: int, direction: int, index: int) -> None:
    """Net liquidity is in two's complement, so that both signs add and subtract alike."""
    row = pools.ints[slot, OFFSET] + index
    for i in range(2):
        w[_PLACE + i] = pools.tick_words[row, TICK_NET + i]
    if direction == 0:
        sub(w, LIQUID, LIQUID, _PLACE, 2)
    else:
        add(w, LIQUID, LIQUID, _PLACE, 2)
