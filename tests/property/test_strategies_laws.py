"""Laws of detection on small random markets, judged by brute force over exact integers."""

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from market_frames import Frames, pool_address
from random_markets import (
    TOKENS,
    brute_force,
    market_view,
    permuted,
    random_snapshots,
    random_view,
    renamed,
    without,
)

from bench.chains import Hop, forward
from keeper.chain import Address
from keeper.gas_table import ETHEREUM
from keeper.market.view import MarketView
from keeper.relay.messages import PoolSnapshot
from keeper.strategies import registry
from keeper.strategies.base import GasQuote, StrategySettings
from keeper.strategies.opportunity import Opportunity

FREE_GAS = GasQuote(0, 0.0, ETHEREUM)
SETTINGS = StrategySettings(
    profit_tokens=(TOKENS[0], TOKENS[2], TOKENS[1]),
    max_sized=10_000,
    max_sized_per_pool=10_000,
    max_exact=10_000,
    max_pools_per_pair=100,
)
SEEDS = st.integers(0, 2**32)


def opportunities(
    view: MarketView, names: tuple[str, ...] = ("simple", "triangular")
) -> list[Opportunity]:
    found: list[Opportunity] = []
    for strategy in registry.create(names, SETTINGS):
        found.extend(strategy.evaluate(view, FREE_GAS).opportunities)
    return found


def hops_of(view: MarketView, opportunity: Opportunity) -> tuple[Hop, ...]:
    return tuple(Hop(view.states[leg.pool], leg.zero_for_one) for leg in opportunity.legs)


def best(view: MarketView, token: Address) -> Opportunity | None:
    only = replace(SETTINGS, profit_tokens=(token,))
    found = [
        item
        for strategy in registry.create(("simple", "triangular"), only)
        for item in strategy.evaluate(view, FREE_GAS).opportunities
    ]
    return max(found, key=lambda item: item.profit_raw, default=None)


def best_profit(view: MarketView, token: Address) -> int:
    item = best(view, token)
    return item.profit_raw if item is not None else 0


def worth_of_a_unit(item: Opportunity | None) -> float:
    """What one unit of the coarsest token on the way is worth in the profit token."""
    legs = item.legs if item is not None else ()
    return max((legs[0].amount_in_raw / leg.amount_out_raw for leg in legs), default=0.0)


def facts(found: list[Opportunity]) -> set[tuple[object, ...]]:
    return {(item.profit_raw, tuple(leg.amount_in_raw for leg in item.legs)) for item in found}


