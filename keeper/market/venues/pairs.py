"""Two tokens of a pool that holds several, as the venue that strategies quote against."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from keeper.market.venues.base import FloatQuote, Quote, Segment, Swapped
from keeper.market.venues.float_curve import pieces


class TokenCurve(Protocol):
    """The float curve of selling one token of a pool for another."""

    @property
    def reserve_in(self) -> float:
        """What the pool holds of the token it is sold, in raw units."""
        ...

    @property
    def max_in(self) -> float:
        """Most that the pool takes in one swap; infinite where it sets no limit."""
        ...

    def quote(self, amount: float) -> FloatQuote | None:
        """Output of paying `amount` raw units; None beyond what the pool trades."""
        ...


class TokenPool(Protocol):
    """A pool of several tokens in its contract's order, as frozen exact state."""

    def quote_tokens(self, sold: int, bought: int, amount: int, *, exact_in: bool) -> Quote:
        """Amounts of selling token number `sold` for token number `bought`."""
        ...

    def swapped_tokens(
        self, sold: int, bought: int, amount: int, *, exact_in: bool
    ) -> "SwappedPool":
        """As `quote_tokens`, with the pool that the swap leaves; unchanged when refused."""
        ...

    def curve(self, sold: int, bought: int) -> TokenCurve | None:
        """The float curve from here; None when nothing can be traded."""
        ...


class SwappedPool(NamedTuple):
    """A swap's amounts and the pool after it."""

    quote: Quote
    pool: TokenPool


class PairState(NamedTuple):
    """A `VenueState` of two tokens of `pool`: `token0` and `token1` are their numbers in it."""

    pool: TokenPool
    token0: int
    token1: int

    def quote(self, *, zero_for_one: bool, amount: int, exact_in: bool) -> Quote:
        """Exact amounts of a swap, or why the pool refuses it."""
        return self.pool.quote_tokens(*self._way(zero_for_one), amount, exact_in=exact_in)

    def swapped(self, *, zero_for_one: bool, amount: int, exact_in: bool) -> Swapped:
        """The swap with the pool it leaves."""
        way = self._way(zero_for_one)
        quote, pool = self.pool.swapped_tokens(*way, amount, exact_in=exact_in)
        return Swapped(quote, self._replace(pool=pool))

    def segments(self, *, zero_for_one: bool) -> Iterator[Segment]:
        """Pieces of constant product whose ends lie on the pool's smooth curve."""
        curve = self.pool.curve(*self._way(zero_for_one))
        return pieces(curve.quote, curve.reserve_in, curve.max_in) if curve else iter(())

    def float_quote(self, *, zero_for_one: bool, amount: float) -> FloatQuote | None:
        """The pool's smooth curve itself."""
        curve = self.pool.curve(*self._way(zero_for_one))
        return curve.quote(amount) if curve else None

    def _way(self, zero_for_one: bool) -> tuple[int, int]:
        return (self.token0, self.token1) if zero_for_one else (self.token1, self.token0)
