"""Uniswap V4 pools without hooks: Uniswap V3's arithmetic inside the pool manager's own limits.

`Pool.sol` and `SwapMath.sol` give V3's amounts for the same fee. A protocol fee, one for each
direction, joins the pool's (`ProtocolFeeLibrary.calculateSwapFee`); amounts are int128.
"""

from collections.abc import Iterator
from typing import NamedTuple

from keeper.chain import FEE_DENOMINATOR_PIPS
from keeper.market.venues import uniswap_v3
from keeper.market.venues.base import (
    Exclusion,
    PoolExcluded,
    Quote,
    Refusal,
    Segment,
    Swapped,
    VenueState,
    require,
)
from keeper.market.venues.uniswap_v3 import V3State
from keeper.relay.pool_state import PoolState

MAX_PROTOCOL_FEE_PIPS = 1_000
MAX_AMOUNT = (1 << 127) - 1


class V4State(NamedTuple):
    """A pool's curve and the whole fee of each direction in pips."""

    curve: V3State
    fee_zero_for_one_pips: int
    fee_one_for_zero_pips: int

    def quote(self, *, zero_for_one: bool, amount: int, exact_in: bool) -> Quote:
        """Exact amounts of a swap, or why the pool manager does not trade it in full."""
        curve = self._charging(zero_for_one=zero_for_one)
        return _within_int128(
            curve.quote(zero_for_one=zero_for_one, amount=amount, exact_in=exact_in)
        )

    def swapped(self, *, zero_for_one: bool, amount: int, exact_in: bool) -> Swapped:
        """The swap with the price, tick and liquidity it leaves."""
        curve = self._charging(zero_for_one=zero_for_one)
        quote, after = curve.swapped(zero_for_one=zero_for_one, amount=amount, exact_in=exact_in)
        quote = _within_int128(quote)
        if quote.refusal is not None or not isinstance(after, V3State):
            return Swapped(quote, self)
        return Swapped(quote, self._replace(curve=after))

    def segments(self, *, zero_for_one: bool) -> Iterator[Segment]:
        """The pool's liquidity from its price outwards, one segment per initialised range."""
        return self._charging(zero_for_one=zero_for_one).segments(zero_for_one=zero_for_one)

    def _charging(self, *, zero_for_one: bool) -> V3State:
        fee = self.fee_zero_for_one_pips if zero_for_one else self.fee_one_for_zero_pips
        return self.curve if fee == self.curve.fee_pips else self.curve._replace(fee_pips=fee)


def freeze(state: PoolState, previous: VenueState | None) -> V4State:
    """The quotable state of a pool that messages carry, which have none with hooks.

    Raises:
        PoolExcluded: its fees leave nothing.
        StateContradiction: the tick is not the one the price stands in.
    """
    fees = whole_fees(state.fee_pips, state.protocol_fee)
    shared = previous.curve if isinstance(previous, V4State) else None
    return V4State(uniswap_v3.freeze(state, shared), *fees)


def whole_fees(key_fee_pips: int, protocol_fee: int) -> tuple[int, int]:
    """What selling currency0 and what selling currency1 pays, in pips.

    `protocol_fee` is slot0's packed pair: 12 bits each, selling currency0 in the lower ones.

    Raises:
        PoolExcluded: the fees leave nothing.
    """
    sides = (protocol_fee & 0xFFF, protocol_fee >> 12)
    require(all(0 <= side <= MAX_PROTOCOL_FEE_PIPS for side in sides), "its protocol fee is > 0.1%")
    fees = _whole_fee(sides[0], key_fee_pips), _whole_fee(sides[1], key_fee_pips)
    if max(fees) >= FEE_DENOMINATOR_PIPS:
        raise PoolExcluded(Exclusion.WHOLE_FEE, f"a fee of {max(fees)} pips leaves nothing")
    return fees


def _whole_fee(protocol_pips: int, pool_pips: int) -> int:
    return protocol_pips + pool_pips - protocol_pips * pool_pips // FEE_DENOMINATOR_PIPS


def _within_int128(quote: Quote) -> Quote:
    if max(quote.amount_in, quote.amount_out) > MAX_AMOUNT:
        return Quote(0, 0, Refusal.RESERVE_OVERFLOW)
    return quote
