"""Uniswap V2 pairs (whitepaper 3.2.1, `UniswapV2Library.sol`), with the fork's own fee in pips."""

from collections.abc import Iterator
from typing import NamedTuple

from keeper.chain import FEE_DENOMINATOR_PIPS
from keeper.market.venues.base import Quote, Refusal, Segment, Swapped, VenueState
from keeper.relay.pool_state import MAX_RESERVE, PoolState


def quote_exact_in(reserve_in: int, reserve_out: int, fee_pips: int, amount_in: int) -> Quote:
    """Output of `amount_in` raw units, as the pair's invariant allows at most."""
    if amount_in <= 0:
        return Quote(0, 0, Refusal.ZERO_AMOUNT)
    if reserve_in <= 0 or reserve_out <= 0:
        return Quote(0, 0, Refusal.NO_LIQUIDITY)
    if reserve_in + amount_in > MAX_RESERVE:
        return Quote(0, 0, Refusal.RESERVE_OVERFLOW)
    effective = amount_in * (FEE_DENOMINATOR_PIPS - fee_pips)
    amount_out = effective * reserve_out // (reserve_in * FEE_DENOMINATOR_PIPS + effective)
    return Quote(amount_in, amount_out, None)


def quote_exact_out(reserve_in: int, reserve_out: int, fee_pips: int, amount_out: int) -> Quote:
    """Input that the library's `getAmountIn` asks for `amount_out` raw units."""
    if amount_out <= 0:
        return Quote(0, 0, Refusal.ZERO_AMOUNT)
    if reserve_in <= 0 or reserve_out <= 0:
        return Quote(0, 0, Refusal.NO_LIQUIDITY)
    if amount_out >= reserve_out:
        return Quote(0, 0, Refusal.EXHAUSTED)
    numerator = reserve_in * amount_out * FEE_DENOMINATOR_PIPS
    denominator = (reserve_out - amount_out) * (FEE_DENOMINATOR_PIPS - fee_pips)
    amount_in = numerator // denominator + 1
    if reserve_in + amount_in > MAX_RESERVE:
        return Quote(0, 0, Refusal.RESERVE_OVERFLOW)
    return Quote(amount_in, amount_out, None)


class V2State(NamedTuple):
    """A pair as its contract holds it, in raw units."""

    reserve0: int
    reserve1: int
    fee_pips: int

    def quote(self, *, zero_for_one: bool, amount: int, exact_in: bool) -> Quote:
        """Exact amounts of a swap, or why the pair refuses it."""
        formula = quote_exact_in if exact_in else quote_exact_out
        if zero_for_one:
            return formula(self.reserve0, self.reserve1, self.fee_pips, amount)
        return formula(self.reserve1, self.reserve0, self.fee_pips, amount)

    def swapped(self, *, zero_for_one: bool, amount: int, exact_in: bool) -> Swapped:
        """The swap with the reserves it leaves; the fee stays in the pair."""
        quote = self.quote(zero_for_one=zero_for_one, amount=amount, exact_in=exact_in)
        if quote.refusal is not None:
            return Swapped(quote, self)
        delta0, delta1 = quote.amount_in, -quote.amount_out
        if not zero_for_one:
            delta0, delta1 = delta1, delta0
        after = self._replace(reserve0=self.reserve0 + delta0, reserve1=self.reserve1 + delta1)
        return Swapped(quote, after)

    def segments(self, *, zero_for_one: bool) -> Iterator[Segment]:
        """The pair as one segment; none when it is empty."""
        reserve_in, reserve_out = self[0], self[1]
        if not zero_for_one:
            reserve_in, reserve_out = reserve_out, reserve_in
        if reserve_in > 0 and reserve_out > 0:
            gamma = (FEE_DENOMINATOR_PIPS - self.fee_pips) / FEE_DENOMINATOR_PIPS
            room = float(MAX_RESERVE - reserve_in)
            yield Segment(gamma * reserve_out / reserve_in, gamma / reserve_in, room)


def freeze(state: PoolState, previous: VenueState | None) -> V2State:  # noqa: ARG001 -- one seam
    """The quotable state of a pair; `previous` is of no use, it is small."""
    return V2State(state.reserve0, state.reserve1, state.fee_pips)
