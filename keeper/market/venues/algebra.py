"""Algebra 1.x pools (QuickSwap V3): Uniswap V3's arithmetic with a fee of the pool's own making.

`PriceMovementMath.sol` and `TickTable.sol` round and step as Uniswap's libraries do; the community
fee is a part of the fee and changes no amount. The fee is `globalState().fee`, which the first swap
of each block replaces, before it trades, with what the volatility oracle then gives: a state holds
to the wei for the swaps of a block after its first, and for the first as long as the fee given here
is the one that the oracle gives at that block's timestamp (`DataStorageOperator.getFee`).
"""

from collections.abc import Mapping

from keeper.chain import FEE_DENOMINATOR_PIPS
from keeper.market.venues import uniswap_v3
from keeper.market.venues.base import VenueState, require
from keeper.market.venues.uniswap_v3 import V3State, checked
from keeper.relay.pool_state import PoolState

TICK_SPACING = 60
MAX_FEE_PIPS = (1 << 16) - 1


class AlgebraState(V3State):
    """A pool as its contract holds it; `fee_pips` is the fee that the next swap pays."""

    __slots__ = ()


def state_of(
    *,
    sqrt_price_x96: int,
    tick: int,
    fee_pips: int,
    nets: Mapping[int, int],
    tick_spacing: int = TICK_SPACING,
) -> AlgebraState:
    """The quotable state of a pool from its `globalState` and net liquidity by initialised tick.

    Raises:
        PoolExcluded: the contract cannot be in that state.
    """
    limit = min(MAX_FEE_PIPS, FEE_DENOMINATOR_PIPS - 1)
    require(0 <= fee_pips <= limit, f"its fee of {fee_pips} pips does not fit 16 bits")
    return AlgebraState(*checked(sqrt_price_x96, tick, fee_pips, tick_spacing, nets))


def freeze(state: PoolState, previous: VenueState | None) -> AlgebraState:
    """The quotable state of a pool that messages carry; shares as Uniswap V3's does.

    Raises:
        StateContradiction: the tick is not the one the price stands in.
    """
    return AlgebraState(*uniswap_v3.freeze(state, previous))
