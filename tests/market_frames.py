"""Builds the messages of a small market, block by block."""

from dataclasses import dataclass, replace
from hashlib import sha256

from keeper.chain import Address, Protocol
from keeper.market.venues.uniswap_v3 import V3State
from keeper.market.venues.v3_tick_math import get_sqrt_ratio_at_tick
from keeper.relay.messages import (
    BlockBoundary,
    Message,
    Origin,
    PoolLiquidity,
    PoolSnapshot,
    PoolSwap,
    PoolSync,
    TickLiquidity,
)

FACTORY = Address(b"\xfa" * 20)
USD = Address(b"\x10" * 20)
WPOL = Address(b"\x20" * 20)
WETH = Address(b"\x30" * 20)


def pool_address(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


def block_hash(number: int, branch: str = "main") -> bytes:
    return sha256(f"{branch}:{number}".encode()).digest()


@dataclass
class Frames:
    """Stamps messages with a rising sequence and the present block."""

    number: int = 100
    branch: str = "main"
    epoch: int = 1
    sequence: int = 0

    def origin(self, number: int | None = None) -> Origin:
        self.sequence += 1
        at = self.number if number is None else number
        return Origin(self.epoch, self.sequence, 137, at, block_hash(at, self.branch), 0, 0, 1, 2)

    def v2(
        self,
        pool: Address,
        token0: Address,
        token1: Address,
        reserves: tuple[int, int],
        *,
        decimals: tuple[int, int] = (18, 18),
        fee_pips: int = 3000,
    ) -> PoolSnapshot:
        return PoolSnapshot(
            origin=self.origin(),
            pool=pool,
            protocol=Protocol.UNISWAP_V2,
            factory=FACTORY,
            token0=token0,
            token1=token1,
            decimals0=decimals[0],
            decimals1=decimals[1],
            fee_pips=fee_pips,
            protocol_fee=0,
            tick_spacing=0,
            reserve0=reserves[0],
            reserve1=reserves[1],
            sqrt_price_x96=0,
            liquidity=0,
            tick=0,
            part=0,
            parts=1,
            ticks=(),
        )

    def v3(
        self,
        pool: Address,
        token0: Address,
        token1: Address,
        state: V3State,
        *,
        decimals: tuple[int, int] = (18, 18),
    ) -> PoolSnapshot:
        pairs = zip(state.ticks, state.nets, strict=True)
        return replace(
            self.v2(pool, token0, token1, (0, 0), decimals=decimals, fee_pips=state.fee_pips),
            protocol=Protocol.UNISWAP_V3,
            tick_spacing=state.tick_spacing,
            sqrt_price_x96=state.sqrt_price_x96,
            liquidity=state.liquidity,
            tick=state.tick,
            ticks=tuple(TickLiquidity(tick, net, abs(net) or 2) for tick, net in pairs),
        )

    def sync(self, pool: Address, reserve0: int, reserve1: int) -> PoolSync:
        return PoolSync(self.origin(), pool, reserve0, reserve1)

    def swap(self, pool: Address, sqrt_price_x96: int, liquidity: int, tick: int) -> PoolSwap:
        return PoolSwap(self.origin(), pool, sqrt_price_x96, liquidity, tick)

    def liquidity(self, pool: Address, lower: int, upper: int, delta: int) -> PoolLiquidity:
        return PoolLiquidity(self.origin(), pool, lower, upper, delta)

    def boundary(self) -> BlockBoundary:
        """Ends the present block and begins the next."""
        parent = block_hash(self.number - 1, self.branch)
        message = BlockBoundary(self.origin(), parent, 1_700_000_000 + 2 * self.number, 30 * 10**9)
        self.number += 1
        return message


def flat_v3(tick: int, liquidity: int, fee_pips: int = 500, spacing: int = 10) -> V3State:
    """One wide position around `tick`."""
    low = (tick // spacing - 500) * spacing
    high = low + 1_000 * spacing
    price = get_sqrt_ratio_at_tick(tick)
    return V3State(price, tick, liquidity, fee_pips, spacing, (low, high), (liquidity, -liquidity))


def snapshots(frames: Frames) -> list[Message]:
    """USD/WPOL at 0.50 in a V2 pair and 0.52 in a V3 pool."""
    return [
        frames.v2(pool_address(1), USD, WPOL, (500_000 * 10**6, 10**24), decimals=(6, 18)),
        frames.v3(pool_address(2), USD, WPOL, flat_v3(282_850, 10**18), decimals=(6, 18)),
    ]


def two_pools(frames: Frames) -> list[Message]:
    """The snapshots with their boundary."""
    return [*snapshots(frames), frames.boundary()]
