"""What strategies read: a whole block's market, which never changes once published."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keeper.chain import NO_TERMS, Address, BlockRef, Protocol, SwapTerms
from keeper.market.arrays import PoolArrays
from keeper.market.venues.base import VenueState
from keeper.market.venues.pairs import PairState

_BALANCER = Protocol.BALANCER_V2_WEIGHTED, Protocol.BALANCER_V2_STABLE
_CURVE = Protocol.CURVE_STABLESWAP, Protocol.CURVE_STABLESWAP_NG


class Untradable(StrEnum):
    """Why a known pool must not be traded."""

    CONTRADICTED = "contradicted"
    AHEAD_OF_BLOCK = "ahead_of_block"
    GAP = "gap"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class PoolKey:
    """What never changes about a pool, or about two tokens of a pool of several.

    `fee_pips` stays 0 where the fee may change. `place0` and `place1` are the tokens' places among
    the pool's own; token0 and token1 of one pair are the same way round in all pools.
    """

    address: Address
    protocol: Protocol
    factory: Address
    token0: Address
    token1: Address
    decimals0: int
    decimals1: int
    fee_pips: int
    tick_spacing: int = 0
    pool_id: bytes = b""
    place0: int = 0
    place1: int = 1
    push: bool = False

    def terms(self, *, zero_for_one: bool) -> SwapTerms:
        """What a swap's call must name beside the pool and its tokens."""
        if self.protocol is Protocol.UNISWAP_V2:
            return SwapTerms(fee_pips=self.fee_pips)
        if self.protocol is Protocol.UNISWAP_V4:
            return SwapTerms(fee_pips=self.fee_pips, tick_spacing=self.tick_spacing)
        if self.protocol in _BALANCER:
            return SwapTerms(pool_id=self.pool_id)
        if self.protocol not in _CURVE:
            return NO_TERMS
        way = (self.place0, self.place1) if zero_for_one else (self.place1, self.place0)
        return SwapTerms(index_in=way[0], index_out=way[1], push=self.push)


@dataclass(frozen=True, slots=True)
class Topology:
    """The set of known pools, in slot order; `version` grows with each new one.

    A pool of several tokens has a slot for each two of them, one after another from `slots` on:
    they share its address, and a swap of one changes all.
    """

    version: int
    pools: tuple[PoolKey, ...]
    slots: Mapping[Address, int]

    def slots_of(self, pool: Address) -> range:
        """All slots of a known pool."""
        first = last = self.slots[pool]
        while last < len(self.pools) and self.pools[last].address == pool:
            last += 1
        return range(first, last)


class Change(NamedTuple):
    """The message that last changed a pool: the number of its block and its sequence."""

    block_number: int
    sequence: int


@dataclass(frozen=True, slots=True)
class MarketView:
    """The market at the end of `block`; arrays are read-only and indexed by slot.

    `log_prices[slot]` holds the logarithm of the marginal price of selling token0 and token1
    (raw units out per raw unit in, fee included), -inf where nothing can be traded.
    `usd_per_raw` values one raw unit of a token; tokens no pool connects to USD are absent.
    `arrays` are the market's own: they show this block only while their version is
    `arrays_version`, and go on with the next.
    `states` are by pool; of a pool of several tokens it holds the first two's (see `state_of`).
    `changed` are the pools that changed in this block; `frame_ns` is when its last frame arrived,
    `applied_ns` when it was whole (`time.time_ns`).
    """

    block: BlockRef
    changed: frozenset[Address]
    topology: Topology
    states: Mapping[Address, VenueState]
    untradable: Mapping[Address, Untradable]
    log_prices: NDArray[np.float64]
    usd_per_raw: Mapping[Address, float]
    arrays: PoolArrays
    arrays_version: int
    frame_ns: int
    applied_ns: int

    def state_of(self, slot: int) -> VenueState | None:
        """The state of a slot's pool, between that slot's tokens; None if it is not tradable."""
        key = self.topology.pools[slot]
        state = self.states.get(key.address)
        if isinstance(state, PairState):
            return PairState(state.pool, key.place0, key.place1)
        return state
