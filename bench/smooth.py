"""Curve and Balancer pools of two tokens for bench markets: at a depth, and moved to a price."""

from math import exp, log, sqrt
from random import Random

from keeper.market.venues import balancer_weighted, curve
from keeper.market.venues.balancer import MAX_BALANCE, ONE
from keeper.market.venues.balancer_weighted import WeightedState
from keeper.market.venues.curve import CurveState
from keeper.market.venues.curve_math import Rounding
from keeper.market.venues.pairs import PairState

CURVE_FEE_E10, OFFPEG_E10, ADMIN_FEE_E10 = 4 * 10**6, 2 * 10**10, 5 * 10**9
PRECISION, AMPLIFICATIONS = 100, (50, 200, 1_000)
BALANCER_FEES_E18 = (5 * 10**14, 10**15, 3 * 10**15)
WEIGHTS = (2 * 10**17, 5 * 10**17, 5 * 10**17, 8 * 10**17)
_FARTHEST = 20.0
"""Of balances from each other, as a logarithm."""


def stable_pool(rng: Random, usd: tuple[float, float], depth_usd: float) -> PairState:
    """A Curve NG pool whose rates are its tokens' fair values: level at fair prices.

    `usd` are the tokens' fair values of a raw unit, `depth_usd` what it holds of each.
    """
    pool = curve.state_of(
        balances=[_held(depth_usd / value) for value in usd],
        rates=[max(int(value * 1e36), 1) for value in usd],
        amp=rng.choice(AMPLIFICATIONS) * PRECISION,
        fee_e10=CURVE_FEE_E10,
        admin_fee_e10=ADMIN_FEE_E10,
        rounding=Rounding.NG,
        precision=PRECISION,
        offpeg_e10=OFFPEG_E10,
    )
    return PairState(pool, 0, 1)


def weighted_pool(
    rng: Random, usd: tuple[float, float], decimals: tuple[int, int], depth_usd: float
) -> PairState:
    """A Balancer pool of 20, 50 or 80 % of its first token, in balance at fair prices."""
    first = rng.choice(WEIGHTS)
    weights = first, ONE - first
    shares = (2.0 * depth_usd * weight / ONE for weight in weights)
    pool = balancer_weighted.state_of(
        balances=[_held(share / value) for share, value in zip(shares, usd, strict=True)],
        scaling=[10 ** (36 - places) for places in decimals],
        fee_e18=rng.choice(BALANCER_FEES_E18),
        weights=weights,
    )
    return PairState(pool, 0, 1)


def moved(state: PairState, fair: float, off: float) -> PairState:
    """The pool with its price, fee apart, at `off` in logarithms from the `fair` one in raw units.

    A Curve pool's rates are fair prices already.
    """
    if isinstance(state.pool, CurveState):
        return state._replace(pool=_moved_stable(state.pool, exp(off)))
    assert isinstance(state.pool, WeightedState)
    return state._replace(pool=_moved_weighted(state.pool, fair * exp(off)))


def fee_pips(state: PairState) -> int:
    """What the pool takes of a swap near its balance."""
    if isinstance(state.pool, CurveState):
        return state.pool.fee_e10 // 10**4
    assert isinstance(state.pool, WeightedState)
    return state.pool.holding.fee_e18 // 10**12


def _moved_weighted(pool: WeightedState, price: float) -> WeightedState:
    """Balances of the same product whose ratio, by their weights, is the price."""
    first, second = (weight / ONE for weight in pool.weights)
    held0, held1 = (log(balance) for balance in pool.holding.balances)
    ratio = log(price * second / first)
    level = first * held0 + second * held1 - second * ratio
    return pool.holds([_held(exp(level)), _held(exp(level + ratio))])


def _moved_stable(pool: CurveState, price: float) -> CurveState:
    """Balances of the same invariant at which one more of the first buys `price` of the second."""
    d, strength = float(pool.invariant), 2.0 * pool.amp / pool.precision
    low, high = -_FARTHEST, _FARTHEST
    for _ in range(60):
        middle = 0.5 * (low + high)
        x = 0.5 * d * exp(middle)
        y = _other(x, d, strength)
        found = (strength + d**3 / (4.0 * x * x * y)) / (strength + d**3 / (4.0 * x * y * y))
        low, high = (middle, high) if found > price else (low, middle)
    x = 0.5 * d * exp(low)
    rates = [rate / curve.PRECISION for rate in pool.rates]
    return curve.state_of(
        balances=[_held(x / rates[0]), _held(_other(x, d, strength) / rates[1])],
        rates=pool.rates,
        amp=pool.amp,
        fee_e10=pool.fee_e10,
        admin_fee_e10=pool.admin_fee_e10,
        rounding=pool.rounding,
        precision=pool.precision,
        offpeg_e10=pool.offpeg_e10,
    )


def _other(x: float, d: float, strength: float) -> float:
    b, c = x + d / strength - d, d**3 / (4.0 * x * strength)
    root = sqrt(b * b + 4.0 * c)
    return 2.0 * c / (b + root) if b > 0.0 else 0.5 * (root - b)


def _held(amount: float) -> int:
    return min(max(int(amount), 1), MAX_BALANCE)
