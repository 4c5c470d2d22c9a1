"""Messages of one log each, applied from their bytes to the exact rows of `kernels.rows`.

The laws of `relay.pool_state` hold here too: a message that cannot follow from the state it meets
changes nothing, and is told by its status.
"""

import numpy as np

from keeper.chain import FEE_DENOMINATOR_PIPS, Protocol
from keeper.market.kernels.compiler import inner, kernel
from keeper.market.kernels.crc import Bytes, integer, word32
from keeper.market.kernels.layout import (
    ABOVE,
    CONCENTRATED,
    COUNT,
    EMPTY,
    FEE,
    LIQUIDITY,
    OFFSET,
    PAIR,
    RESERVE0,
    SQRT_PRICE,
    TICK,
    TICK_NET,
)
from keeper.market.kernels.limbs import ALL_ONES, ZERO, Words, less
from keeper.market.kernels.positions import (
    CONTRADICTED,
    DONE,
    LEFT_OUT,
    MAX_TICK,
    MIN_TICK,
    add_wide,
    change_liquidity,
)
from keeper.market.kernels.quotes import NEXT, PRICE, TARGET
from keeper.market.kernels.rows import (
    APPLIED,
    HASH,
    NUMBER,
    PROTOCOL_FEE,
    REPEATED,
    SEQUENCE,
    UNKNOWN,
    WHOLE,
    Rows,
    find,
    is_changed,
    note,
    signed32,
    word64,
)
from keeper.market.kernels.tick_math import sqrt_ratio_at
from keeper.relay.pool_state import MAX_PROTOCOL_FEE_PIPS
from keeper.relay.table import TABLE, offsets

SYNC, SWAP, LIQUIDITY_CHANGE, FEE_CHANGE = (
    next(layout.id for layout in TABLE.layouts if layout.name == name)
    for name in ("PoolSync", "PoolSwap", "PoolLiquidity", "PoolFee")
)
_SYNC, _SWAP = offsets(TABLE, "PoolSync"), offsets(TABLE, "PoolSwap")
_LIQUIDITY, _FEE = offsets(TABLE, "PoolLiquidity"), offsets(TABLE, "PoolFee")

_AT_SEQUENCE, _AT_NUMBER = _SYNC["sequence"], _SYNC["block_number"]
_AT_HASH, _AT_POOL = _SYNC["block_hash"], _SYNC["pool"]
_AT_RESERVES = _SYNC["reserve0"]
_AT_PRICE, _AT_LIQUIDITY, _AT_TICK = _SWAP["sqrt_price_x96"], _SWAP["liquidity"], _SWAP["tick"]
_AT_LOWER, _AT_UPPER = _LIQUIDITY["tick_lower"], _LIQUIDITY["tick_upper"]
_AT_DELTA = _LIQUIDITY["liquidity_delta"]
_AT_FEE, _AT_PROTOCOL_FEE = _FEE["fee_pips"], _FEE["protocol_fee"]

_RESERVE_TOP = np.uint64(48)
_ALGEBRA, _V4 = int(Protocol.ALGEBRA_V1), int(Protocol.UNISWAP_V4)


@kernel
def apply_update(rows: Rows, w: Words, kind: int, data: Bytes, start: int) -> int:
    """Apply the payload of one message that begins at `start`; returns a status."""
    slot = find(rows, data, start + _AT_POOL)
    if slot < 0 or rows.kinds[slot] == EMPTY:
        rows.counts[UNKNOWN] += 1
        return LEFT_OUT
    sequence = integer(word64(data, start + _AT_SEQUENCE))
    if sequence <= rows.meta[slot, SEQUENCE]:
        rows.counts[REPEATED] += 1
        return LEFT_OUT
    number = integer(word64(data, start + _AT_NUMBER))
    block = integer(word64(data, start + _AT_HASH))
    same_block = rows.meta[slot, NUMBER] == number and rows.meta[slot, HASH] == block
    if not same_block and rows.meta[slot, WHOLE] == 0 and is_changed(rows, slot):
        return CONTRADICTED
    note(rows, slot)
    status = _change(rows, w, kind, data, start, slot)
    if status == DONE:
        rows.meta[slot, SEQUENCE], rows.meta[slot, NUMBER] = sequence, number
        rows.meta[slot, HASH], rows.meta[slot, WHOLE] = block, 0
        rows.counts[APPLIED] += 1
    return status


