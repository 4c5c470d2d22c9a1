"""What each hop adds to a program's gas: fitted to programs on random markets, on both schedules.

The demo's traders move every venue of the replica, the keeper's strategies choose, and what they
would send on own capital is traced on that state. A program's gas is then, to a few per cent, a sum
over its hops: `keeper/gas_table.py` holds the sums' terms.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.crowd import Crowd, open_crowd
from bench.gas.repricer import recount
from bench.gas.schedules import ETHEREUM, POLYGON
from bench.gas.trace import trace_call
from keeper.chain import Protocol
from keeper.execution.financing import is_short_chain
from keeper.execution.program import Funding, encode_basket, encode_program
from keeper.gas_table import ETHEREUM as TABLE
from keeper.market.view import MarketView
from keeper.strategies import registry
from keeper.strategies.base import Strategy, StrategySettings
from keeper.strategies.opportunity import Opportunity
from replica import launch
from replica.demo.traders import MAX_FEE_WEI
from replica.trial import taken_back

MARKETS, TRADES, SEED = 80, 9, 7
BEST = 8
"""Opportunities of each strategy that are traced in each market."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One program: its hops, ticks crossed and loans of other tokens, and its gas by schedule."""

    hops: tuple[Protocol, ...]
    crossed: int
    loans: int
    gas: dict[str, int]


def fitted(samples: Sequence[Sample]) -> dict[str, Any]:
    """By schedule: gas of the base, of a tick, of a loan and of each protocol's hop.

    Least squares of relative errors; `error_p50` and `error_p90` are what is left of them.
    """
    protocols = sorted({protocol for sample in samples for protocol in sample.hops})
    names = ["base", "tick", "loan", *(protocol.name.lower() for protocol in protocols)]
    terms = np.array(
        [
            [1, sample.crossed, sample.loans, *(sample.hops.count(each) for each in protocols)]
            for sample in samples
        ],
        dtype=np.float64,
    )
    found: dict[str, Any] = {"runs": len(samples)}
    for schedule in (ETHEREUM.name, POLYGON.name):
        gas = np.array([sample.gas[schedule] for sample in samples], dtype=np.float64)
        fit, *_ = np.linalg.lstsq(terms / gas[:, None], np.ones(len(gas)), rcond=None)
        errors = np.abs(terms @ fit / gas - 1.0)
        found[schedule] = dict(zip(names, map(round, fit.tolist()), strict=True))
        for percent in (50, 90):
            found[schedule][f"error_p{percent}"] = round(float(np.percentile(errors, percent)), 4)
    return found


async def sampled(markets: int, seed: int) -> list[Sample]:
    """Distinct programs over random markets, each market from the same start."""
    found: dict[tuple[object, ...], Sample] = {}
    with launch(fixed_time=True) as replica:
        async with open_crowd(replica, seed) as crowd:
            crowd.fill()
            settings = StrategySettings(crowd.settings.profit_tokens)
            strategies = registry.create(registry.STRATEGIES, settings)
            for _ in range(markets):
                with taken_back(replica.rpc):
                    crowd.trade(TRADES)
                    view = await crowd.view()
                    for wanted, sample in _samples(crowd, view, strategies):
                        places = tuple((leg.pool, leg.token_in) for leg in wanted.legs)
                        found[places, sample.gas[ETHEREUM.name]] = sample
    return list(found.values())


def _samples(
    crowd: Crowd, view: MarketView, strategies: Sequence[Strategy]
) -> Iterator[tuple[Opportunity, Sample]]:
    """What would run in a later second, in which pools write what the time has done."""
    gas = crowd.quote(view)
    crowd.rpc("evm_mine")
    for strategy in strategies:
        for wanted in strategy.evaluate(view, gas).opportunities[:BEST]:
            yield from ((wanted, sample) for sample in _sample(crowd, view, wanted))


def _sample(crowd: Crowd, view: MarketView, wanted: Opportunity) -> Iterator[Sample]:
    """The program's gas; nothing where it reverts."""
    trace = trace_call(crowd.rpc, crowd.key, crowd.executor, _program(crowd, view, wanted))
    if trace.failed:
        return
    hops = tuple(leg.protocol for leg in wanted.legs)
    crossed = (wanted.gas_estimate - TABLE.units(hops)) // TABLE.tick
    gas = {schedule.name: recount(trace, schedule).used for schedule in (ETHEREUM, POLYGON)}
    yield Sample(hops, crossed, len(wanted.loans), gas)


def _program(crowd: Crowd, view: MarketView, wanted: Opportunity) -> bytes:
    terms: dict[str, Any] = {
        "funding": Funding.OWN_CAPITAL,
        "profit_token": wanted.profit_token,
        "min_profit_raw": wanted.profit_raw // 10,
        "deadline_block": view.block.number + 100,
        "max_base_fee_wei": MAX_FEE_WEI,
    }
    if is_short_chain(wanted):
        return encode_program(wanted.legs, directory=crowd.directory, **terms)
    return encode_basket(wanted.legs, loans=wanted.loans, **terms)


def model() -> dict[str, Any]:
    """The terms as the snapshot keeps them."""
    return fitted(asyncio.run(sampled(MARKETS, SEED)))
