"""The typed messages of `defi.sock`. Their byte layouts stand in `messages.toml`."""

from dataclasses import dataclass
from typing import NamedTuple

from keeper.chain import Address, Protocol

NO_INDEX = 0xFFFF_FFFF
"""Transaction or log index of a message that no single log caused."""


class Origin(NamedTuple):
    """Where and when a message arose: the identity that every extension payload carries.

    `epoch` names one life of the channel and `sequence` counts its frames from 0 without a gap.
    `seen_ns` is the wall clock when the node's answer was seen, `sent_ns` when the frame was sent.
    """

    epoch: int
    sequence: int
    chain_id: int
    block_number: int
    block_hash: bytes
    transaction_index: int
    log_index: int
    seen_ns: int
    sent_ns: int


class TickLiquidity(NamedTuple):
    """An initialised tick: what it adds when crossed upwards, and all that refers to it.

    A tick whose positions cancel out has a net of 0 and still ends a step of every swap.
    """

    tick: int
    liquidity_net: int
    liquidity_gross: int


@dataclass(frozen=True, slots=True)
class PoolSnapshot:
    """The whole state of a pool of two tokens as of the end of the origin's block.

    Ticks of a concentrated pool may need several frames: `part` counts from 0 to `parts` - 1, and
    every part repeats the scalar fields. Uniswap V2 pools leave the V3 fields 0 and the reverse.
    `protocol_fee` is a Uniswap V4 pool's packed pair (12 bits each, selling token0 lowest).
    """

    origin: Origin
    pool: Address
    protocol: Protocol
    factory: Address
    token0: Address
    token1: Address
    decimals0: int
    decimals1: int
    fee_pips: int
    protocol_fee: int
    tick_spacing: int
    reserve0: int
    reserve1: int
    sqrt_price_x96: int
    liquidity: int
    tick: int
    part: int
    parts: int
    ticks: tuple[TickLiquidity, ...]


@dataclass(frozen=True, slots=True)
class PoolSync:
    """Reserves of a Uniswap V2 pair after a `Sync` log, in raw token units."""

    origin: Origin
    pool: Address
    reserve0: int
    reserve1: int


@dataclass(frozen=True, slots=True)
class PoolSwap:
    """Price, in-range liquidity and tick of a pool with ticks after a `Swap` log."""

    origin: Origin
    pool: Address
    sqrt_price_x96: int
    liquidity: int
    tick: int


@dataclass(frozen=True, slots=True)
class PoolLiquidity:
    """Liquidity added to (positive) or taken from [tick_lower, tick_upper)."""

    origin: Origin
    pool: Address
    tick_lower: int
    tick_upper: int
    liquidity_delta: int


@dataclass(frozen=True, slots=True)
class PoolFee:
    """What the next swap of an Algebra or Uniswap V4 pool pays, fields as in `PoolSnapshot`."""

    origin: Origin
    pool: Address
    fee_pips: int
    protocol_fee: int


@dataclass(frozen=True, slots=True)
class TokenHolding:
    """One token of a pool of several, in raw units.

    `rate` is what 10^18 raw units are worth in the unit of the pool's invariant.
    """

    token: Address
    decimals: int
    balance: int
    rate: int
    weight: int


@dataclass(frozen=True, slots=True)
class PoolReading:
    """The whole state of a Curve or Balancer V2 pool, read at the end of the origin's block.

    Units and what a protocol leaves 0 stand in `messages.toml`; `tokens` are in the contract's own
    order, which Curve swaps name them by.
    """

    origin: Origin
    pool: Address
    protocol: Protocol
    factory: Address
    pool_id: bytes
    fee: int
    admin_fee_e10: int
    offpeg_e10: int
    amplification: int
    precision: int
    rounding: int
    push: int
    tokens: tuple[TokenHolding, ...]


@dataclass(frozen=True, slots=True)
class BlockBoundary:
    """Everything of the origin's block has been sent; strategies may read it."""

    origin: Origin
    parent_hash: bytes
    timestamp_s: int
    base_fee_wei: int


@dataclass(frozen=True, slots=True)
class Reorganisation:
    """The origin's block is the head again: what came after it never was.

    `replaced_hash` is the last of those blocks, whose boundary was the last that was sent.
    """

    origin: Origin
    replaced_hash: bytes


Delta = PoolSync | PoolSwap | PoolLiquidity | PoolFee
PoolMessage = PoolSnapshot | PoolReading | Delta
Message = PoolMessage | BlockBoundary | Reorganisation
