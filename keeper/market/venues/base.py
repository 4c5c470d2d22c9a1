"""What every venue offers: exact quotes equal to its contract, and float segments for search."""

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple, Protocol


class Refusal(StrEnum):
    """Why a pool would not trade the asked amount in full."""

    ZERO_AMOUNT = "zero_amount"
    NO_LIQUIDITY = "no_liquidity"
    EXHAUSTED = "exhausted"
    RESERVE_OVERFLOW = "reserve_overflow"


class Quote(NamedTuple):
    """Raw amounts a swap pays and receives; `refusal` is None only when it trades in full.

    With EXHAUSTED the amounts are what the pool trades up to the end of its price range.
    `crossed` counts the initialised ticks on the way, each of which costs gas.
    """

    amount_in: int
    amount_out: int
    refusal: Refusal | None
    crossed: int = 0


class Segment(NamedTuple):
    """A stretch on which a pool prices like one constant-product pool (raw units, floats).

    Trading dx <= `capacity` gives `price` * dx / (1 + `slope` * dx), the fee included.
    """

    price: float
    slope: float
    capacity: float


class VenueState(Protocol):
    """One pool's frozen exact state; what strategies quote against."""

    def quote(self, *, zero_for_one: bool, amount: int, exact_in: bool) -> Quote:
        """Amounts of swapping `amount` raw units: paid if `exact_in`, else received."""
        ...

    def segments(self, *, zero_for_one: bool) -> Iterator[Segment]:
        """Float stretches of the pool's curve, from its price outwards."""
        ...
