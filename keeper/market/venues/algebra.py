"""Algebra 1.x pools (QuickSwap V3): Uniswap V3's arithmetic with a fee of the pool's own making.

`PriceMovementMath.sol` and `TickTable.sol` round and step as Uniswap's libraries do; the community
fee is a part of the fee and changes no amount. The fee is `globalState().fee`, which the first swap
of each block replaces, before it trades, with what the volatility oracle then gives: a state holds
to the wei for the swaps of a block after its first, and for the first as long as the fee given here
is the one that the oracle gives at that block's timestamp (`DataStorageOperator.getFee`).
"""

from keeper.market.venues import uniswap_v3
from keeper.market.venues.base import VenueState
from keeper.market.venues.uniswap_v3 import V3State
from keeper.relay.pool_state import PoolState


class AlgebraState(V3State):
    """A pool as its contract holds it; `fee_pips` is the fee that the next swap pays."""

    __slots__ = ()


def freeze(state: PoolState, previous: VenueState | None) -> AlgebraState:
    """The quotable state of a pool that messages carry; shares as Uniswap V3's does.

    Raises:
        StateContradiction: the tick is not the one the price stands in.
    """
    return AlgebraState(*uniswap_v3.freeze(state, previous))
