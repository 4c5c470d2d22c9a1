"""What strategies take, what they leave, and the reason they count for it."""

from collections import Counter
from dataclasses import replace
from math import inf

import pytest
from market_frames import USD, WETH, WPOL, Frames, flat_v3, pool_address, snapshots, two_pools

from keeper.chain import Address, Protocol
from keeper.gas_table import ETHEREUM
from keeper.market.state import Market
from keeper.market.venues.uniswap_v3 import V3State
from keeper.market.view import MarketView
from keeper.strategies import registry
from keeper.strategies.base import GasQuote, StrategyResult, StrategySettings, net_usd
from keeper.strategies.cycles import pairs_of
from keeper.strategies.cyclic import confidence
from keeper.strategies.opportunity import Opportunity
from keeper.strategies.reasons import Reason
from keeper.strategies.selection import select

PAIR, POOL = pool_address(1), pool_address(2)
GAS = GasQuote(price_wei=50 * 10**9, usd_per_wei=0.5e-18, table=ETHEREUM)
BOTH = (Protocol.UNISWAP_V2, Protocol.UNISWAP_V3)
SETTINGS = StrategySettings(profit_tokens=(USD, WPOL))


def market_of(frames: Frames) -> tuple[Market, MarketView]:
    market = Market([USD])
    *first, last = two_pools(frames)
    for message in first:
        market.apply(message)
    view = market.apply(last)
    assert view is not None
    return market, view


def run(view: MarketView, name: str = "simple", **changes: object) -> StrategyResult:
    settings = replace(SETTINGS, **changes)  # type: ignore[arg-type]
    return registry.create([name], settings)[0].evaluate(view, GAS)


def one(view: MarketView, **changes: object) -> Opportunity:
    (opportunity,) = run(view, "simple", **changes).opportunities
    return opportunity


def test_buys_where_it_is_cheap_and_sells_where_it_is_dear() -> None:
    _, view = market_of(Frames())
    opportunity = one(view)
    assert [leg.pool for leg in opportunity.legs] == [PAIR, POOL]
    assert [leg.protocol for leg in opportunity.legs] == [
        Protocol.UNISWAP_V2,
        Protocol.UNISWAP_V3,
    ]
    assert opportunity.profit_token == USD
    assert opportunity.block == view.block
    assert opportunity.profit_usd == pytest.approx(opportunity.profit_raw / 10**6)
    hops = ETHEREUM.hops[Protocol.UNISWAP_V2] + ETHEREUM.hops[Protocol.UNISWAP_V3]
    assert opportunity.gas_estimate == ETHEREUM.base + hops == ETHEREUM.units(BOTH)
    assert opportunity.gas_cost_usd == pytest.approx(ETHEREUM.units(BOTH) * 50e9 * 0.5e-18)
    assert run(view).rejections == {Reason.NO_EDGE: 1}


def test_each_initialised_tick_crossed_costs_gas() -> None:
    frames = Frames()
    thin, wide = 10**17, 10**18
    flat = flat_v3(282_850, thin)
    # Buying USD with WPOL moves the price up, through two further positions.
    ticks = (flat.ticks[0], 282_860, 282_870, flat.ticks[1])
    state = V3State(*flat[:5], ticks, (thin, wide, wide, -thin - 2 * wide))
    market = Market([USD])
    market.apply(frames.v2(PAIR, USD, WPOL, (500_000 * 10**6, 10**24), decimals=(6, 18)))
    market.apply(frames.v3(POOL, USD, WPOL, state, decimals=(6, 18)))
    view = market.apply(frames.boundary())
    assert view is not None
    opportunity = one(view)
    assert opportunity.gas_estimate == ETHEREUM.units(BOTH) + 2 * ETHEREUM.tick


def test_the_preferred_profit_token_starts_the_cycle() -> None:
    _, view = market_of(Frames())
    (opportunity,) = run(view, profit_tokens=(WPOL, USD)).opportunities
    assert opportunity.profit_token == WPOL
    assert not run(view, profit_tokens=(WETH,)).opportunities


def test_only_cycles_through_changed_pools_are_examined() -> None:
    frames = Frames()
    market, _ = market_of(frames)
    view = market.apply(frames.boundary())
    assert view is not None
    assert run(view) == StrategyResult((), Counter())
    market.apply(frames.sync(PAIR, 500_000 * 10**6, 10**24))
    view = market.apply(frames.boundary())
    assert view is not None
    assert run(view).opportunities


def test_what_gas_eats_is_below_gas_and_what_is_left_can_be_too_little() -> None:
    _, view = market_of(Frames())
    profit = one(view).profit_usd
    dear = GasQuote(10**15, 10.0, ETHEREUM)
    strategy = registry.create(["simple"], SETTINGS)[0]
    assert strategy.evaluate(view, dear).rejections == {Reason.NO_EDGE: 1, Reason.BELOW_GAS: 1}
    result = run(view, min_net_profit_usd=profit + 1)
    assert result.rejections == {Reason.NO_EDGE: 1, Reason.BELOW_MIN_PROFIT: 1}


def test_budgets_leave_the_rest_counted() -> None:
    _, view = market_of(Frames())
    assert run(view, max_sized=0).rejections == {Reason.NO_EDGE: 1, Reason.NOT_SIZED: 1}
    assert run(view, max_exact=0).rejections == {Reason.NO_EDGE: 1, Reason.NOT_SIZED: 1}


