"""Flat arrays derived from exact states, one row a pool, updated in place."""

from bisect import bisect_right
from math import inf, log

import numpy as np
from numpy.typing import NDArray

from keeper.chain import FEE_DENOMINATOR_PIPS
from keeper.market.heap import Heap
from keeper.market.kernels.layout import (
    CONCENTRATED,
    COUNT,
    COUNT1,
    EMPTY,
    FEE1,
    FULL_RESERVE,
    INTS,
    LEVEL,
    NUMBERS,
    OFFSET,
    OFFSET1,
    PAIR,
    ROOT,
    SIDE0,
    SIDE1,
    TICK_FLOATS,
    TOKENS,
    WORDS,
    FlatPools,
)
from keeper.market.kernels.pieces import pieces_of
from keeper.market.kernels.positions import hold_ticks
from keeper.market.kernels.smooth import COLUMNS, KIND, NOTHING
from keeper.market.venues.base import Segment, VenueState
from keeper.market.venues.pairs import PairState
from keeper.market.venues.uniswap_v2 import V2State
from keeper.market.venues.uniswap_v3 import V3State
from keeper.market.venues.uniswap_v4 import V4State
from keeper.market.venues.v3_tick_math import get_sqrt_ratio_at_tick
from keeper.turns import Turns

FIRST_SLOTS, FIRST_TICKS = 1 << 14, 1 << 20
FIRST_SEGMENTS, FIRST_NUMBERS = 1 << 19, 1 << 15
"""Room from the start: memory is taken as it is written to, but to move that of thousands of pools
later would hold the loop for tens of milliseconds."""

_Q96 = float(1 << 96)
_LIMB = (1 << 64) - 1


