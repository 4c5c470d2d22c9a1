"""Laws of the basket on small random markets: certified, exact, conserving, executable in order."""

from collections import defaultdict
from dataclasses import replace
from math import exp, log
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from market_frames import Frames, pool_address
from random_markets import (
    TOKENS,
    market_view,
    permuted,
    random_snapshots,
    random_view,
    renamed,
    without,
)
from scipy.optimize import minimize  # type: ignore[import-untyped]

from bench.detect.bound import bound_usd
from keeper.gas_table import ETHEREUM
from keeper.market.view import MarketView
from keeper.strategies import registry
from keeper.strategies.base import GasQuote, StrategySettings
from keeper.strategies.basket.greedy import Greedy
from keeper.strategies.basket.plan import MAX_SWAPS
from keeper.strategies.basket.strategy import BasketStrategy
from keeper.strategies.opportunity import Opportunity

FREE_GAS = GasQuote(0, 0.0, ETHEREUM)
SETTINGS = StrategySettings(profit_tokens=TOKENS)
SEEDS = st.integers(0, 2**32)


def basket(view: MarketView, **changes: object) -> tuple[BasketStrategy, Opportunity | None]:
    strategy = BasketStrategy(replace(SETTINGS, **changes))  # type: ignore[arg-type]
    found = strategy.evaluate(view, FREE_GAS).opportunities
    return strategy, found[0] if found else None


@given(SEEDS)
@settings(max_examples=45, deadline=None, derandomize=True)
def test_every_leg_is_the_contracts_own_quote_and_every_token_is_conserved(seed: int) -> None:
    view = random_view(seed)
    _, found = basket(view)
    if found is None:
        return
    states = dict(view.states)
    held: dict[bytes, int] = defaultdict(int)
    for leg in found.legs:
        swapped = states[leg.pool].swapped(
            zero_for_one=leg.zero_for_one, amount=leg.amount_in_raw, exact_in=True
        )
        assert swapped.quote.refusal is None
        assert swapped.quote.amount_out == leg.amount_out_raw
        states[leg.pool] = swapped.state
        held[leg.token_in] -= leg.amount_in_raw
        assert held[leg.token_in] >= 0 or leg.token_in in {found.profit_token, *found.loans}
        held[leg.token_out] += leg.amount_out_raw
    assert held.pop(found.profit_token) == found.profit_raw > 0
    assert all(amount >= 0 for amount in held.values())
    assert len(found.legs) <= MAX_SWAPS
    assert len({leg.pool for leg in found.legs}) == len(found.legs)


def test_the_certificate_holds_and_is_nearly_reached() -> None:
    earned = bounds = 0.0
    for seed in range(60):
        view = random_view(seed)
        strategy, found = basket(view)
        certificate = strategy.certificate
        assert certificate is not None
        bound = bound_usd(view, certificate.log_values, None)
        assert bound == pytest.approx(certificate.gross_usd, rel=1e-6, abs=1e-6)
        profit = found.profit_usd if found else 0.0
        assert profit <= bound * (1 + 1e-9) + 1e-6
        earned += profit
        bounds += bound
    assert bounds > 1_000.0
    assert earned >= 0.99 * bounds


@given(SEEDS)
@example(276124919)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_it_earns_at_least_the_best_simple_or_triangular_cycle(seed: int) -> None:
    view = random_view(seed)
    only = replace(SETTINGS, profit_tokens=TOKENS[:1])
    cycles = [
        item
        for strategy in registry.create(("simple", "triangular"), only)
        for item in strategy.evaluate(view, FREE_GAS).opportunities
    ]
    best = max((item.profit_usd for item in cycles), default=0.0)
    strategy, found = basket(view)
    if found is not None:
        assert found.profit_usd >= best * (1 - 1e-6) - 1e-4
    if strategy.certificate is None:  # the market gives the profit token no price
        assert not cycles
        return
    assert strategy.certificate.gross_usd >= best * (1 - 1e-6) - 1e-4


