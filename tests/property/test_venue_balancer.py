"""Balancer V2 quotes equal the real pools' answers to the vault to the wei."""

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest
from venue_fuzz import CASES, cases
from venue_oracle_balancer import BalancerOracle, RealPool
from venue_states_balancer import random_balances

from keeper.market.venues.base import Refusal

POOLS = 12
SHARES = {"weighted": 0.5, "weighted 2021": 0.5, "stable": 1.0}
"""Of the cases: both generations of weighted pools are one venue."""

Make = Callable[[BalancerOracle, Random], RealPool]
KINDS: dict[str, Make] = {
    "weighted": lambda oracle, rng: oracle.weighted(rng, first=False),
    "weighted 2021": lambda oracle, rng: oracle.weighted(rng, first=True),
    "stable": lambda oracle, rng: oracle.stable(rng),
}


def random_trade(rng: Random, balances: tuple[int, ...], *, exact_in: bool) -> tuple[int, int, int]:
    sold, bought = rng.sample(range(len(balances)), 2)
    if rng.random() < 0.1:
        return sold, bought, rng.randrange(1, 1000)
    share = 10 ** rng.uniform(-12.0, 1.0)
    return sold, bought, max(int(balances[sold if exact_in else bought] * share), 1)


@pytest.mark.parametrize("kind", KINDS)
def test_quotes_equal_the_real_pool(kind: str) -> None:
    oracle, counted = BalancerOracle(), Counter[str]()
    pools = [KINDS[kind](oracle, Random(f"{kind}:{number}")) for number in range(POOLS)]
    oracle.retire_vault()
    for name, rng in cases(kind, 0.5 * SHARES[kind]):
        pool = rng.choice(pools)
        balances = random_balances(rng, pool.state)
        state = pool.state.holds(balances)
        for exact_in in (True, False):
            trade = random_trade(rng, balances, exact_in=exact_in)
            quote = state.quote_tokens(*trade, exact_in=exact_in)
            theirs = oracle.swap(pool, balances, trade, exact_in=exact_in)
            case = (name, state, trade, exact_in, quote, theirs)
            counted[str(quote.refusal)] += 1
            if quote.refusal is Refusal.RESERVE_OVERFLOW:
                # The vault refuses this, not the pool.
                continue
            if quote.refusal is not None:
                assert theirs is None, case
                continue
            assert (quote.amount_out if exact_in else quote.amount_in) == theirs, case
    assert counted["None"] > 0.6 * SHARES[kind] * CASES, counted