class PoolArrays:
    """Exact integers in limbs, and the floats that search reads, of every pool (see `FlatPools`).

    `version` counts the calls of `renew`, so that a reader can tell what it missed.
    """

    def __init__(self) -> None:
        self.version = 0
        self._size = 0
        slots, ticks = FIRST_SLOTS, FIRST_TICKS
        self._rows = Heap(
            np.zeros(slots, dtype=np.uint8),
            np.zeros((slots, WORDS), dtype=np.uint64),
            np.zeros((slots, INTS), dtype=np.int64),
            np.zeros((slots, 4)),
            np.zeros((slots, 2)),
            np.zeros((slots, 2)),
            np.zeros((slots, 2, COLUMNS)),
        )
        self._ticks = Heap(
            np.zeros(ticks, dtype=np.int64),
            np.zeros((ticks, 5), dtype=np.uint64),
            np.zeros((ticks, TICK_FLOATS)),
            np.zeros((ticks, 2), dtype=np.uint64),
        )
        self._segments = Heap(np.zeros((FIRST_SEGMENTS, 3)))
        self._numbers = Heap(np.zeros((FIRST_NUMBERS, 4), dtype=np.uint64))
        self._states: list[VenueState | None] = []
        self._chunks: list[dict[int, int]] = []
        self.flat = self._tuple()

    def append(self) -> int:
        """Make room for one more pool and return its slot."""
        slot = self._size
        columns = self._rows.columns
        if slot == len(columns[0]):
            self._rows.columns = [np.concatenate([c, np.zeros_like(c)]) for c in columns]
            self.flat = self._tuple()
        self._size += 1
        self._states.append(None)
        self._chunks.append({})
        self._clear(slot)
        return slot

    def clear(self) -> Turns[None]:
        """Offer nothing of any pool, and take all chunks back, those of `take_chunk` too."""
        self._ticks.reset()
        self._segments.reset()
        flat, size = self.flat, self._size
        flat.kinds[:size], flat.smooth[:size] = EMPTY, 0.0
        flat.log_prices[:size], flat.slopes[:size] = -inf, inf
        self._chunks = [{} for _ in range(size)]
        yield
        for slot in range(size):
            self._states[slot] = None
            if slot % 256 == 0:
                yield

    def memory_bytes(self) -> int:
        """What rows, ticks and segments take, the free room between them included."""
        used = (*self._used_rows(), *self._ticks.used(), *self._used_curves())
        return sum(column.nbytes for column in used)

    def copied(self) -> FlatPools:
        """The arrays as they are now, as far as they are used."""
        flat = (*self._used_rows(), *self._ticks.used()[:3], *self._used_curves())
        return FlatPools(*(column.copy() for column in flat))  # type: ignore[arg-type]

    @property
    def room(self) -> int:
        """Slots that there is room for."""
        return len(self._rows.columns[0])

    @property
    def tick_columns(self) -> list[NDArray[np.generic]]:
        """The columns of ticks that `Rows` shares, the gross liquidity last."""
        return self._ticks.columns

    def take_chunk(self, rows: int) -> tuple[int, int]:
        """Where a new chunk of ticks begins that holds at least `rows`, and how many it holds."""
        offset = self._ticks.resize(None, rows)
        self.flat = self._tuple()
        return offset, self._ticks.size(offset)

    def release_chunk(self, offset: int) -> None:
        """Give a chunk of ticks back that no row shows any more."""
        self._ticks.release(offset)

    def renew(self) -> int:
        """What follows leads to another block, under the version returned."""
        self.version += 1
        return self.version

    def update(self, slot: int, state: VenueState | None) -> None:
        """Derive the slot's row from its exact state; None clears it."""
        fees = (0, 0)
        if isinstance(state, V4State):
            fees = state.fee_zero_for_one_pips, state.fee_one_for_zero_pips
            state = state.curve
        elif isinstance(state, V3State):
            fees = state.fee_pips, state.fee_pips
        before, self._states[slot] = self._states[slot], state
        if isinstance(state, V2State):
            self._put_pair(slot, state)
        elif isinstance(state, V3State):
            self._put_concentrated(slot, state, fees, before)
        elif isinstance(state, PairState):
            self._put_tokens(slot, state)
        else:
            self._clear(slot)

    @property
    def slopes(self) -> NDArray[np.float64]:
        """The live slopes of the first segments; not to be kept beyond the current call."""
        return self.flat.slopes[: self._size]

    @property
    def log_prices(self) -> NDArray[np.float64]:
        """The live prices; not to be kept beyond the current call."""
        return self.flat.log_prices[: self._size]

    def frozen_log_prices(self) -> NDArray[np.float64]:
        """A read-only copy for a view."""
        copy = self.log_prices.copy()
        copy.setflags(write=False)
        return copy

    def _used_rows(self) -> list[NDArray[np.generic]]:
        return [column[: self._size] for column in self._rows.columns]

    def _used_curves(self) -> list[NDArray[np.generic]]:
        return [*self._segments.used(), *self._numbers.used()]

    def _tuple(self) -> FlatPools:
        curves = (*self._segments.columns, *self._numbers.columns)
        return FlatPools(*self._rows.columns, *self._ticks.columns[:3], *curves)  # type: ignore[arg-type]

    def _clear(self, slot: int) -> None:
        flat = self.flat
        flat.kinds[slot] = EMPTY
        flat.log_prices[slot] = -inf
        flat.slopes[slot] = inf
        flat.smooth[slot] = 0.0
        chunks = ((self._ticks, 0), (self._segments, 1), (self._segments, 2), (self._numbers, 3))
        for heap, key in chunks:
            if key in self._chunks[slot]:
                heap.release(self._chunks[slot].pop(key))

    def _put_pair(self, slot: int, state: V2State) -> None:
        flat = self.flat
        reserve0, reserve1, fee = state
        if reserve0 <= 0 or reserve1 <= 0:
            self._clear(slot)
            return
        gamma = (FEE_DENOMINATOR_PIPS - fee) / FEE_DENOMINATOR_PIPS
        flat.kinds[slot] = PAIR
        flat.words[slot, :4] = (reserve0 & _LIMB, reserve0 >> 64, reserve1 & _LIMB, reserve1 >> 64)
        flat.ints[slot, 0] = fee
        flat.floats[slot] = (reserve0, reserve1, gamma, gamma)
        for direction, sold, bought in ((0, reserve0, reserve1), (1, reserve1, reserve0)):
            price = gamma * bought / sold if sold < FULL_RESERVE else 0.0
            self._put_first(slot, direction, price, gamma / sold)

    def _put_first(self, slot: int, direction: int, price: float, slope: float) -> None:
        usable = 0.0 < price < inf and 0.0 < slope < inf
        self.flat.log_prices[slot, direction] = log(price) if usable else -inf
        self.flat.slopes[slot, direction] = slope if usable else inf

    def _put_concentrated(
        self, slot: int, state: V3State, fees: tuple[int, int], before: VenueState | None
    ) -> None:
        if not (isinstance(before, V3State) and _shares_ticks(before, state)):
            self._put_ticks(slot, state)
        flat = self.flat
        price, liquidity = state.sqrt_price_x96, state.liquidity
        gammas = [(FEE_DENOMINATOR_PIPS - fee) / FEE_DENOMINATOR_PIPS for fee in fees]
        root = price / _Q96
        above = bisect_right(state.ticks, state.tick)
        flat.kinds[slot] = CONCENTRATED
        flat.words[slot] = (
            price & _LIMB,
            price >> 64 & _LIMB,
            price >> 128,
            liquidity & _LIMB,
            liquidity >> 64,
        )
        offset, count = self._chunks[slot][0], len(state.ticks)
        flat.ints[slot, :6] = (
            fees[0],
            state.tick,
            state.tick_spacing,
            offset,
            count,
            above,
        )
        flat.ints[slot, FEE1] = fees[1]
        flat.floats[slot] = (root, liquidity, *gammas)
        on_tick = above and get_sqrt_ratio_at_tick(state.ticks[above - 1]) == price
        if liquidity > 0 and 0 < above < count and not on_tick:
            self._put_first(slot, 0, gammas[0] * root * root, gammas[0] * root / liquidity)
            self._put_first(slot, 1, gammas[1] / (root * root), gammas[1] / (root * liquidity))
            return
        for direction in (0, 1):
            curve = state._replace(fee_pips=fees[direction])
            first = next(curve.segments(zero_for_one=direction == 0), Segment(0.0, 0.0, 0.0))
            self._put_first(slot, direction, first.price, first.slope)

    def _put_ticks(self, slot: int, state: V3State) -> None:
        chunks, count = self._chunks[slot], len(state.ticks)
        offset = chunks[0] = self._ticks.resize(chunks.get(0), count)
        self.flat = self._tuple()
        roots = [get_sqrt_ratio_at_tick(tick) for tick in state.ticks]
        levels, level = [], 0
        for net in state.nets:
            level += net
            levels.append(float(level))
        flat, end = self.flat, offset + count
        flat.tick_at[offset:end] = state.ticks
        words = [
            (root & _LIMB, root >> 64 & _LIMB, root >> 128, net & _LIMB, net >> 64 & _LIMB)
            for root, net in zip(roots, state.nets, strict=True)
        ]
        flat.tick_words[offset:end] = np.array(words, dtype=np.uint64).reshape(count, 5)
        flat.tick_floats[offset:end, ROOT] = [root / _Q96 for root in roots]
        flat.tick_floats[offset:end, LEVEL] = levels
        hold_ticks(flat.tick_floats, offset, end)

    def _put_tokens(self, slot: int, state: PairState) -> None:
        rows = [state.row(zero_for_one=zero_for_one) for zero_for_one in (True, False)]
        if all(row[KIND] == NOTHING for row in rows):
            self._clear(slot)
            return
        self._put_numbers(slot, state)
        for direction, (at, length) in enumerate(((OFFSET, COUNT), (OFFSET1, COUNT1))):
            pieces = pieces_of(rows[direction])
            chunks, count = self._chunks[slot], len(pieces)
            offset = self._segments.resize(chunks.get(1 + direction), count)
            chunks[1 + direction] = offset
            self.flat = self._tuple()
            self.flat.smooth[slot, direction] = rows[direction]
            self.flat.ints[slot, [at, length]] = offset, count
            self.flat.segments[offset : offset + count] = pieces
            first = Segment(*pieces[0].tolist()) if count else Segment(0.0, 0.0, 1.0)
            # A straight piece has no slope; its end bounds the depth instead.
            self._put_first(slot, direction, first.price, first.slope or 1.0 / first.capacity)

    def _put_numbers(self, slot: int, state: PairState) -> None:
        """The exact state, each integer as 4 limbs."""
        found = state.pool.numbers(state.token0, state.token1)
        chunks, count = self._chunks[slot], len(found.rows)
        offset = chunks[3] = self._numbers.resize(chunks.get(3), count)
        self.flat = self._tuple()
        self.flat.kinds[slot] = found.kind
        places = (offset, found.tokens, state.token0, state.token1)
        self.flat.ints[slot, [NUMBERS, TOKENS, SIDE0, SIDE1]] = places
        limbs = b"".join(number.to_bytes(32, "little") for number in found.rows)
        self.flat.numbers[offset : offset + count] = np.frombuffer(limbs, "<u8").reshape(-1, 4)


def _shares_ticks(one: V3State, two: V3State) -> bool:
    return one.ticks is two.ticks and one.nets is two.nets
