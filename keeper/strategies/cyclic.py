"""Cycles of a fixed length: filter by float prices, size in floats, confirm in exact integers."""

from collections import Counter
from dataclasses import dataclass
from math import inf, log
from time import time_ns

import numpy as np
from numpy.typing import NDArray

from keeper.chain import Address
from keeper.market.view import MarketView, PoolKey
from keeper.strategies.base import GasQuote, StrategyResult, StrategySettings, net_usd
from keeper.strategies.cycles import CycleIndex
from keeper.strategies.exact import Hop, refine, ticks_crossed
from keeper.strategies.gas import estimate_gas
from keeper.strategies.opportunity import Leg, Opportunity
from keeper.strategies.reasons import Reason
from keeper.strategies.sizing import Size, best_size

MIN_LOG_EDGE = 1e-12
"""Below this a product of prices is 1 within float rounding."""

CUSHION_LOG = 10e-4
"""The return of a trade at which its cushion against other trades counts one half."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A cycle that promises a profit in floats."""

    pools: tuple[PoolKey, ...]
    hops: tuple[Hop, ...]
    start: Address
    usd_per_raw: float
    least_gas_usd: float
    size: Size
    sized_ns: int

    @property
    def float_net_usd(self) -> float:
        """Net profit that floats expect before ticks crossed, with a thousandth for rounding."""
        return self.size.profit * self.usd_per_raw * 1.001 - self.least_gas_usd


