"""Which venue file freezes which protocol: a new venue is one file and one line here."""

from collections.abc import Callable

from keeper.chain import Address, Protocol
from keeper.market.venues import (
    algebra,
    balancer_stable,
    balancer_weighted,
    curve,
    uniswap_v2,
    uniswap_v3,
    uniswap_v4,
)
from keeper.market.venues.base import VenueState
from keeper.market.venues.pairs import TokenPool
from keeper.relay.messages import PoolReading
from keeper.relay.pool_state import PoolState, StateContradiction

Freeze = Callable[[PoolState, VenueState | None], VenueState]
FreezeReading = Callable[[PoolReading], TokenPool]

VENUES: dict[Protocol, Freeze] = {
    Protocol.UNISWAP_V2: uniswap_v2.freeze,
    Protocol.UNISWAP_V3: uniswap_v3.freeze,
    Protocol.ALGEBRA_V1: algebra.freeze,
    Protocol.UNISWAP_V4: uniswap_v4.freeze,
}
"""Protocols whose pools messages follow log by log, and how such a pool is frozen."""

READINGS: dict[Protocol, FreezeReading] = {
    Protocol.CURVE_STABLESWAP: curve.freeze,
    Protocol.CURVE_STABLESWAP_NG: curve.freeze,
    Protocol.BALANCER_V2_WEIGHTED: balancer_weighted.freeze,
    Protocol.BALANCER_V2_STABLE: balancer_stable.freeze,
}
"""Protocols whose pools arrive as readings, and how such a pool is frozen."""


def freeze(state: PoolState, previous: VenueState | None = None) -> VenueState:
    """The frozen, quotable form of a pool's exact state.

    `previous` is the pool's earlier form, whose unchanged parts may be shared.

    Raises:
        PoolExcluded: the state is not one that the venue's adapter can quote.
        StateContradiction: the state is not one the venue's contract can be in.
    """
    venue = VENUES.get(state.protocol)
    if venue is None:
        raise _unknown(state.pool, state.protocol)
    return venue(state, previous)


def freeze_reading(reading: PoolReading) -> TokenPool:
    """The frozen, quotable form of a pool of several tokens.

    Raises:
        PoolExcluded: the state is not one that the venue's adapter can quote.
        StateContradiction: no venue reads pools of its protocol.
    """
    venue = READINGS.get(reading.protocol)
    if venue is None:
        raise _unknown(reading.pool, reading.protocol)
    return venue(reading)


def _unknown(pool: Address, protocol: Protocol) -> StateContradiction:
    return StateContradiction(
        f"pool 0x{pool.hex()}: no message of that kind carries a pool of {protocol.name}"
    )