@pytest.mark.parametrize("tokens", [2, 3, 7])
def test_brute_force_finds_no_better_size(tokens: int) -> None:
    judged = 0
    for seed in range(16):
        view = random_view(seed, 3 * tokens, tokens)
        for opportunity in opportunities(view)[:3]:
            hops = hops_of(view, opportunity)
            _, profit = brute_force(hops, 4 * opportunity.amount_in_raw)
            # Rounding makes teeth in the profit, one raw unit of the coarsest amount deep.
            coarsest = min(leg.amount_in_raw for leg in opportunity.legs)
            tolerance = 2 + 2 * (opportunity.amount_in_raw // coarsest)
            assert profit - opportunity.profit_raw <= tolerance
            judged += 1
    assert judged > 16


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_every_opportunity_is_a_chain_of_exact_quotes_that_profits(seed: int) -> None:
    view = random_view(seed, 10, 4)
    for opportunity in opportunities(view):
        legs = opportunity.legs
        amounts = forward(hops_of(view, opportunity), opportunity.amount_in_raw)
        assert amounts is not None
        assert [leg.amount_in_raw for leg in legs] == amounts[:-1]
        assert [leg.amount_out_raw for leg in legs] == amounts[1:]
        assert opportunity.profit_raw == amounts[-1] - amounts[0] > 0
        assert legs[0].token_in == legs[-1].token_out == opportunity.profit_token
        assert all(a.token_out == b.token_in for a, b in pairwise(legs))
        assert len({leg.pool for leg in legs}) == len(legs)
        assert 0.0 <= opportunity.confidence <= 1.0
        assert opportunity.applied_ns <= opportunity.sized_ns <= opportunity.exact_ns


@given(SEEDS, SEEDS)
@settings(max_examples=30, deadline=None)
def test_names_and_order_of_pools_do_not_matter(seed: int, shuffle: int) -> None:
    snapshots = random_snapshots(Random(seed), 9, 4)
    there = facts(opportunities(market_view(snapshots)))
    again = facts(opportunities(market_view(permuted(snapshots, Random(shuffle)))))
    assert there == again


@given(SEEDS, SEEDS)
@example(8311, 8311)
@settings(max_examples=20, deadline=None)
def test_names_of_tokens_do_not_matter(seed: int, shuffle: int) -> None:
    """A pool that is turned round keeps its price to the rounding of its square root.

    So other amounts may be best, whose units on the way are rounded otherwise.
    """
    snapshots = random_snapshots(Random(seed), 9, 4)
    views = market_view(snapshots), market_view(renamed(snapshots, Random(shuffle)))
    rounding = 10 + 2 * max(worth_of_a_unit(best(view, TOKENS[0])) for view in views)
    one, other = (best_profit(view, TOKENS[0]) for view in views)
    assert one == pytest.approx(other, rel=1e-4, abs=rounding)


@given(SEEDS, st.integers(0, 8))
@settings(max_examples=30, deadline=None)
def test_a_further_pool_never_lowers_the_best_profit(seed: int, missing: int) -> None:
    snapshots = random_snapshots(Random(seed), 9, 4)
    fewer: list[PoolSnapshot] = without(snapshots, missing)
    before, after = (best_profit(market_view(pools), TOKENS[0]) for pools in (fewer, snapshots))
    assert after >= before


@given(st.integers(0, 2**32), st.floats(1.0, 1e5))
@settings(max_examples=30, deadline=None)
def test_the_trade_never_exceeds_its_bound_in_usd(seed: int, bound: float) -> None:
    view = random_view(seed, 6, 3)
    bounded = StrategySettings(profit_tokens=TOKENS[:3], max_trade_usd=bound)
    for strategy in registry.create(("simple", "triangular"), bounded):
        for item in strategy.evaluate(view, FREE_GAS).opportunities:
            assert item.amount_in_raw * view.usd_per_raw[item.profit_token] <= bound * (1 + 1e-12)


def test_prices_over_60_orders_of_magnitude_yield_no_false_profit() -> None:
    """A chain of pairs at odds whose every step is 10^30 in price, and one that closes it."""
    rng, found = Random(60), 0
    for _ in range(20):
        frames, pairs = Frames(), []
        for number in range(6):
            held = int(10**5 * rng.uniform(1.0, 9.0)), int(10**32 * rng.uniform(1.0, 9.0))
            tokens = TOKENS[number % 3 : number % 3 + 2]
            pairs.append(frames.v2(pool_address(1 + number), *tokens, held, decimals=(0, 0)))
        closing = int(10 ** rng.uniform(0.0, 2.0)), 2**112 - 2
        pairs.append(frames.v2(pool_address(9), TOKENS[0], TOKENS[2], closing, decimals=(0, 0)))
        view = market_view(pairs)
        values = view.usd_per_raw.values()
        assert max(values) / min(values) > 1e60
        for opportunity in opportunities(view):
            amounts = forward(hops_of(view, opportunity), opportunity.amount_in_raw)
            assert amounts is not None
            assert amounts[-1] - amounts[0] == opportunity.profit_raw > 0
            found += 1
    assert found > 0


HOSTILE_RESERVES = st.sampled_from((0, 1, 2, 10**3, 10**12, 2**111, 2**112 - 1))
HOSTILE_POOLS = st.lists(
    st.tuples(HOSTILE_RESERVES, HOSTILE_RESERVES, st.integers(0, 3), st.integers(0, 255)),
    max_size=7,
)


@given(HOSTILE_POOLS, SEEDS)
@settings(max_examples=150, deadline=None)
def test_degenerate_markets_yield_no_crash_and_no_false_profit(
    pools: list[tuple[int, int, int, int]], seed: int
) -> None:
    view = random_view(seed, 3, 3, extremes=pools)
    for opportunity in opportunities(view):
        amounts = forward(hops_of(view, opportunity), opportunity.amount_in_raw)
        assert amounts is not None
        assert amounts[-1] - amounts[0] == opportunity.profit_raw > 0
