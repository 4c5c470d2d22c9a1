"""Two tokens of a pool that holds several, as the venue that strategies quote against."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from keeper.market.kernels.pieces import pieces_of
from keeper.market.kernels.smooth import Row
from keeper.market.venues.base import Quote, Segment, Swapped


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

    def row(self, sold: int, bought: int) -> Row:
        """The float curve from here, as `kernels.smooth` has it."""
        ...

    def numbers(self, token0: int, token1: int) -> "PoolNumbers":
        """The exact state as kernels quote two of the tokens from it."""
        ...


class PoolNumbers(NamedTuple):
    """A kind of `kernels.layout`, how many tokens there are, and integers of 256 bits.

    `rows` stand in the order that the kernel of the kind names.
    """

    kind: int
    tokens: int
    rows: list[int]


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
        found = pieces_of(self.row(zero_for_one=zero_for_one))
        return (Segment(*piece) for piece in found.tolist())

    def row(self, *, zero_for_one: bool) -> Row:
        """The pool's smooth curve itself, as `kernels.smooth` has it."""
        return self.pool.row(*self._way(zero_for_one))

    def _way(self, zero_for_one: bool) -> tuple[int, int]:
        return (self.token0, self.token1) if zero_for_one else (self.token1, self.token0)