def test_a_full_pair_does_not_stand_in_front_of_what_pays() -> None:
    """It offers the best price of all for the token that it has no room for."""
    frames = Frames()
    market = Market([USD])
    full = frames.v2(pool_address(3), USD, WPOL, (2**112 - 1, 2**112 - 1), decimals=(6, 18))
    for message in (full, *two_pools(frames)):
        view = market.apply(message)
    assert view is not None
    assert view.log_prices[0].tolist() == [-inf, -inf]
    assert {leg.pool for leg in one(view, max_sized=1).legs} == {PAIR, POOL}


def test_a_profit_token_without_a_price_is_unpriced() -> None:
    frames = Frames()
    market = Market([WETH])
    for message in two_pools(frames):
        market.apply(message)
    view = market.view()
    assert view is not None
    assert run(view).rejections == {Reason.NO_EDGE: 1, Reason.UNPRICED: 1}


def test_dust_is_dust() -> None:
    frames = Frames()
    market = Market([USD])
    market.apply(frames.v2(PAIR, USD, WPOL, (3, 10**6)))
    market.apply(frames.v2(POOL, USD, WPOL, (4, 10**6)))
    view = market.apply(frames.boundary())
    assert view is not None
    assert run(view).rejections == {Reason.NO_EDGE: 1, Reason.DUST: 1}


def test_after_a_gap_nothing_is_found_until_both_snapshots_are_back() -> None:
    frames = Frames()
    market, _ = market_of(frames)
    market.on_gap("frames were lost")
    pair, pool = snapshots(frames)
    market.apply(pair)
    half = market.apply(frames.boundary())
    assert half is not None
    assert run(half) == StrategyResult((), Counter({Reason.UNTRADABLE: 2}))
    market.apply(replace(pool, origin=frames.origin()))
    whole = market.apply(frames.boundary())
    assert whole is not None
    assert run(whole).opportunities


def triangle(frames: Frames) -> MarketView:
    market = Market([USD])
    market.apply(frames.v2(PAIR, USD, WPOL, (500_000 * 10**6, 10**24), decimals=(6, 18)))
    market.apply(frames.v3(POOL, WPOL, WETH, flat_v3(-85_000, 10**22)))
    third = pool_address(3)
    market.apply(frames.v2(third, USD, WETH, (2_600_000 * 10**6, 10**21), decimals=(6, 18)))
    view = market.apply(frames.boundary())
    assert view is not None
    return view


def test_triangles_go_round_three_tokens() -> None:
    view = triangle(Frames())
    assert not run(view).opportunities
    result = run(view, "triangular")
    (opportunity,) = result.opportunities
    assert len({leg.token_in for leg in opportunity.legs}) == 3
    assert opportunity.profit_raw > 0
    assert result.rejections == {Reason.NO_EDGE: 1}


def test_the_index_holds_each_triangle_at_each_of_its_pairs() -> None:
    pairs = pairs_of(triangle(Frames()).topology, (USD, WPOL, WETH), triangles=True)
    assert pairs.first.tolist() == [0, 1, 2, 3]
    assert {frozenset((pair, row[0], row[2])) for pair, row in enumerate(pairs.triangles)} == {
        frozenset((0, 1, 2))
    }
    assert len(pairs_of(triangle(Frames()).topology, (), triangles=False).triangles) == 0


def test_only_so_many_pools_of_a_pair_are_tried() -> None:
    _, view = market_of(Frames())
    assert run(view, max_pools_per_pair=0).rejections == {Reason.NO_EDGE: 1, Reason.OUTRANKED: 1}


def test_unknown_strategies_are_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'lucky' is unknown; choose from simple, triangular"):
        registry.create(["simple", "lucky"], SETTINGS)


def test_selection_takes_the_best_and_leaves_those_that_share_its_pools() -> None:
    _, view = market_of(Frames())
    best = one(view)
    worse = replace(best, profit_usd=best.profit_usd / 2)
    legs = tuple(replace(leg, pool=pool_address(number)) for number, leg in enumerate(best.legs, 7))
    apart = replace(worse, legs=legs)
    selection = select([worse, apart, best], frozenset[Address]())
    assert selection.chosen == (best, apart)
    assert selection.passed_over == (worse,)
    assert selection.rejections == {Reason.POOL_RESERVED: 1}
    reserved = select([worse, apart, best], {PAIR})
    assert reserved.chosen == (apart,)
    assert reserved.rejections == {Reason.POOL_RESERVED: 2}
    assert net_usd(best) > net_usd(worse)


def test_confidence_grows_with_margin_and_cushion_within_its_bounds() -> None:
    assert confidence(1_000, 1_001, 1.0, 0.5) < confidence(1_000, 1_010, 1.0, 0.5)
    assert confidence(1_000, 1_010, 1.0, 0.5) < confidence(1_000, 1_010, 1.0, 0.1)
    assert confidence(1_000, 1_010, 1.0, 2.0) == confidence(1_000, 1_000, 0.0, 0.0) == 0.0
    assert confidence(1, 10**30, 1e30, 0.0) <= 1.0
