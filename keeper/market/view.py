"""What strategies read: a whole block's market, which never changes once published."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from keeper.chain import Address, BlockRef, Protocol
from keeper.market.arrays import PoolArrays
from keeper.market.venues.base import VenueState


class Untradable(StrEnum):
    """Why a known pool must not be traded."""

    CONTRADICTED = "contradicted"
    AHEAD_OF_BLOCK = "ahead_of_block"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class PoolKey:
    """What never changes about a pool."""

    address: Address
    protocol: Protocol
    factory: Address
    token0: Address
    token1: Address
    decimals0: int
    decimals1: int
    fee_pips: int


@dataclass(frozen=True, slots=True)
class Topology:
    """The set of known pools, in slot order; `version` grows with each new one."""

    version: int
    pools: tuple[PoolKey, ...]
    slots: Mapping[Address, int]


@dataclass(frozen=True, slots=True)
class MarketView:
    """The market at the end of `block`; arrays are read-only and indexed by slot.

    `log_prices[slot]` holds the logarithm of the marginal price of selling token0 and token1
    (raw units out per raw unit in, fee included), -inf where nothing can be traded.
    `usd_per_raw` values one raw unit of a token; tokens no pool connects to USD are absent.
    `arrays` are the market's own: they show this block only while their version is
    `arrays_version`, and go on with the next.
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

    def is_tradable(self, pool: Address) -> bool:
        """Whether the pool's state at this block is known without doubt."""
        return pool in self.states