def test_greedy_answers_where_the_basket_has_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """What its cycles earn one after another on exact states, in one swap a pool."""
    monkeypatch.setattr("keeper.strategies.basket.strategy.pruned", lambda *_: iter(()))
    answered, earned, repeated = 0, 0.0, 0.0
    only = replace(SETTINGS, profit_tokens=TOKENS[:1])
    for seed in range(12):
        view = random_view(seed)
        strategy, found = basket(view, profit_tokens=TOKENS[:1])
        if found is None:
            continue
        assert strategy.certificate is not None
        pools = sorted(strategy.certificate.traded)
        cycles = [*Greedy(view, pools, view.changed, only).cycles(FREE_GAS)]
        repeated += sum(cycle.profit_usd for cycle in cycles)
        assert found.profit_usd <= strategy.certificate.gross_usd * (1 + 1e-6)
        holds_exactly(view, found)
        answered, earned = answered + 1, earned + found.profit_usd
    assert answered > 6
    assert earned >= 0.98 * repeated


@pytest.mark.parametrize("seed", range(4))
def test_a_general_solver_finds_no_tighter_bound(seed: int) -> None:
    """The dual minimised by L-BFGS-B from the market's values, over exact states."""
    view = random_view(seed, pools=8, tokens=4)
    strategy, _ = basket(view)
    assert strategy.certificate is not None
    free = TOKENS[1:4]
    start = np.array([log(view.usd_per_raw[token]) for token in free])

    def bound(logs: np.ndarray) -> float:
        values = dict(zip(free, logs.tolist(), strict=True))
        return bound_usd(view, {TOKENS[0]: log(view.usd_per_raw[TOKENS[0]]), **values}, None)

    best = min(
        minimize(bound, start + shift, method="Nelder-Mead", options={"xatol": 1e-9}).fun
        for shift in (0.0, 0.01)
    )
    assert strategy.certificate.gross_usd <= best * (1 + 1e-6) + 1e-4


ORDER = 1e-3
"""Sums of floats depend on their order, and by them which of two pools of like worth is kept: one
market in some hundreds then earns some per cent more or less, all together next to nothing."""


def test_names_and_order_of_pools_do_not_matter() -> None:
    worth = [0.0, 0.0]
    for seed in range(60):
        snapshots = random_snapshots(Random(seed), 12, 5)
        for turn, pools in enumerate((snapshots, permuted(snapshots, Random(seed + 1)))):
            _, found = basket(market_view(pools))
            worth[turn] += found.profit_usd if found else 0.0
    assert worth[0] == pytest.approx(worth[1], rel=ORDER)
    assert worth[0] > 1_000.0


def test_names_of_tokens_do_not_matter() -> None:
    worth = [0.0, 0.0]
    for seed in range(60):
        snapshots = random_snapshots(Random(seed), 12, 5)
        for turn, pools in enumerate((snapshots, renamed(snapshots, Random(seed + 1)))):
            _, found = basket(market_view(pools), profit_tokens=TOKENS[:1])
            worth[turn] += found.profit_usd if found else 0.0
    assert worth[0] == pytest.approx(worth[1], rel=ORDER)
    assert worth[0] > 1_000.0


@given(SEEDS)
@settings(max_examples=15, deadline=None, derandomize=True)
def test_brute_force_splits_a_trade_over_three_pairs_no_better(seed: int) -> None:
    """One token is bought from and sold to three pairs in every way that leaves none of it over."""
    rng, frames = Random(seed), Frames()
    reserves = []
    for _ in range(3):
        depth = 10 ** rng.uniform(9, 13)
        reserves.append((int(depth), int(depth * 2e12 * rng.lognormvariate(0, 0.02))))
    pairs = [
        frames.v2(pool_address(number), *TOKENS[:2], held, decimals=(6, 18))
        for number, held in enumerate(reserves, 1)
    ]
    _, found = basket(market_view(pairs), profit_tokens=TOKENS[:1])
    earned = found.profit_raw if found else 0
    best = best_split(np.array(reserves, dtype=np.float64), gamma=0.997)
    assert earned == pytest.approx(best, rel=1e-4, abs=10)


