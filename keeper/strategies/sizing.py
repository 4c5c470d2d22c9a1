"""The best input of a chain of pools in floats: closed form, one stretch of curves at a time.

Inside its segment each pool maps dx to p dx / (1 + k dx), and such maps compose to one of the same
form. Its profit P x / (1 + K x) - x is greatest at x = (sqrt(P) - 1) / K. If a pool's segment ends
before that, the walk moves all pools up to there and goes on: marginal prices only fall, so the
first stretch that holds its own optimum holds the optimum.
"""

from collections.abc import Iterator, Sequence
from math import inf, sqrt
from typing import NamedTuple

from keeper.market.venues.base import Segment

MAX_STRETCHES = 4_096


class Size(NamedTuple):
    """Amounts in front of each pool and behind the last, in raw units as floats."""

    amounts: tuple[float, ...]

    @property
    def amount_in(self) -> float:
        """What the first pool takes in."""
        return self.amounts[0]

    @property
    def profit(self) -> float:
        """What comes out beyond what went in."""
        return self.amounts[-1] - self.amounts[0]


class _Hop:
    """One pool's curve from where the walk stands."""

    __slots__ = ("_rest", "capacity", "price", "slope")

    def __init__(self, rest: Iterator[Segment], first: Segment) -> None:
        self._rest = rest
        self.price, self.slope, self.capacity = first

    def out(self, dx: float) -> float:
        return self.price * dx / (1.0 + self.slope * dx)

    def advance(self, dx: float) -> None:
        """Stand dx further on inside the segment."""
        scale = 1.0 + self.slope * dx
        self.price /= scale * scale
        self.slope /= scale
        self.capacity -= dx

    def next_segment(self) -> bool:
        """Go on to the next segment; False at the end of the pool's liquidity."""
        segment = next(self._rest, None)
        if segment is None:
            return False
        self.price, self.slope, self.capacity = segment
        return True


def best_size(curves: Sequence[Iterator[Segment]], max_in: float = inf) -> Size | None:
    """The input that maximises the last amount less the first, at most `max_in`.

    None when there is no profit at any size, or a pool has no liquidity.
    """
    hops: list[_Hop] = []
    for curve in curves:
        first = next(curve, None)
        if first is None:
            return None
        hops.append(_Hop(curve, first))
    totals = [0.0] * (len(hops) + 1)
    for _ in range(MAX_STRETCHES):
        if not _walk_stretch(hops, totals, max_in):
            break
    profits = 0.0 < totals[0] < totals[-1] < inf
    return Size(tuple(totals)) if profits else None


def _walk_stretch(hops: list[_Hop], totals: list[float], max_in: float) -> bool:
    """Add the best input of the present stretch to `totals`; True when the walk goes on."""
    price, slope = 1.0, 0.0
    room, blocking = max_in - totals[0], -1
    for index, hop in enumerate(hops):
        reach = _input_reaching(hop.capacity, price, slope)
        if reach < room:
            room, blocking = reach, index
        slope += hop.slope * price
        price *= hop.price
    if not price > 1.0:
        return False
    wanted = (sqrt(price) - 1.0) / slope if slope > 0.0 else inf
    _advance(hops, totals, min(wanted, room), blocking if wanted > room else -1)
    return wanted > room and blocking >= 0 and hops[blocking].next_segment()


def _input_reaching(amount: float, price: float, slope: float) -> float:
    """Input for which the map (price, slope) gives `amount`; infinite when it never does."""
    left = price - slope * amount
    return amount / left if left > 0.0 else inf


def _advance(hops: list[_Hop], totals: list[float], dx: float, blocking: int) -> None:
    totals[0] += dx
    for index, hop in enumerate(hops):
        dx = hop.capacity if index == blocking else min(dx, hop.capacity)
        dy = hop.out(dx)
        hop.advance(dx)
        totals[index + 1] += dy
        dx = dy
