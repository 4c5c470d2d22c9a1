"""Exact state of one pool, advanced by messages and refused when they contradict it."""

from bisect import bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise

from keeper.chain import FEE_DENOMINATOR_PIPS, Address, Protocol
from keeper.relay.messages import (
    Delta,
    Origin,
    PoolFee,
    PoolLiquidity,
    PoolSnapshot,
    PoolSwap,
    PoolSync,
    TickLiquidity,
)
from keeper.relay.table import TABLE

MAX_RESERVE = 2**112 - 1
MAX_LIQUIDITY = 2**128 - 1
MIN_TICK, MAX_TICK = -887_272, 887_272
MIN_SQRT_PRICE_X96 = 4_295_128_739
MAX_SQRT_PRICE_X96 = 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_342
"""Bounds of Uniswap V2's reserves and of Uniswap V3's `TickMath`; the price bound is exclusive."""

TICKS_PER_PART = next(
    layout.repeated.most for layout in TABLE.layouts if layout.repeated and layout.id == 20
)
"""Ticks that one snapshot frame carries: few, so that no frame takes long to decode."""

PROTOCOLS = frozenset(
    {Protocol.UNISWAP_V2, Protocol.UNISWAP_V3, Protocol.ALGEBRA_V1, Protocol.UNISWAP_V4}
)
"""Of two tokens, with a state that logs carry; the others are read whole (`PoolReading`)."""
MAX_PROTOCOL_FEE_PIPS = 1_000
"""Of one direction of a Uniswap V4 pool (`ProtocolFeeLibrary.sol`)."""


class StateContradiction(Exception):  # noqa: N818 -- it states the fault
    """A message cannot follow from the state it meets: one of the two is wrong, trust neither."""


def _check(pool: Address, holds: bool, what: str) -> None:
    if not holds:
        raise StateContradiction(f"pool 0x{pool.hex()}: {what}; wait for its next snapshot")


