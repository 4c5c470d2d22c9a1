"""Float curves out of segments, and segments out of smooth curves."""

from collections.abc import Callable, Iterable, Iterator
from math import inf, isfinite

from keeper.market.venues.base import FloatQuote, Segment

Curve = Callable[[float], FloatQuote | None]

_FIRST_SHARE = 1e-3
_GROWTH = 1.5
_MAX_PIECES = 64


def quote_along(segments: Iterable[Segment], amount: float) -> FloatQuote | None:
    """Output of `amount` raw units over consecutive segments; None beyond their end."""
    received = 0.0
    for price, slope, capacity in segments:
        step = min(amount, capacity)
        scale = 1.0 + slope * step
        received += price * step / scale
        amount -= step
        if amount <= 0.0:
            return FloatQuote(received, price / (scale * scale))
    return None


def pieces(curve: Curve, reserve_in: float, limit: float = inf) -> Iterator[Segment]:
    """A smooth concave curve as constant-product pieces, each exact at both of its ends.

    The first reaches `reserve_in` / 1,000 further and each next one 1.5 times as far, up to
    `limit` or the end of the curve.
    """
    start, here = 0.0, curve(0.0)
    step = reserve_in * _FIRST_SHARE
    for _ in range(_MAX_PIECES):
        end = min(start + step, limit)
        there = curve(end) if end > start else None
        if here is None or there is None:
            return
        piece = _through(here, there, end - start)
        if piece is None:
            return
        yield piece
        start, here, step = end, there, step * _GROWTH


def _through(here: FloatQuote, there: FloatQuote, width: float) -> Segment | None:
    """The piece with the price of its start that reaches the output of its end."""
    gained = there.amount_out - here.amount_out
    if not (0.0 < here.price < inf and 0.0 < gained < inf):
        return None
    slope = max((here.price / gained - 1.0 / width), 0.0)
    # Where rounding hides the curvature the chord is the better straight line.
    price = here.price if slope > 0.0 else gained / width
    return Segment(price, slope, width) if isfinite(slope) else None
