"""What searches read, derived from exact rows once their block is whole."""

from math import inf, log

from keeper.chain import FEE_DENOMINATOR_PIPS
from keeper.market.kernels.compiler import inner, kernel
from keeper.market.kernels.layout import (
    ABOVE,
    COUNT,
    EMPTY,
    FEE,
    FEE1,
    FULL_RESERVE,
    GAMMA,
    INTS,
    LIQUIDITY,
    OFFSET,
    PAIR,
    RESERVE0,
    RESERVE1,
    SQRT_PRICE,
    TICK_SQRT,
    WORDS,
    FlatPools,
)
from keeper.market.kernels.positions import MAX_TICK, MIN_TICK, float_of
from keeper.market.kernels.rows import Integers, Rows

_PIPS = float(FEE_DENOMINATOR_PIPS)
_LIMB, _Q96 = 2.0**64, 2.0**96
_ENDS = (1.0001 ** (MIN_TICK / 2), 1.0001 ** (MAX_TICK / 2))
"""Square-root prices beyond which no pool goes."""


@kernel
def publish(rows: Rows, flat: FlatPools, slots: Integers, fees: Integers) -> None:
    """Show the rows of `slots`, each PAIR or CONCENTRATED, with the whole fee of each in pips."""
    for place in range(slots.shape[0]):
        slot, fee = slots[place], fees[place]
        for i in range(WORDS):
            flat.words[slot, i] = rows.words[slot, i]
        for i in range(INTS):
            flat.ints[slot, i] = rows.ints[slot, i]
        flat.ints[slot, FEE] = fee
        flat.ints[slot, FEE1] = fee
        flat.kinds[slot] = rows.kinds[slot]
        gamma = (_PIPS - fee) / _PIPS
        flat.floats[slot, GAMMA], flat.floats[slot, GAMMA + 1] = gamma, gamma
        if rows.kinds[slot] == PAIR:
            _show_pair(flat, slot, gamma)
        else:
            _show_concentrated(flat, slot, gamma)


@inner
def _first(flat: FlatPools, slot: int, direction: int, price: float, slope: float) -> None:
    usable = 0.0 < price < inf and 0.0 < slope < inf
    flat.log_prices[slot, direction] = log(price) if usable else -inf
    flat.slopes[slot, direction] = slope if usable else inf


@inner
def _show_pair(flat: FlatPools, slot: int, gamma: float) -> None:
    words = flat.words
    reserve0 = float_of(words[slot, RESERVE0 + 1], words[slot, RESERVE0])
    reserve1 = float_of(words[slot, RESERVE1 + 1], words[slot, RESERVE1])
    flat.floats[slot, 0], flat.floats[slot, 1] = reserve0, reserve1
    if reserve0 > 0.0 and reserve1 > 0.0:
        _show_side(flat, slot, 0, reserve0, reserve1, gamma)
        _show_side(flat, slot, 1, reserve1, reserve0, gamma)
    else:
        flat.kinds[slot] = EMPTY
        for direction in range(2):
            _first(flat, slot, direction, 0.0, 0.0)


@inner
def _show_side(
    flat: FlatPools, slot: int, direction: int, sold: float, bought: float, gamma: float
) -> None:
    """A full pair takes nothing, at whatever price: searches would size it before what pays."""
    price = gamma * bought / sold if sold < FULL_RESERVE else 0.0
    _first(flat, slot, direction, price, gamma / sold)


@inner
def _show_concentrated(flat: FlatPools, slot: int, gamma: float) -> None:
    words = flat.words
    upper = float_of(words[slot, SQRT_PRICE + 2], words[slot, SQRT_PRICE + 1])
    root = (upper * _LIMB + float(words[slot, SQRT_PRICE])) / _Q96
    liquidity = float_of(words[slot, LIQUIDITY + 1], words[slot, LIQUIDITY])
    flat.floats[slot, 0], flat.floats[slot, 1] = root, liquidity
    _show_down(flat, slot, root, liquidity, gamma)
    _show_up(flat, slot, root, liquidity, gamma)


@inner
def _show_down(flat: FlatPools, slot: int, root: float, liquidity: float, gamma: float) -> None:
    """The first range below the price that trades anything."""
    offset = flat.ints[slot, OFFSET]
    at = offset + flat.ints[slot, ABOVE] - 1
    if at >= offset and _stands_on(flat, slot, at):
        at, liquidity = at - 1, _level(flat, offset, at - 1)
    while liquidity <= 0.0 and at >= offset:
        root = flat.tick_floats[at, 0]
        at, liquidity = at - 1, _level(flat, offset, at - 1)
    if liquidity > 0.0 and (at >= offset or root > _ENDS[0]):
        _first(flat, slot, 0, gamma * root * root, gamma * root / liquidity)
    else:
        _first(flat, slot, 0, 0.0, 0.0)


@inner
def _show_up(flat: FlatPools, slot: int, root: float, liquidity: float, gamma: float) -> None:
    """The first range above the price that trades anything."""
    offset = flat.ints[slot, OFFSET]
    end = offset + flat.ints[slot, COUNT]
    at = offset + flat.ints[slot, ABOVE]
    if at < end and _stands_on(flat, slot, at):
        at, liquidity = at + 1, flat.tick_floats[at, 1]
    while liquidity <= 0.0 and at < end:
        root, liquidity = flat.tick_floats[at, 0], flat.tick_floats[at, 1]
        at += 1
    if liquidity > 0.0 and (at < end or root < _ENDS[1]):
        _first(flat, slot, 1, gamma / (root * root), gamma / (root * liquidity))
    else:
        _first(flat, slot, 1, 0.0, 0.0)


@inner
def _level(flat: FlatPools, offset: int, at: int) -> float:
    """Liquidity above the tick of row `at`, none below the lowest."""
    return flat.tick_floats[at, 1] if at >= offset else 0.0


@inner
def _stands_on(flat: FlatPools, slot: int, at: int) -> bool:
    """Whether the price is that of the tick: nothing is traded on the way to it."""
    for i in range(3):
        if flat.tick_words[at, TICK_SQRT + i] != flat.words[slot, SQRT_PRICE + i]:
            return False
    return True