@dataclass(slots=True)
class PoolState:
    """A pool of two tokens in raw units; fields of another protocol stay 0 and empty.

    `ticks` maps each initialised tick to its net liquidity, which may be 0, `gross` to that of all
    positions that end there, which is not; `tick_index` holds the keys of both in rising order.
    `epoch`, `sequence` and `block_number` are those of the last message applied.
    """

    pool: Address
    protocol: Protocol
    factory: Address
    token0: Address
    token1: Address
    decimals0: int
    decimals1: int
    fee_pips: int
    tick_spacing: int
    reserve0: int
    reserve1: int
    sqrt_price_x96: int
    liquidity: int
    tick: int
    epoch: int
    sequence: int
    block_number: int
    ticks: dict[int, int] = field(default_factory=dict)
    gross: dict[int, int] = field(default_factory=dict)
    tick_index: list[int] = field(default_factory=list)
    protocol_fee: int = 0

    @classmethod
    def from_snapshot(cls, parts: list[PoolSnapshot]) -> "PoolState":
        """State from all parts of one snapshot; raises `StateContradiction` when they disagree."""
        last = parts[-1]
        ticks = [tick for part in parts for tick in part.ticks]
        state = cls(
            pool=last.pool,
            protocol=last.protocol,
            factory=last.factory,
            token0=last.token0,
            token1=last.token1,
            decimals0=last.decimals0,
            decimals1=last.decimals1,
            fee_pips=last.fee_pips,
            protocol_fee=last.protocol_fee,
            tick_spacing=last.tick_spacing,
            reserve0=last.reserve0,
            reserve1=last.reserve1,
            sqrt_price_x96=last.sqrt_price_x96,
            liquidity=last.liquidity,
            tick=last.tick,
            epoch=last.origin.epoch,
            sequence=last.origin.sequence,
            block_number=last.origin.block_number,
            ticks={tick.tick: tick.liquidity_net for tick in ticks},
            gross={tick.tick: tick.liquidity_gross for tick in ticks},
        )
        rising = all(a.tick < b.tick for a, b in pairwise(ticks))
        _check(last.pool, rising, "its ticks are not in order")
        state.tick_index = list(state.ticks)
        state.check()
        return state

    def copy(self) -> "PoolState":
        """The same state, which no message to this one changes."""
        return replace(
            self, ticks=dict(self.ticks), gross=dict(self.gross), tick_index=list(self.tick_index)
        )

    def check(self) -> None:
        """Raise `StateContradiction` unless the whole state is one the pool's contract can have."""
        _check(self.pool, self.protocol in PROTOCOLS, "its protocol's state is read, not sent")
        _check(self.pool, self.token0 < self.token1, "its tokens are not in order")
        self._check_fees(self.fee_pips, self.protocol_fee)
        if self.protocol is Protocol.UNISWAP_V2:
            self._check_reserves(self.reserve0, self.reserve1)
        else:
            self._check_ticks()
            self._check_price(self.sqrt_price_x96, self.tick)

    def apply(self, message: Delta) -> None:
        """Advance by one message of this pool; unchanged when `StateContradiction` is raised."""
        _check(self.pool, message.origin.epoch == self.epoch, "the message is of another epoch")
        if isinstance(message, PoolSync):
            self._sync(message)
        elif isinstance(message, PoolFee):
            self._change_fee(message)
        else:
            concentrated = self.protocol is not Protocol.UNISWAP_V2
            _check(self.pool, concentrated, "a Uniswap V3 message met a Uniswap V2 pool")
            if isinstance(message, PoolSwap):
                self._swap(message)
            else:
                self._change_liquidity(message)
        self.sequence = message.origin.sequence
        self.block_number = message.origin.block_number

    def snapshot(self, origin: Origin) -> Iterator[PoolSnapshot]:
        """The state as snapshot parts that each fit one frame, all stamped with `origin`."""
        ticks = [TickLiquidity(t, self.ticks[t], self.gross[t]) for t in self.tick_index]
        parts = max(1, -(-len(ticks) // TICKS_PER_PART))
        for part in range(parts):
            yield PoolSnapshot(
                origin=origin,
                pool=self.pool,
                protocol=self.protocol,
                factory=self.factory,
                token0=self.token0,
                token1=self.token1,
                decimals0=self.decimals0,
                decimals1=self.decimals1,
                fee_pips=self.fee_pips,
                protocol_fee=self.protocol_fee,
                tick_spacing=self.tick_spacing,
                reserve0=self.reserve0,
                reserve1=self.reserve1,
                sqrt_price_x96=self.sqrt_price_x96,
                liquidity=self.liquidity,
                tick=self.tick,
                part=part,
                parts=parts,
                ticks=tuple(ticks[part * TICKS_PER_PART : (part + 1) * TICKS_PER_PART]),
            )

    def _sync(self, message: PoolSync) -> None:
        pair = self.protocol is Protocol.UNISWAP_V2
        _check(self.pool, pair, "a Uniswap V2 message met a Uniswap V3 pool")
        self._check_reserves(message.reserve0, message.reserve1)
        self.reserve0, self.reserve1 = message.reserve0, message.reserve1

    def _change_fee(self, message: PoolFee) -> None:
        changes = self.protocol in {Protocol.ALGEBRA_V1, Protocol.UNISWAP_V4}
        _check(self.pool, changes, "its protocol's fees never change")
        kept = self.protocol is Protocol.ALGEBRA_V1 or message.fee_pips == self.fee_pips
        _check(self.pool, kept, "the fee of its key cannot change")
        self._check_fees(message.fee_pips, message.protocol_fee)
        self.fee_pips, self.protocol_fee = message.fee_pips, message.protocol_fee

    def _swap(self, message: PoolSwap) -> None:
        self._check_price(message.sqrt_price_x96, message.tick)
        expected = self.liquidity + self._net_between(self.tick, message.tick)
        _check(self.pool, message.liquidity == expected, "a swap's liquidity denies its ticks")
        self.sqrt_price_x96 = message.sqrt_price_x96
        self.liquidity = message.liquidity
        self.tick = message.tick

    def _change_liquidity(self, message: PoolLiquidity) -> None:
        lower, upper, delta = message.tick_lower, message.tick_upper, message.liquidity_delta
        _check(self.pool, lower < upper, "a range of ticks is empty")
        for tick in (lower, upper):
            placed = MIN_TICK <= tick <= MAX_TICK and tick % self.tick_spacing == 0
            _check(self.pool, placed, f"tick {tick} cannot be initialised")
        active = self.liquidity + (delta if lower <= self.tick < upper else 0)
        _check(self.pool, 0 <= active <= MAX_LIQUIDITY, "liquidity leaves its range")
        held = min(self.gross.get(lower, 0), self.gross.get(upper, 0))
        _check(self.pool, held + delta >= 0, "more liquidity was burnt than its ticks hold")
        self._add_position(lower, upper, delta)
        if delta < 0 and not self._profile_is_positive():
            self._add_position(lower, upper, -delta)
            _check(self.pool, False, "more liquidity was burnt than its ticks hold")
        self.liquidity = active

    def _add_position(self, lower: int, upper: int, liquidity: int) -> None:
        for tick, net in ((lower, liquidity), (upper, -liquidity)):
            before = self.gross.get(tick, 0)
            gross = before + liquidity
            if not before and gross:
                insort(self.tick_index, tick)
            if gross:
                self.gross[tick] = gross
                self.ticks[tick] = self.ticks.get(tick, 0) + net
            elif before:
                del self.gross[tick], self.ticks[tick]
                self.tick_index.remove(tick)

    def _net_between(self, start: int, end: int) -> int:
        """Change of active liquidity when the current tick moves from `start` to `end`."""
        index, ticks = self.tick_index, self.ticks
        low, high = bisect_right(index, min(start, end)), bisect_right(index, max(start, end))
        crossed = sum(ticks[tick] for tick in index[low:high])
        return crossed if end >= start else -crossed

    def _profile_is_positive(self) -> bool:
        return all(level >= 0 for level in accumulate(self.ticks[tick] for tick in self.tick_index))

    def _check_fees(self, fee_pips: int, protocol_fee: int) -> None:
        _check(self.pool, 0 <= fee_pips < FEE_DENOMINATOR_PIPS, "its fee is out of range")
        most = MAX_PROTOCOL_FEE_PIPS if self.protocol is Protocol.UNISWAP_V4 else 0
        fits = protocol_fee >> 12 <= most and protocol_fee & 0xFFF <= most
        _check(self.pool, fits, "its protocol fee is out of range")

    def _check_reserves(self, reserve0: int, reserve1: int) -> None:
        fit = 0 <= reserve0 <= MAX_RESERVE and 0 <= reserve1 <= MAX_RESERVE
        _check(self.pool, fit, "a reserve exceeds 112 bits")

    def _check_price(self, sqrt_price_x96: int, tick: int) -> None:
        fits = MIN_SQRT_PRICE_X96 <= sqrt_price_x96 < MAX_SQRT_PRICE_X96
        _check(self.pool, fits and MIN_TICK <= tick <= MAX_TICK, "its price is out of range")

    def _check_ticks(self) -> None:
        index = self.tick_index
        _check(self.pool, self.tick_spacing > 0, "its tick spacing is not positive")
        placed = all(
            MIN_TICK <= tick <= MAX_TICK and tick % self.tick_spacing == 0 for tick in index
        )
        _check(self.pool, placed, "a tick cannot be initialised")
        held = all(self.gross[t] >= max(abs(self.ticks[t]), 1) for t in index)
        _check(self.pool, held, "a tick's gross liquidity denies its net")
        balanced = sum(self.ticks.values()) == 0 and self._profile_is_positive()
        _check(self.pool, balanced, "its ticks do not balance")
        active = self._net_between(MIN_TICK - 1, self.tick)
        _check(self.pool, self.liquidity == active, "its liquidity denies its ticks")