def best_split(reserves: np.ndarray, gamma: float) -> float:
    """Most of token0 that trades with three pairs leave, by a grid that closes in on its best."""
    middle, width = np.zeros(2), 0.1 * reserves[:, 1].max()
    best = 0.0
    for _ in range(30):
        steps = width * np.linspace(-1.0, 1.0, 31)
        first, second = np.meshgrid(middle[0] + steps, middle[1] + steps)
        left = np.stack([first, second, -first - second])
        held0, held1 = (reserves[:, side].reshape(3, 1, 1) for side in (0, 1))
        bought = np.where(left > 0, left, 0.0)
        paid = held0 * bought / (np.maximum(held1 - bought, 1.0) * gamma)
        sold = np.where(left < 0, -left, 0.0) * gamma
        profit = (held0 * sold / (held1 + sold) - paid).sum(axis=0)
        place = np.unravel_index(np.argmax(profit), profit.shape)
        best = max(best, float(profit[place]))
        middle, width = np.array([first[place], second[place]]), 0.6 * width
    return best


@given(SEEDS, st.integers(0, 11))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_a_further_pool_never_lowers_the_optimum(seed: int, missing: int) -> None:
    snapshots = random_snapshots(Random(seed), 12, 5)
    views = market_view(without(snapshots, missing)), market_view(snapshots)
    fewer, more = (basket(view)[0].certificate for view in views)
    if fewer is None or more is None:
        return
    # The bound is in dollars by the profit token's value, which may differ between the views.
    scale = [exp(bound.log_values.get(TOKENS[0], 0.0)) for bound in (fewer, more)]
    assert more.gross_usd / scale[1] >= fewer.gross_usd / scale[0] * (1 - 1e-6) - 1e-3 / scale[0]


HOSTILE_RESERVES = st.sampled_from((0, 1, 2, 10**3, 10**12, 2**111, 2**112 - 1))
HOSTILE_POOLS = st.lists(
    st.tuples(HOSTILE_RESERVES, HOSTILE_RESERVES, st.integers(0, 3), st.integers(0, 255)),
    max_size=7,
)


@given(HOSTILE_POOLS, SEEDS)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_degenerate_markets_yield_no_crash_and_no_false_profit(
    pools: list[tuple[int, int, int, int]], seed: int
) -> None:
    view = random_view(seed, 3, 3, extremes=pools)
    _, found = basket(view)
    if found is not None:
        holds_exactly(view, found)


def test_prices_over_60_orders_of_magnitude_yield_no_crash_and_no_false_profit() -> None:
    """Three pairs and three more beside them, each step of the chain 10**30 in price."""
    rng, traded = Random(60), 0
    for _ in range(20):
        frames, pairs = Frames(), []
        for number in range(6):
            depth = (1, 10)[number // 3] * rng.uniform(0.9, 1.1)
            held, place = (int(depth * 10**5), int(depth * 10**32)), number % 3
            tokens, address = TOKENS[place : place + 2], pool_address(1 + number)
            if number % 2:
                held = (held[0], int(held[1] * 1.2))
            pairs.append(frames.v2(address, *tokens, held, decimals=(0, 0)))
        view = market_view(pairs)
        values = view.usd_per_raw.values()
        assert max(values) / min(values) > 1e60
        _, found = basket(view)
        if found is not None:
            traded += 1
            holds_exactly(view, found)
    assert traded > 0


def holds_exactly(view: MarketView, found: Opportunity) -> None:
    """Each leg is the contract's quote, the legs leave no token short and make the profit."""
    held: dict[bytes, int] = defaultdict(int)
    for leg in found.legs:
        quote = view.states[leg.pool].quote(
            zero_for_one=leg.zero_for_one, amount=leg.amount_in_raw, exact_in=True
        )
        assert (quote.refusal, quote.amount_out) == (None, leg.amount_out_raw)
        held[leg.token_in] -= leg.amount_in_raw
        held[leg.token_out] += leg.amount_out_raw
    assert held.pop(found.profit_token) == found.profit_raw > 0
    assert all(amount >= 0 for amount in held.values())
