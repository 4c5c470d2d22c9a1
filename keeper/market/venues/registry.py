"""Which venue file freezes which protocol: a new venue is one file and one line here."""

from collections.abc import Callable

from keeper.chain import Protocol
from keeper.market.venues import uniswap_v2, uniswap_v3
from keeper.market.venues.base import VenueState
from keeper.relay.pool_state import PoolState

Freeze = Callable[[PoolState, VenueState | None], VenueState]

VENUES: dict[Protocol, Freeze] = {
    Protocol.UNISWAP_V2: uniswap_v2.freeze,
    Protocol.UNISWAP_V3: uniswap_v3.freeze,
}


def freeze(state: PoolState, previous: VenueState | None = None) -> VenueState:
    """The frozen, quotable form of a pool's exact state.

    `previous` is the pool's earlier form, whose unchanged parts may be shared.

    Raises:
        StateContradiction: the state is not one the venue's contract can be in.
    """
    return VENUES[state.protocol](state, previous)
