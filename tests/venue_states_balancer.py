"""Random Balancer V2 pools: what never changes of one, and the balances it may hold."""

from random import Random

from venue_rates import rates_of

from keeper.market.venues import balancer_stable, balancer_weighted
from keeper.market.venues.balancer import MAX_BALANCE, ONE
from keeper.market.venues.balancer_stable import AMP_PRECISION, StableState
from keeper.market.venues.balancer_weighted import WeightedState

DECIMALS = (2, 6, 8, 18)


def random_weighted(rng: Random, *, shortcuts: bool) -> WeightedState:
    """A weighted pool of 2 to 8 tokens that holds one whole token of each."""
    weights = random_weights(rng, rng.choice((2, 2, 3, 4, 8)))
    places = [rng.choice(DECIMALS) for _ in weights]
    return balancer_weighted.state_of(
        balances=[10**held for held in places],
        scaling=rates_of(places),
        fee_e18=random_fee(rng),
        weights=weights,
        shortcuts=shortcuts,
    )


def random_stable(rng: Random) -> tuple[StableState, list[int], list[int]]:
    """A stable pool of 2 to 5 tokens that holds one whole token of each; decimals and rates."""
    decimals = [rng.choice(DECIMALS) for _ in range(rng.randrange(2, 6))]
    rates = [ONE if rng.random() < 0.6 else rng.randrange(ONE // 2, 3 * ONE) for _ in decimals]
    scaling = [base * rate // ONE for base, rate in zip(rates_of(decimals), rates, strict=True)]
    state = balancer_stable.state_of(
        balances=[10**places for places in decimals],
        scaling=scaling,
        fee_e18=random_fee(rng),
        amp=rng.choice((1, 5, 200, 5000, rng.randrange(1, 5001))) * AMP_PRECISION,
    )
    return state, decimals, rates


def random_weights(rng: Random, count: int) -> list[int]:
    """Weights that add up to 1, none below 1 %; often those whose powers have shortcuts."""
    if count == 2 and rng.random() < 0.6:
        first = rng.choice((5, 8, 2)) * 10**17
        return [first, ONE - first]
    cuts = sorted(rng.randrange(ONE - count * 10**16) for _ in range(count - 1))
    edges = [0, *cuts, ONE - count * 10**16]
    return [edges[k + 1] - edges[k] + 10**16 for k in range(count)]


def random_fee(rng: Random) -> int:
    return rng.choice((10**12, 5 * 10**14, 3 * 10**15, 10**17, rng.randrange(10**12, 10**17)))


def random_balances(rng: Random, state: WeightedState | StableState) -> tuple[int, ...]:
    """Of like worth, lopsided or far apart, in each token's own decimals."""
    size, spread = rng.randrange(0, 12), rng.choice((0.0, 0.3, 2.0, 5.0))
    units = [10**36 // factor for factor in state.holding.scaling]
    drawn = (int(unit * 10 ** (size + rng.uniform(-spread, spread))) for unit in units)
    return tuple(min(max(held, 1), MAX_BALANCE) for held in drawn)
