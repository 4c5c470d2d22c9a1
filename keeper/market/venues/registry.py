"""Which venue file freezes which protocol: a new venue is one file and one line here."""

from collections.abc import Callable

from keeper.chain import Protocol
from keeper.market.venues import algebra, curve, uniswap_v2, uniswap_v3, uniswap_v4
from keeper.market.venues.base import VenueState
from keeper.relay.pool_state import PoolState, StateContradiction

Freeze = Callable[[PoolState, VenueState | None], VenueState]
Build = Callable[..., object]

VENUES: dict[Protocol, Freeze] = {
    Protocol.UNISWAP_V2: uniswap_v2.freeze,
    Protocol.UNISWAP_V3: uniswap_v3.freeze,
}
"""Protocols whose pools arrive in messages, and how such a pool is frozen."""

STATES: dict[Protocol, Build] = {
    Protocol.ALGEBRA_V1: algebra.state_of,
    Protocol.UNISWAP_V4: uniswap_v4.state_of,
    Protocol.CURVE_STABLESWAP: curve.state_of,
    Protocol.CURVE_STABLESWAP_NG: curve.state_of,
}
"""Protocols whose pools are read from a node as a whole, and what builds their state.

Each builder takes what its contract's views answer and raises `PoolExcluded` with the reason.
"""


def freeze(state: PoolState, previous: VenueState | None = None) -> VenueState:
    """The frozen, quotable form of a pool's exact state.

    `previous` is the pool's earlier form, whose unchanged parts may be shared.

    Raises:
        StateContradiction: the state is not one the venue's contract can be in.
    """
    venue = VENUES.get(state.protocol)
    if venue is None:
        raise StateContradiction(
            f"pool 0x{state.pool.hex()}: no message carries the state of a pool of "
            f"{state.protocol.name}; read it from a node"
        )
    return venue(state, previous)
