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
    RATIO_EXCEEDED = "ratio_exceeded"
    NOT_CONVERGED = "not_converged"
    TOO_SMALL = "too_small"


class Exclusion(StrEnum):
    """Why a pool's arithmetic is not one that its venue's adapter holds to."""

    WHOLE_FEE = "whole_fee"
    INVALID_STATE = "invalid_state"


class PoolExcluded(Exception):  # noqa: N818 -- it states the fact
    """A pool must not be quoted: `reason` is the code, the message names the pool's fault."""

    def __init__(self, reason: Exclusion, what: str) -> None:
        super().__init__(f"{reason}: {what}")
        self.reason = reason


def require(holds: bool, what: str) -> None:
    """Raise `PoolExcluded` for a state that the venue's contract cannot be in."""
    if not holds:
        raise PoolExcluded(Exclusion.INVALID_STATE, what)


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
    """One pool's frozen exact state; what strategies quote against.

    Sizing may walk `segments`, whose joints always lie on the pool's curve: between them they are
    the curve itself where it is of constant product, else close to it.
    """

    def quote(self, *, zero_for_one: bool, amount: int, exact_in: bool) -> Quote:
        """Amounts of swapping `amount` raw units: paid if `exact_in`, else received."""
        ...

    def swapped(self, *, zero_for_one: bool, amount: int, exact_in: bool) -> "Swapped":
        """As `quote`, with the state that the swap leaves; a refused swap leaves it unchanged."""
        ...

    def segments(self, *, zero_for_one: bool) -> Iterator[Segment]:
        """Float stretches of the pool's curve, from its price outwards."""
        ...


class Swapped(NamedTuple):
    """A swap's amounts and the pool after it."""

    quote: Quote
    state: VenueState
