"""The words every room shares about a chain: addresses, protocols, blocks and chain instances."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, NewType

Address = NewType("Address", bytes)
"""20 bytes; hexadecimal forms exist only at the edges (logs, configuration, rows)."""

FEE_DENOMINATOR_PIPS = 1_000_000


class Protocol(IntEnum):
    """Pool families whose arithmetic and program opcodes differ; the numbers go over the wire."""

    UNISWAP_V2 = 1
    UNISWAP_V3 = 2
    ALGEBRA_V1 = 3
    UNISWAP_V4 = 4
    CURVE_STABLESWAP = 5
    CURVE_STABLESWAP_NG = 6
    BALANCER_V2_WEIGHTED = 7
    BALANCER_V2_STABLE = 8


class SwapTerms(NamedTuple):
    """What a swap's call names beside its pool and tokens; what a protocol does not use stays 0.

    `fee_pips` is a Uniswap V2 pair's fee, or with `tick_spacing` of a Uniswap V4 pool's key (whose
    `Address` is the first 20 bytes of its id), `pool_id` is a Balancer V2 pool's 32 bytes,
    `index_in` and `index_out` are places among a Curve pool's coins, `push` says that such a pool
    takes delivered input (`exchange_received`).
    """

    fee_pips: int = 0
    tick_spacing: int = 0
    pool_id: bytes = b""
    index_in: int = 0
    index_out: int = 0
    push: bool = False


NO_TERMS = SwapTerms()
"""Of a pool whose address and tokens say all."""


@dataclass(frozen=True, slots=True)
class BlockRef:
    """A block as the node stated it; `hash` is its identity, `number` only its place."""

    number: int
    hash: bytes
    parent_hash: bytes
    timestamp_s: int
    base_fee_wei: int


LIVE_RUN = "live"
"""Run of a chain that outlives its nodes."""


@dataclass(frozen=True, slots=True)
class ChainInstance:
    """One chain in one run: replica, fork and mainnet all answer 137, so the id is not enough.

    `run` is the development node's own instance id, or `LIVE_RUN`.
    """

    chain_id: int
    genesis_hash: bytes
    run: str

    @property
    def key(self) -> str:
        """Text under which records, rows and derived ids belong to this instance."""
        return f"{self.chain_id}:{self.genesis_hash.hex()}:{self.run}"
