"""Liquidity added to or taken from a range of ticks, in the chunk that the open block owns."""

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import inner, kernel
from keeper.market.kernels.layout import (
    ABOVE,
    COUNT,
    HELD0,
    HELD1,
    LEVEL,
    LIQUIDITY,
    OFFSET,
    ROOT,
    SPACING,
    TICK,
    TICK_FLOATS,
    TICK_NET,
    TICK_SQRT,
)
from keeper.market.kernels.limbs import ONE, TOP_BIT, ZERO, Word, Words
from keeper.market.kernels.quotes import TARGET
from keeper.market.kernels.rows import ROOM, Rows
from keeper.market.kernels.tick_math import sqrt_ratio_at

MIN_TICK, MAX_TICK = -887_272, 887_272

DONE, LEFT_OUT, CONTRADICTED, NO_ROOM = range(4)
"""What became of a message: it changed its pool; it changed none (the pool is not known, or has it
inside); it denies the pool's state; the pool's ticks need a chunk that this block may change."""

_Q96 = 2.0**96
_LIMB = 2.0**64


@inner
def ticks_upto(rows: Rows, slot: int, tick: int) -> int:
    """How many of a pool's ticks are at or below `tick`."""
    offset = rows.ints[slot, OFFSET]
    low, high = 0, int(rows.ints[slot, COUNT])
    while low < high:
        middle = (low + high) >> 1
        if rows.tick_at[offset + middle] <= tick:
            low = middle + 1
        else:
            high = middle
    return low


@inner
def add_wide(low: Word, high: Word, more: Word, upper: Word) -> tuple[Word, Word]:
    """Sum of two 128-bit numbers, which wraps."""
    total = low + more
    return total, high + upper + (ONE if total < low else ZERO)


@inner
def float_of(high: Word, low: Word) -> float:
    """A 128-bit number without sign."""
    return np.float64(high) * _LIMB + np.float64(low)  # type: ignore[return-value]


@inner
def root_of(rows: Rows, at: int) -> float:
    """The square-root price of a row of ticks, not in Q96."""
    words = rows.tick_words
    upper = float_of(words[at, TICK_SQRT + 2], words[at, TICK_SQRT + 1])
    return (upper * _LIMB + np.float64(words[at, TICK_SQRT])) / _Q96  # type: ignore[return-value]


@inner
def level_ticks(rows: Rows, slot: int) -> bool:
    """Derive the liquidity above each tick; False where it would be negative."""
    offset, count = rows.ints[slot, OFFSET], rows.ints[slot, COUNT]
    low, high = ZERO, ZERO
    for at in range(offset, offset + count):
        net, upper = rows.tick_words[at, TICK_NET], rows.tick_words[at, TICK_NET + 1]
        low, high = add_wide(low, high, net, upper)
        if high >> TOP_BIT != ZERO:
            return False
        rows.tick_floats[at, LEVEL] = float_of(high, low)
    hold_ticks(rows.tick_floats, offset, offset + count)
    return True


@kernel
def hold_ticks(ticks: NDArray[np.float64], first: int, end: int) -> None:
    """Derive HELD0 and HELD1 of one pool's rows from the other columns."""
    held = 0.0
    for at in range(first, end):
        if at > first:
            held += ticks[at - 1, LEVEL] * (ticks[at, ROOT] - ticks[at - 1, ROOT])
        ticks[at, HELD1] = held
    held = 0.0
    for at in range(end - 1, first - 1, -1):
        if at + 1 < end:
            low, high = ticks[at, ROOT], ticks[at + 1, ROOT]
            held += ticks[at, LEVEL] * (high - low) / (high * low)
        ticks[at, HELD0] = held