@inner
def _change(rows: Rows, w: Words, kind: int, data: Bytes, start: int, slot: int) -> int:
    if kind == SYNC:
        return _sync(rows, data, start + _AT_RESERVES, slot)
    if rows.kinds[slot] != CONCENTRATED:
        return CONTRADICTED
    if kind == SWAP:
        return _swap(rows, w, data, start, slot)
    if kind == FEE_CHANGE:
        return _change_fee(rows, data, start, slot)
    return change_liquidity(
        rows,
        w,
        slot,
        signed32(data, start + _AT_LOWER),
        signed32(data, start + _AT_UPPER),
        word64(data, start + _AT_DELTA),
        word64(data, start + _AT_DELTA + 8),
    )


@inner
def _sync(rows: Rows, data: Bytes, at: int, slot: int) -> int:
    upper0, upper1 = word64(data, at + 8), word64(data, at + 24)
    if rows.kinds[slot] != PAIR or (upper0 | upper1) >> _RESERVE_TOP != ZERO:
        return CONTRADICTED
    rows.words[slot, RESERVE0], rows.words[slot, RESERVE0 + 1] = word64(data, at), upper0
    rows.words[slot, RESERVE0 + 2], rows.words[slot, RESERVE0 + 3] = word64(data, at + 16), upper1
    return DONE


@inner
def _swap(rows: Rows, w: Words, data: Bytes, start: int, slot: int) -> int:
    tick = signed32(data, start + _AT_TICK)
    w[PRICE] = word64(data, start + _AT_PRICE)
    w[PRICE + 1] = word64(data, start + _AT_PRICE + 8)
    w[PRICE + 2] = word32(data, start + _AT_PRICE + 16)
    if not stands_in(w, tick):
        return CONTRADICTED
    offset, count, above = rows.ints[slot, OFFSET], rows.ints[slot, COUNT], rows.ints[slot, ABOVE]
    low, high = rows.words[slot, LIQUIDITY], rows.words[slot, LIQUIDITY + 1]
    while above < count and rows.tick_at[offset + above] <= tick:
        at = offset + above
        low, high = add_wide(
            low, high, rows.tick_words[at, TICK_NET], rows.tick_words[at, TICK_NET + 1]
        )
        above += 1
    while above > 0 and rows.tick_at[offset + above - 1] > tick:
        above -= 1
        at = offset + above
        low, high = _less_wide(
            low, high, rows.tick_words[at, TICK_NET], rows.tick_words[at, TICK_NET + 1]
        )
    at = start + _AT_LIQUIDITY
    if low != word64(data, at) or high != word64(data, at + 8):
        return CONTRADICTED
    for i in range(3):
        rows.words[slot, SQRT_PRICE + i] = w[PRICE + i]
    rows.words[slot, LIQUIDITY], rows.words[slot, LIQUIDITY + 1] = low, high
    rows.ints[slot, TICK], rows.ints[slot, ABOVE] = tick, above
    return DONE


@inner
def stands_in(w: Words, tick: int) -> bool:
    """Whether a pool at PRICE can be in `tick`: its own, or the one below on the edge."""
    if tick < MIN_TICK or tick >= MAX_TICK:
        return False
    sqrt_ratio_at(w, TARGET, tick)
    sqrt_ratio_at(w, NEXT, tick + 1)
    if less(w, PRICE, TARGET, 3) or less(w, NEXT, PRICE, 3):
        return False
    return tick + 1 < MAX_TICK or less(w, PRICE, NEXT, 3)


@inner
def _less_wide(
    low: np.uint64, high: np.uint64, less_low: np.uint64, less_high: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Difference of two 128-bit numbers, which wraps."""
    rest = low - less_low
    return rest, high - less_high + (ALL_ONES if rest > low else ZERO)


@inner
def _change_fee(rows: Rows, data: Bytes, start: int, slot: int) -> int:
    fee = integer(word32(data, start + _AT_FEE))
    shares = integer(word32(data, start + _AT_PROTOCOL_FEE))
    if rows.protocols[slot] == _ALGEBRA:
        if fee >= FEE_DENOMINATOR_PIPS or shares != 0:
            return CONTRADICTED
    elif rows.protocols[slot] == _V4:
        if fee != rows.ints[slot, FEE]:
            return CONTRADICTED
        if shares >> 12 > MAX_PROTOCOL_FEE_PIPS or shares & 0xFFF > MAX_PROTOCOL_FEE_PIPS:
            return CONTRADICTED
    else:
        return CONTRADICTED
    rows.ints[slot, FEE], rows.ints[slot, PROTOCOL_FEE] = fee, shares
    return DONE