class CyclicStrategy:
    """Finds, sizes and confirms cycles of `hops` pools that changed in the view's block."""

    def __init__(self, name: str, hops: int, settings: StrategySettings) -> None:
        self.name = name
        self._hops = hops
        self._settings = settings
        self._index: CycleIndex | None = None

    def evaluate(self, view: MarketView, gas: GasQuote) -> StrategyResult:
        """Opportunities among the cycles that the block's changes touch, best net first."""
        rejections: Counter[Reason] = Counter()
        sized = self._size_all(view, gas, rejections)
        if len(sized) > self._settings.max_exact:
            rejections[Reason.NOT_SIZED] += len(sized) - self._settings.max_exact
        found: list[Opportunity] = []
        for candidate in sized[: self._settings.max_exact]:
            result = self._confirm(view, gas, candidate)
            if isinstance(result, Reason):
                rejections[result] += 1
            else:
                found.append(result)
        found.sort(key=net_usd, reverse=True)
        return StrategyResult(tuple(found), rejections)

    def _size_all(
        self, view: MarketView, gas: GasQuote, rejections: Counter[Reason]
    ) -> list[_Candidate]:
        """Candidates that still pay in floats, the greatest net profit first."""
        sized: list[_Candidate] = []
        for edges in self._promising(view, rejections):
            result = self._size(view, gas, edges)
            if isinstance(result, Reason):
                rejections[result] += 1
            else:
                sized.append(result)
        sized.sort(key=lambda candidate: candidate.float_net_usd, reverse=True)
        return sized

    def _promising(self, view: MarketView, rejections: Counter[Reason]) -> list[NDArray[np.int32]]:
        """Edges of the cycles worth sizing, the greatest float edge first."""
        index = self._cycle_index(view)
        slots = view.topology.slots
        rows = index.touching(slots[pool] for pool in sorted(view.changed) if pool in slots)
        edges = index.edges[rows]
        logs = view.log_prices.ravel()[edges].sum(axis=1)
        dead = int(np.count_nonzero(np.isneginf(logs)))
        order = np.argsort(-logs, kind="stable")[: int(np.count_nonzero(logs > MIN_LOG_EDGE))]
        sized = order[: self._settings.max_sized]
        counts = {
            Reason.UNTRADABLE: dead,
            Reason.NO_EDGE: len(rows) - dead - len(order),
            Reason.NOT_SIZED: len(order) - len(sized),
        }
        rejections.update({reason: count for reason, count in counts.items() if count})
        return list(edges[sized])

    def _cycle_index(self, view: MarketView) -> CycleIndex:
        if self._index is None or self._index.version != view.topology.version:
            settings = self._settings
            self._index = CycleIndex(
                view.topology, self._hops, settings.profit_tokens, settings.max_cycles
            )
        return self._index

    def _size(
        self, view: MarketView, gas: GasQuote, edges: NDArray[np.int32]
    ) -> _Candidate | Reason:
        pools, hops = _route(view, edges)
        start = pools[0].token0 if hops[0].zero_for_one else pools[0].token1
        usd_per_raw = view.usd_per_raw.get(start)
        if usd_per_raw is None:
            return Reason.UNPRICED
        max_in = self._settings.max_trade_usd / usd_per_raw
        curves = [hop.state.segments(zero_for_one=hop.zero_for_one) for hop in hops]
        size = best_size(curves, max_in)
        if size is None:
            return Reason.NO_EDGE
        if min(size.amounts) < 1.0:
            return Reason.DUST
        least_gas_usd = gas.cost_usd(estimate_gas(pool.protocol for pool in pools))
        candidate = _Candidate(pools, hops, start, usd_per_raw, least_gas_usd, size, time_ns())
        return self._judge(candidate.float_net_usd) or candidate

    def _confirm(
        self, view: MarketView, gas: GasQuote, candidate: _Candidate
    ) -> Opportunity | Reason:
        max_in = self._settings.max_trade_usd / candidate.usd_per_raw
        limit = int(max_in) if max_in < inf else None
        amounts = refine(candidate.hops, candidate.size, limit)
        if amounts is None:
            return Reason.NO_EXACT_PROFIT
        opportunity = self._opportunity(view, gas, candidate, amounts)
        return self._judge(net_usd(opportunity)) or opportunity

    def _judge(self, net: float) -> Reason | None:
        if not net > 0.0:
            return Reason.BELOW_GAS
        return Reason.BELOW_MIN_PROFIT if net < self._settings.min_net_profit_usd else None

    def _opportunity(
        self, view: MarketView, gas: GasQuote, candidate: _Candidate, amounts: list[int]
    ) -> Opportunity:
        profit_raw = amounts[-1] - amounts[0]
        profit_usd = profit_raw * candidate.usd_per_raw
        crossed = ticks_crossed(candidate.hops, amounts)
        units = estimate_gas((pool.protocol for pool in candidate.pools), crossed)
        gas_usd = gas.cost_usd(units)
        return Opportunity(
            strategy=self.name,
            block=view.block,
            legs=_legs(candidate, amounts),
            profit_token=candidate.start,
            profit_raw=profit_raw,
            profit_usd=profit_usd,
            gas_estimate=units,
            gas_cost_usd=gas_usd,
            confidence=confidence(amounts[0], amounts[-1], profit_usd, gas_usd),
            frame_ns=view.frame_ns,
            applied_ns=view.applied_ns,
            sized_ns=candidate.sized_ns,
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


def _route(
    view: MarketView, edges: NDArray[np.int32]
) -> tuple[tuple[PoolKey, ...], tuple[Hop, ...]]:
    numbers = edges.tolist()
    pools = tuple(view.topology.pools[edge >> 1] for edge in numbers)
    hops = tuple(
        Hop(view.states[pool.address], edge & 1 == 0)
        for pool, edge in zip(pools, numbers, strict=True)
    )
    return pools, hops


def _legs(candidate: _Candidate, amounts: list[int]) -> tuple[Leg, ...]:
    legs = []
    for place, (pool, hop) in enumerate(zip(candidate.pools, candidate.hops, strict=True)):
        tokens = (pool.token0, pool.token1) if hop.zero_for_one else (pool.token1, pool.token0)
        legs.append(
            Leg(
                pool=pool.address,
                protocol=pool.protocol,
                zero_for_one=hop.zero_for_one,
                token_in=tokens[0],
                token_out=tokens[1],
                amount_in_raw=amounts[place],
                amount_out_raw=amounts[place + 1],
            )
        )
    return tuple(legs)