@inner
def change_liquidity(
    rows: Rows, w: Words, slot: int, lower: int, upper: int, low: Word, high: Word
) -> int:
    """Add the signed 128-bit liquidity (low, high) to [lower, upper); returns a status.

    Sums of liquidity stay below 2^127, far above what contracts allow, so the top bit is a sign.
    """
    spacing = rows.ints[slot, SPACING]
    if lower >= upper or lower < MIN_TICK or upper > MAX_TICK or lower % spacing != 0:
        return CONTRADICTED
    inside = lower <= rows.ints[slot, TICK] < upper
    active = add_wide(rows.words[slot, LIQUIDITY], rows.words[slot, LIQUIDITY + 1], low, high)
    if inside and (active[1] | rows.words[slot, LIQUIDITY + 1]) >> TOP_BIT != ZERO:
        return CONTRADICTED
    able = _can_hold(rows, slot, lower, low, high) and _can_hold(rows, slot, upper, low, high)
    if not able or upper % spacing != 0:
        return CONTRADICTED
    if rows.meta[slot, ROOM] < rows.ints[slot, COUNT] + 2:
        return NO_ROOM
    less_low, less_high = _negated(low, high)
    _change_tick(rows, w, slot, lower, low, high, low, high)
    _change_tick(rows, w, slot, upper, less_low, less_high, low, high)
    if not level_ticks(rows, slot):
        _change_tick(rows, w, slot, lower, less_low, less_high, less_low, less_high)
        _change_tick(rows, w, slot, upper, low, high, less_low, less_high)
        level_ticks(rows, slot)
        return CONTRADICTED
    if inside:
        rows.words[slot, LIQUIDITY], rows.words[slot, LIQUIDITY + 1] = active
    rows.ints[slot, ABOVE] = ticks_upto(rows, slot, rows.ints[slot, TICK])
    return DONE


@inner
def _negated(low: Word, high: Word) -> tuple[Word, Word]:
    return add_wide(~low, ~high, ONE, ZERO)


@inner
def _can_hold(rows: Rows, slot: int, tick: int, low: Word, high: Word) -> bool:
    """Whether a tick's gross liquidity stays at or above 0 and below 2^127."""
    at = ticks_upto(rows, slot, tick) - 1
    row = rows.ints[slot, OFFSET] + at
    gross_low, gross_high = ZERO, ZERO
    if at >= 0 and rows.tick_at[row] == tick:
        gross_low, gross_high = rows.tick_gross[row, 0], rows.tick_gross[row, 1]
    _, after = add_wide(gross_low, gross_high, low, high)
    return bool(after >> TOP_BIT == ZERO)


@inner
def _change_tick(
    rows: Rows, w: Words, slot: int, tick: int, net: Word, net_high: Word, low: Word, high: Word
) -> None:
    """Add to a tick's net and gross liquidity; it appears with the first and goes with the last."""
    at = rows.ints[slot, OFFSET] + ticks_upto(rows, slot, tick) - 1
    if at < rows.ints[slot, OFFSET] or rows.tick_at[at] != tick:
        if low == ZERO and high == ZERO:
            return
        at += 1
        _open_row(rows, w, slot, at, tick)
    total = add_wide(rows.tick_gross[at, 0], rows.tick_gross[at, 1], low, high)
    if total[0] == ZERO and total[1] == ZERO:
        _close_row(rows, slot, at)
        return
    rows.tick_gross[at, 0], rows.tick_gross[at, 1] = total
    before, upper = rows.tick_words[at, TICK_NET], rows.tick_words[at, TICK_NET + 1]
    total = add_wide(before, upper, net, net_high)
    rows.tick_words[at, TICK_NET], rows.tick_words[at, TICK_NET + 1] = total


@inner
def copy_row(rows: Rows, to: int, source: int) -> None:
    """Copy all columns of a tick."""
    rows.tick_at[to] = rows.tick_at[source]
    for i in range(5):
        rows.tick_words[to, i] = rows.tick_words[source, i]
    for i in range(TICK_FLOATS):
        rows.tick_floats[to, i] = rows.tick_floats[source, i]
    for i in range(2):
        rows.tick_gross[to, i] = rows.tick_gross[source, i]


@inner
def _open_row(rows: Rows, w: Words, slot: int, at: int, tick: int) -> None:
    end = rows.ints[slot, OFFSET] + rows.ints[slot, COUNT]
    for row in range(end, at, -1):
        copy_row(rows, row, row - 1)
    rows.ints[slot, COUNT] += 1
    place_tick(rows, w, at, tick)
    for i in range(2):
        rows.tick_words[at, TICK_NET + i] = ZERO
        rows.tick_gross[at, i] = ZERO


@inner
def place_tick(rows: Rows, w: Words, at: int, tick: int) -> None:
    """Write a tick and its square-root price into a row."""
    rows.tick_at[at] = tick
    sqrt_ratio_at(w, TARGET, tick)
    for i in range(3):
        rows.tick_words[at, TICK_SQRT + i] = w[TARGET + i]
    rows.tick_floats[at, ROOT] = root_of(rows, at)


@inner
def _close_row(rows: Rows, slot: int, at: int) -> None:
    rows.ints[slot, COUNT] -= 1
    for row in range(at, rows.ints[slot, OFFSET] + rows.ints[slot, COUNT]):
        copy_row(rows, row, row + 1)
