"""Chains of pools by their venues' own exact quotes: what judges amounts that kernels chose."""

from collections.abc import Sequence
from typing import NamedTuple

from keeper.market.venues.base import VenueState


class Hop(NamedTuple):
    """A pool and the direction it is swapped in."""

    state: VenueState
    zero_for_one: bool


def forward(hops: Sequence[Hop], amount_in: int) -> list[int] | None:
    """Amounts in front of each hop and behind the last; None when a pool refuses."""
    amounts = [amount_in]
    for hop in hops:
        quote = hop.state.quote(zero_for_one=hop.zero_for_one, amount=amounts[-1], exact_in=True)
        if quote.refusal is not None:
            return None
        amounts.append(quote.amount_out)
    return amounts
