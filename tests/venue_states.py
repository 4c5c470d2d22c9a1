"""Random pool states that a contract could really be in: ticks come from whole positions."""

from bisect import bisect_right
from itertools import accumulate
from random import Random

from venue_oracle_concentrated import V3_SPACINGS

from keeper.chain import FEE_DENOMINATOR_PIPS
from keeper.market.venues.uniswap_v3 import V3State
from keeper.market.venues.v3_swap_math import amount0_delta, amount1_delta
from keeper.market.venues.v3_tick_math import (
    MAX_TICK,
    MIN_TICK,
    get_sqrt_ratio_at_tick,
    get_tick_at_sqrt_ratio,
)

COARSE = 60
"""Spacings from which on the way to either end is short."""


def random_v3_state(rng: Random) -> V3State:
    """A pool of one of Uniswap V3's own fees."""
    fee = rng.choices(list(V3_SPACINGS), (1, 6, 6, 6))[0]
    return random_curve(rng, fee, V3_SPACINGS[fee])


def random_curve(rng: Random, fee: int, spacing: int) -> V3State:
    """Positions near and far, gaps without liquidity, prices on, beside and between ticks."""
    bound = MAX_TICK // spacing
    centre = rng.randrange(-bound, bound) if rng.random() < 0.2 else rng.randrange(-3000, 3000)
    nets: dict[int, int] = {}
    # Without liquidity to the ends the contract walks thousands of empty words: let it, at times.
    share = 0.9 if spacing >= COARSE else 0.99
    everywhere = rng.random() < share
    for place in range(rng.randrange(0 if rng.random() > share else 1, 8)):
        reach = rng.choice((3, 30, 600))
        lower, upper = sorted(rng.sample(range(centre - reach, centre + reach + 1), 2))
        if everywhere and place == 0:
            lower, upper = -bound, bound
        lower, upper = max(lower, -bound) * spacing, min(upper, bound) * spacing
        if lower >= upper:
            continue
        least = 20 if everywhere and place == 0 and rng.random() < 0.9 else 1
        liquidity = rng.randrange(1, 10 ** rng.randrange(least, 29))
        nets[lower] = nets.get(lower, 0) + liquidity
        nets[upper] = nets.get(upper, 0) - liquidity
        if upper - lower > spacing and rng.random() < 0.3:
            # Two positions that meet: the tick between them is initialised with a net of 0.
            between = rng.randrange(lower // spacing + 1, upper // spacing) * spacing
            nets.setdefault(between, 0)
    ticks = sorted(nets)
    price, tick = _random_price(rng, ticks, centre * spacing, spacing)
    sums = accumulate(nets[t] for t in ticks)
    below = [total for at, total in zip(ticks, sums, strict=True) if at <= tick]
    liquidity = below[-1] if below else 0
    return V3State(price, tick, liquidity, fee, spacing, ticks, [nets[t] for t in ticks])


def _random_price(rng: Random, ticks: list[int], centre: int, spacing: int) -> tuple[int, int]:
    if ticks and rng.random() < 0.25:
        tick = min(max(rng.choice(ticks), MIN_TICK + 1), MAX_TICK - 1)
        price = get_sqrt_ratio_at_tick(tick) + rng.choice((-1, 0, 0, 1))
        found = get_tick_at_sqrt_ratio(price)
        # After a downward crossing the price stands on the tick, the pool's tick one below.
        crossed = price == get_sqrt_ratio_at_tick(found) and rng.random() < 0.5
        return price, found - 1 if crossed else found
    tick = min(max(centre + rng.randrange(-40, 40) * spacing, MIN_TICK), MAX_TICK - 1)
    low, high = get_sqrt_ratio_at_tick(tick), get_sqrt_ratio_at_tick(tick + 1)
    price = rng.randrange(low, high)
    return price, tick


def random_amount(rng: Random, spacing: int = COARSE) -> int:
    """Mostly what a pool can trade; at times beyond every pool, up to the largest there is.

    Seldom in pools of fine spacing, where the contract then walks thousands of empty words.
    """
    chance = rng.random() * (1.0 if spacing >= COARSE else 20.0)
    if chance < 0.005:
        return 2**255 - 1 - rng.randrange(2)
    return rng.randrange(1, 10 ** rng.randrange(1, 40 if chance < 0.04 else 22))


def edge_amount(rng: Random, state: V3State, *, zero_for_one: bool, exact_in: bool) -> int:
    """About what it takes to stand on the next initialised tick: that, or a unit beside it."""
    at = bisect_right(state.ticks, state.tick)
    ahead = state.ticks[:at][-1:] if zero_for_one else state.ticks[at : at + 1]
    if not ahead or (is_far(state, ahead[0]) and rng.random() < 0.9):
        return random_amount(rng, state.tick_spacing)
    low, high = sorted((state.sqrt_price_x96, get_sqrt_ratio_at_tick(ahead[0])))
    delta = amount0_delta if zero_for_one is exact_in else amount1_delta
    amount = delta(low, high, state.liquidity, round_up=exact_in)
    if exact_in:
        amount = -(-amount * FEE_DENOMINATOR_PIPS // (FEE_DENOMINATOR_PIPS - state.fee_pips))
    return max(amount + rng.choice((-1, 0, 0, 1)), 1)


def is_far(state: V3State, tick: int) -> bool:
    """Whether the way there leads over many of the words that hold a pool's ticks."""
    return abs(tick - state.tick) > 4096 * state.tick_spacing
