"""The basket on whole blocks: time, worth against its certificate, and against its rivals."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter_ns, thread_time_ns

import numpy as np

from bench.detect.bound import bound_usd
from bench.detect.greedy import greedy
from bench.detect.world import GAS, World
from keeper.market.view import MarketView
from keeper.strategies import registry
from keeper.strategies.base import GasQuote, StrategySettings, net_usd
from keeper.strategies.basket.strategy import BasketStrategy
from keeper.strategies.opportunity import Opportunity

WARM_UP, BLOCKS, JUDGED, COLD = 5, 100, 25, 5
POOLS = (50, 300)
TOLERANCE = 1e-6
FREE = GasQuote(0, 0.0, GAS.table)
HUBS = 8
"""Tokens that profits may be taken in and that are lent for a run: those of most pools."""


@dataclass(slots=True)
class Sums:
    """Of the judged blocks: bounds, what was realised of them, and what rivals earn, in USD."""

    gross_bound: float = 0.0
    gross: float = 0.0
    net_bound: float = 0.0
    net: float = 0.0
    simple: float = 0.0
    greedy: float = 0.0
    swaps: int = 0
    greedy_swaps: int = 0


def measure_basket(world: World) -> dict[str, float | None]:
    """Milliseconds cold and warm, ratios of sums over the judged blocks, and tokens spanned.

    `basket_bound_ratio` is of the exact basket without gas, risk or a cap on its swaps, over
    the bound on all pools; `basket_net_ratio` of the basket that a program runs, over the bound
    with each pool's gas. Both bounds are recomputed from the states.

    Raises:
        AssertionError: the basket is below greedy in a block, or above a bound.
    """
    settings = replace(world.settings(), profit_tokens=world.market.tokens[:HUBS])
    warm = BasketStrategy(settings)
    whole = BasketStrategy(settings, max_swaps=len(world.market.pools), risk=0.0)
    fast = registry.create(("simple", "triangular"), settings)
    sums = Sums()
    took: list[int] = []
    busy: list[int] = []
    tokens: list[int] = []
    low, high = POOLS
    for number in range(WARM_UP + BLOCKS):
        changed = low + (high - low) * number // (WARM_UP + BLOCKS)
        view = world.block(world.shocks.block(changed))
        simple = max(
            (net_usd(item) for s in fast for item in s.evaluate(view, GAS).opportunities),
            default=0.0,
        )
        began, busy_then = perf_counter_ns(), thread_time_ns()
        found = warm.evaluate(view, GAS).opportunities
        spent, worked = perf_counter_ns() - began, thread_time_ns() - busy_then
        if number < WARM_UP:
            continue
        took.append(spent)
        busy.append(worked)
        tokens.append(len({leg.token_in for item in found for leg in item.legs}))
        if number % (BLOCKS // JUDGED) == 0:
            sums.simple += simple
            _judge(view, found, (warm, whole), settings, sums)
    half, most = (float(np.percentile(busy, q)) / 1e6 for q in (50, 99))
    sys.stderr.write(f"  of its thread's time {half:.1f} ms at p50, {most:.1f} ms at p99\n")
    return {
        "basket_cold_ms": _cold(world, settings),
        "basket_warm_p50_ms": float(np.percentile(took, 50)) / 1e6,
        "basket_warm_p99_ms": float(np.percentile(took, 99)) / 1e6,
        "basket_bound_ratio": sums.gross / sums.gross_bound,
        "basket_net_ratio": sums.net / sums.net_bound,
        "basket_vs_best_simple": sums.net / sums.simple,
        "basket_vs_greedy": sums.net / sums.greedy,
        "basket_swaps_vs_greedy": sums.swaps / sums.greedy_swaps,
        "basket_tokens": float(np.median(tokens)),
    }


def _judge(
    view: MarketView,
    found: Sequence[Opportunity],
    baskets: tuple[BasketStrategy, BasketStrategy],
    settings: StrategySettings,
    sums: Sums,
) -> None:
    """Add one block up: the basket against its bounds and against greedy."""
    warm, whole = baskets
    net = sum(net_usd(item) for item in found)
    free = whole.evaluate(view, FREE).opportunities
    gross = sum(item.profit_usd for item in free)
    assert warm.certificate is not None
    assert whole.certificate is not None
    gas = {slot: _gas_usd(view, slot) for slot in range(len(view.topology.pools))}
    net_bound = bound_usd(view, warm.certificate.log_values, gas) - GAS.cost_usd(GAS.table.base)
    gross_bound = bound_usd(view, whole.certificate.log_values, None)
    traded = {view.topology.pools[slot].address for slot in warm.certificate.traded}
    greedy_net, greedy_swaps = greedy(view, traded, settings)
    sys.stderr.write(
        f"  block {view.block.number}: gross {gross:.2f} of {gross_bound:.2f}, net {net:.2f} of "
        f"{net_bound:.2f}, greedy {greedy_net:.2f} with {greedy_swaps} swaps\n"
    )
    assert gross <= gross_bound * (1 + TOLERANCE), "the basket earns more than its bound"
    assert net <= net_bound * (1 + TOLERANCE), "the basket nets more than its bound"
    assert net >= greedy_net, "the basket nets less than greedy"
    sums.gross += gross
    sums.gross_bound += gross_bound
    sums.net += net
    sums.net_bound += net_bound
    sums.greedy += greedy_net
    sums.greedy_swaps += greedy_swaps
    sums.swaps += sum(len(item.legs) for item in found)


def _gas_usd(view: MarketView, slot: int) -> float:
    return GAS.cost_usd(GAS.table.hop(view.topology.pools[slot].protocol))


def _cold(world: World, settings: StrategySettings) -> float:
    """Milliseconds of a strategy that has never seen the market; the median of a few."""
    took = []
    for _ in range(COLD):
        view = world.block(world.shocks.block(POOLS[0]))
        strategy = BasketStrategy(settings)
        began = perf_counter_ns()
        strategy.evaluate(view, GAS)
        took.append(perf_counter_ns() - began)
    return float(np.median(took)) / 1e6
