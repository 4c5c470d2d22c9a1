"""Cycles of a fixed length: filter by float prices, size in floats, confirm in exact integers."""

from itertools import pairwise
from math import log
from time import time_ns

from keeper.chain import Address
from keeper.market.view import MarketView
from keeper.strategies.base import GasQuote, StrategyResult, StrategySettings, net_usd
from keeper.strategies.opportunity import Leg, Opportunity
from keeper.strategies.reasons import Reason
from keeper.strategies.search import Cycle, CycleSearch

CUSHION_LOG = 10e-4
"""The return of a trade at which its cushion against other trades counts one half."""


class CyclicStrategy:
    """Finds, sizes and confirms cycles of `hops` pools that changed in the view's block."""

    def __init__(self, name: str, hops: int, settings: StrategySettings) -> None:
        self.name = name
        self._settings = settings
        self._search = CycleSearch(hops, settings)

    def evaluate(self, view: MarketView, gas: GasQuote) -> StrategyResult:
        """Opportunities among the cycles that the block's changes touch, best net first."""
        self._search.follow(view, gas.table)
        cycles, rejections = self._search.run(gas)
        now = time_ns()
        found: list[Opportunity] = []
        for cycle in cycles:
            opportunity = chain_opportunity(self.name, view, gas, cycle, now)
            reason = self._judge(net_usd(opportunity))
            if reason is None:
                found.append(opportunity)
            else:
                rejections[reason] += 1
        found.sort(key=net_usd, reverse=True)
        return StrategyResult(tuple(found), rejections)

    def _judge(self, net: float) -> Reason | None:
        if not net > 0.0:
            return Reason.BELOW_GAS
        return Reason.BELOW_MIN_PROFIT if net < self._settings.min_net_profit_usd else None


def chain_opportunity(
    strategy: str, view: MarketView, gas: GasQuote, cycle: Cycle, sized_ns: int
) -> Opportunity:
    """The opportunity that a cycle with exact amounts is."""
    swaps = zip(cycle.edges, pairwise(cycle.amounts), strict=True)
    legs = tuple(leg_of(view, edge, *amounts) for edge, amounts in swaps)
    return opportunity_of(
        strategy,
        view,
        gas,
        legs,
        profit_token=legs[0].token_in,
        paid_raw=legs[0].amount_in_raw,
        got_raw=legs[-1].amount_out_raw,
        crossed=cycle.crossed,
        sized_ns=sized_ns,
    )


def opportunity_of(
    strategy: str,
    view: MarketView,
    gas: GasQuote,
    legs: tuple[Leg, ...],
    *,
    profit_token: Address,
    paid_raw: int,
    got_raw: int,
    crossed: int,
    sized_ns: int,
) -> Opportunity:
    """What legs with exact amounts earn that pay and get so much of the profit token."""
    profit_usd = (got_raw - paid_raw) * view.usd_per_raw[profit_token]
    units = gas.table.units((leg.protocol for leg in legs), crossed)
    gas_usd = gas.cost_usd(units)
    return Opportunity(
        strategy=strategy,
        block=view.block,
        legs=legs,
        profit_token=profit_token,
        profit_raw=got_raw - paid_raw,
        profit_usd=profit_usd,
        gas_estimate=units,
        gas_cost_usd=gas_usd,
        confidence=confidence(paid_raw, got_raw, profit_usd, gas_usd),
        frame_ns=view.frame_ns,
        applied_ns=view.applied_ns,
        sized_ns=sized_ns,
        exact_ns=time_ns(),
    )


def confidence(amount_in: int, amount_out: int, profit_usd: float, gas_usd: float) -> float:
    """How likely the profit is to be still there when others trade first, in [0, 1].

    The product of the share of the profit that gas leaves and of the cushion r / (r + 10 bp),
    r being the logarithmic return on the input: other trades must move prices by r against us
    before the profit is gone, and 10 bp is an ordinary move of one block.
    """
    margin = min(max(1.0 - gas_usd / profit_usd, 0.0), 1.0) if profit_usd > 0.0 else 0.0
    earned = log(amount_out / amount_in) if amount_out > amount_in > 0 else 0.0
    return margin * earned / (earned + CUSHION_LOG)


def leg_of(view: MarketView, edge: int, amount_in_raw: int, amount_out_raw: int) -> Leg:
    """One swap with exact amounts, of token0 where the edge is even."""
    pool, zero_for_one = view.topology.pools[edge >> 1], edge & 1 == 0
    tokens = (pool.token0, pool.token1) if zero_for_one else (pool.token1, pool.token0)
    return Leg(
        pool=pool.address,
        protocol=pool.protocol,
        zero_for_one=zero_for_one,
        token_in=tokens[0],
        token_out=tokens[1],
        amount_in_raw=amount_in_raw,
        amount_out_raw=amount_out_raw,
        terms=pool.terms(zero_for_one=zero_for_one),
    )
