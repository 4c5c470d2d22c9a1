"""From a float size to exact integers: the best whole amounts of a chain of pools.

The search moves the amount at the chain's coarsest place, where one raw unit is worth most: there
profit is nearly smooth, while at a finer place many inputs buy the same coarse amount.
"""

from collections.abc import Sequence
from math import log2
from typing import NamedTuple

from keeper.market.venues.base import VenueState
from keeper.strategies.sizing import Size

COARSE_AMOUNT = 1 << 20
"""Below so many raw units the rounding of one unit outweighs what floats cannot see."""

FINE_STEP, NARROWING = 12, 4
"""Bits of the longest first step and of each narrowing above it, where floats are nearly right."""

FEW_BITS = 14
"""Of a profit of twice so many bits one unit is not yet nothing."""

MAX_CLIMB = 4096


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


def ticks_crossed(hops: Sequence[Hop], amounts: Sequence[int]) -> int:
    """Initialised ticks that the hops cross with these amounts in front of them."""
    quotes = (
        hop.state.quote(zero_for_one=hop.zero_for_one, amount=amount, exact_in=True)
        for hop, amount in zip(hops, amounts, strict=False)
    )
    return sum(quote.crossed for quote in quotes)


def backward(hops: Sequence[Hop], amount_out: int) -> int | None:
    """Input that makes the hops pay out `amount_out`; None when a pool refuses."""
    amount = amount_out
    for hop in reversed(hops):
        quote = hop.state.quote(zero_for_one=hop.zero_for_one, amount=amount, exact_in=False)
        if quote.refusal is not None:
            return None
        amount = quote.amount_in
    return amount


class _Search:
    """Profit as a function of the whole amount at one place of the chain."""

    def __init__(self, hops: Sequence[Hop], place: int, max_in: int | None) -> None:
        self._before = hops[:place]
        self._after = hops[place:]
        self._max_in = max_in
        self._known: dict[int, int | None] = {}

    def profit(self, middle: int) -> int | None:
        if middle not in self._known:
            self._known[middle] = self._profit(middle)
        return self._known[middle]

    def start(self, middle: int) -> int | None:
        return backward(self._before, middle)

    def _profit(self, middle: int) -> int | None:
        if middle < 1:
            return None
        amount_in = self.start(middle)
        if amount_in is None or (self._max_in is not None and amount_in > self._max_in):
            return None
        amounts = forward(self._after, middle)
        return None if amounts is None else amounts[-1] - amount_in


def refine(hops: Sequence[Hop], size: Size, max_in: int | None = None) -> list[int] | None:
    """Exact amounts of the most profitable whole input near `size`; None when none profits.

    Every amount is what the pools' contracts would pay, from the first input forwards.
    """
    place = min(range(len(hops)), key=lambda index: size.amounts[index])
    search = _Search(hops, place, max_in)
    middle = _climb(search, max(round(size.amounts[place]), 1))
    amount_in = search.start(middle)
    amounts = None if amount_in is None else forward(hops, amount_in)
    if amounts is None:
        return None
    amounts = _trim(hops, amounts)
    return amounts if amounts[-1] > amounts[0] else None


def _climb(search: _Search, middle: int) -> int:
    """Walk uphill with steps that shrink, until a step changes nothing that rounding would not.

    Profit is concave but for rounding, which among coarse amounts makes teeth worth looking over.
    """
    coarse = middle < COARSE_AMOUNT
    best = search.profit(middle)
    flat = 0 if best is None else _flat_bits(best)
    step = max(middle >> (4 if coarse else max(flat, FINE_STEP)), 1)
    for _ in range(MAX_CLIMB):
        if not step:
            break
        sides = [(search.profit(place), place) for place in (middle + step, middle - step)]
        known = [(profit, place) for profit, place in sides if profit is not None]
        if known and (best is None or max(known)[0] > best):
            best, middle = max(known)
            step <<= 0 if coarse else 1
            continue
        if not coarse and best is not None and known and best - min(known)[0] <= 1:
            return _comb(search, middle, best, flat)
        step >>= 1 if coarse else NARROWING
    return middle


def _flat_bits(best: int) -> int:
    """Bits to shift an amount down by for a step in which a profit loses about one unit.

    Profit falls with the square of the distance from its top, as seen from either end of the trade.
    """
    return min(1 + int(0.5 * log2(max(best, 1))), 63)


def _comb(search: _Search, middle: int, best: int, flat: int) -> int:
    """Look around where profit is flat: rounding may spare a unit nearby, of few units one."""
    found, step = middle, middle >> min(flat + 2, 63)
    teeth = range(1, 2 if flat > FEW_BITS else 9)
    for there in (middle + sign * tooth * step for tooth in teeth for sign in (1, -1)):
        profit = search.profit(there)
        if profit is not None and profit > best:
            found, best = there, profit
    return found


def _trim(hops: Sequence[Hop], amounts: list[int]) -> list[int]:
    """Pay no unit that rounding would waste: the least input for the same or a better profit."""
    amount_in = backward(hops, amounts[-1])
    if amount_in is None or not 0 < amount_in < amounts[0]:
        return amounts
    trimmed = forward(hops, amount_in)
    if trimmed is None or trimmed[-1] - trimmed[0] <= amounts[-1] - amounts[0]:
        return amounts
    return trimmed
