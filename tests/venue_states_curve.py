"""Random StableSwap pools: balanced, lopsided and nearly empty, of 2 to 8 coins of any decimals."""

from random import Random

from venue_rates import rates_of

from keeper.market.venues import curve
from keeper.market.venues.base import PoolExcluded
from keeper.market.venues.curve import CurveState
from keeper.market.venues.curve_math import Rounding

DECIMALS = (2, 6, 8, 18)


def random_curve_pool(rng: Random, rounding: Rounding, *, ramping: bool = True) -> CurveState:
    """A pool that can be traded in; `ramping` lets A stand between whole values."""
    while True:
        try:
            state = _any_pool(rng, rounding, ramping=ramping)
        except PoolExcluded:
            continue
        if state.invariant:
            return state


def _any_pool(rng: Random, rounding: Rounding, *, ramping: bool) -> CurveState:
    coins = rng.choice((2, 2, 3, 3, 4, rng.randrange(2, 9)))
    decimals = [rng.choice(DECIMALS) for _ in range(coins)]
    size, spread = rng.randrange(0, 14), rng.choice((0.0, 0.3, 2.0, 6.0))
    balances = [
        max(int(10 ** (places + size + rng.uniform(-spread, spread))), 1) for places in decimals
    ]
    rates = [
        rate if rng.random() < 0.7 else rate * rng.randrange(10**17, 3 * 10**18) // 10**18
        for rate in rates_of(decimals)
    ]
    precision = 1 if rounding is Rounding.PLAIN and rng.random() < 0.5 else 100
    amp = int(10 ** rng.uniform(0.0, 5.0)) * precision
    if ramping and precision > 1:
        amp += rng.randrange(precision)
    fixed = rounding is Rounding.PLAIN and rng.random() < 0.7
    offpeg = 0 if fixed else rng.choice((5 * 10**9, 10**10, 2 * 10**10, 5 * 10**10, 10**11))
    return curve.state_of(
        balances=balances,
        rates=rates,
        amp=amp,
        precision=precision,
        fee_e10=rng.choice((0, 10**6, 4 * 10**6, 10**8, rng.randrange(10**9))),
        admin_fee_e10=rng.choice((0, 5 * 10**9, 10**10)),
        rounding=rounding,
        offpeg_e10=offpeg,
    )


def random_trade(rng: Random, state: CurveState) -> tuple[int, int, int]:
    """Two coins and an amount: dust, usual, more than the pool holds, or the greatest there is."""
    sold, bought = rng.sample(range(len(state.balances)), 2)
    chance = rng.random()
    if chance < 0.02:
        return sold, bought, (1 << 256) - 1 - rng.randrange(10)
    if chance < 0.15:
        return sold, bought, rng.randrange(1, 1000)
    share = 10 ** rng.uniform(-9.0, 4.0)
    return sold, bought, max(int(state.balances[sold] * share), 1)
