"""StableSwap in floats, in closed form: what is bought solves a quadratic beside the amount paid.

With y^2 + b y = c before and x paid in, b grows by dx and c shrinks by x / (x + dx). Written for
dy = y - y', the smaller root has no cancellation, so that small amounts keep all their digits.
"""

from math import inf, sqrt
from typing import NamedTuple

from keeper.market.venues.base import FloatQuote


class StableCurve(NamedTuple):
    """Selling one coin for another; `x`, `y` and `c` are in units of the invariant.

    `scale_in` and `scale_out` turn raw units into those and back; fees are shares of the output.
    """

    scale_in: float
    scale_out: float
    x: float
    y: float
    c: float
    fee: float
    multiplier: float

    @property
    def reserve_in(self) -> float:
        """Raw units held of the coin sold."""
        return self.x / self.scale_in

    @property
    def max_in(self) -> float:
        """Pools set no limit."""
        return inf

    def quote(self, amount: float) -> FloatQuote | None:
        """Output of `amount` raw units and its derivative."""
        dx = amount * self.scale_in
        after = self.x + dx
        p = self.y + self.c / self.y + dx
        q = dx * (self.y + self.c / after)
        root = sqrt(max(p * p - 4.0 * q, 0.0))
        dy = 2.0 * q / (p + root)
        if root <= 0.0 or not 0.0 <= dy < self.y:
            return None
        slope = (self.y - dy + self.c * self.x / (after * after)) / root
        fee, fee_slope = self._fee(dx, dy, slope)
        price = slope * (1.0 - fee) - dy * fee_slope
        return FloatQuote(dy * (1.0 - fee) * self.scale_out, price * self.scale_in * self.scale_out)

    def _fee(self, dx: float, dy: float, slope: float) -> tuple[float, float]:
        """The fee at the middle of the swap, and how it grows with dx."""
        if self.multiplier <= 1.0:
            return self.fee, 0.0
        x, y = self.x + dx / 2.0, self.y - dy / 2.0
        total = x + y
        share = 4.0 * x * y / (total * total)
        fee = self.multiplier * self.fee / ((self.multiplier - 1.0) * share + 1.0)
        x_slope, y_slope = 0.5, -slope / 2.0
        share_slope = share * (x_slope / x + y_slope / y - 2.0 * (x_slope + y_slope) / total)
        growth = (self.multiplier - 1.0) * share_slope / ((self.multiplier - 1.0) * share + 1.0)
        return fee, -fee * growth
