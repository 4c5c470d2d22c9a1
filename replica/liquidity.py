"""Concentrated liquidity as the replica's pools hold it: many positions around the price."""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from math import isqrt

from replica.manifest import Token
from replica.markets import raw_price

MAX_TICK = 887_272


@dataclass(frozen=True, slots=True)
class Shape:
    """One position: its bounds in tick spacings from the price, and its share of the liquidity."""

    below: int
    above: int
    share: Decimal


def _shapes(*rows: tuple[int, int, str]) -> tuple[Shape, ...]:
    return tuple(Shape(below, above, Decimal(share)) for below, above, share in rows)


EVERYWHERE = MAX_TICK
VOLATILE = _shapes(
    (6, 6, "0.30"),
    (3, 15, "0.10"),
    (15, 3, "0.10"),
    (30, 30, "0.20"),
    (150, 150, "0.16"),
    (600, 600, "0.10"),
    (EVERYWHERE, EVERYWHERE, "0.04"),
)
STABLE = _shapes(
    (6, 6, "0.60"),
    (3, 15, "0.15"),
    (15, 3, "0.15"),
    (30, 30, "0.08798"),
    (150, 150, "0.01"),
    (600, 600, "0.002"),
    (EVERYWHERE, EVERYWHERE, "0.00002"),
)


def sqrt_price_x96(token0: Token, token1: Token) -> int:
    """The pool's price word at the tokens' constant prices."""
    price = raw_price(token0, token1)
    return isqrt((price.numerator << 192) // price.denominator)


def shape_bounds(shape: Shape, start: int, spacing: int) -> tuple[int, int]:
    """Lower and upper tick of a position around the price `start`, on the spacing's grid."""
    with localcontext(prec=50):
        ratio = Decimal(start) / 2**96
        tick = int((2 * ratio.ln() / Decimal("1.0001").ln()).to_integral_value("ROUND_FLOOR"))
    centre = tick // spacing * spacing
    edge = MAX_TICK // spacing * spacing
    lower = max(-edge, centre - shape.below * spacing)
    return lower, min(edge, centre + (shape.above + 1) * spacing)


def sqrt_at(tick: int) -> Decimal:
    """Square root of the price at a tick."""
    with localcontext(prec=50):
        return (Decimal("1.0001") ** tick).sqrt()


def amounts(liquidity: int, start: int, lower: int, upper: int) -> tuple[int, int]:
    """Raw amounts of both tokens, rounded up, that `liquidity` between two ticks takes."""
    with localcontext(prec=50):
        price = Decimal(start) / 2**96
        amount0 = liquidity * (1 / price - 1 / sqrt_at(upper))
        amount1 = liquidity * (price - sqrt_at(lower))
        return int(amount0) + 1, int(amount1) + 1
