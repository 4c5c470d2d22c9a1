"""The basket as a strategy: one dual solve a block, pruned, ordered and made exact."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from time import time_ns
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from keeper.chain import Address
from keeper.market.kernels.layout import FlatPools
from keeper.market.view import MarketView
from keeper.strategies.base import GasQuote, Strategy, StrategyResult, StrategySettings, net_usd
from keeper.strategies.basket.greedy import Greedy, merged
from keeper.strategies.basket.network import (
    FLOOR,
    Graph,
    graph_of,
    log_values,
    tradable_slots,
)
from keeper.strategies.basket.order import CircleError, ordered
from keeper.strategies.basket.plan import MAX_SWAPS, RISK, UNLIMITED, Plan, Solver, pruned
from keeper.strategies.basket.realise import ExactSwap, realise
from keeper.strategies.cyclic import leg_of, opportunity_of
from keeper.strategies.opportunity import Opportunity
from keeper.strategies.reasons import Reason
from keeper.strategies.search import arrays_of

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NAME = "basket"

MAX_TRIES = 3
"""Plans that are made exact, best first, until one can be."""
FAR, NEAR_POOLS = 0.9, 200
"""Below this share of its bound the basket lets greedy try, over so many pools that trade most."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Upper bounds on any set of swaps, in USD, that anyone can recompute from `log_values`.

    By weak duality the sum of all pools' best trades at any token values bounds what all swaps
    together earn; with each pool's gas taken off where it pays, what they net. `traded` are the
    slots that trade at the optimum.
    """

    gross_usd: float
    net_usd: float
    log_values: Mapping[Address, float]
    traded: frozenset[int]


class BasketStrategy:
    """Finds the most profitable set of swaps over all pools; remembers the prices it ended at."""

    name = NAME

    def __init__(
        self, settings: StrategySettings, max_swaps: int = MAX_SWAPS, risk: float = RISK
    ) -> None:
        self._settings = settings
        self._max_swaps, self._risk = max_swaps, risk
        self._version = -1
        self._graph: Graph
        self._gas: Floats
        self._near: Integers = np.empty(0, dtype=np.int64)
        self._warm: dict[Address, float] = {}
        self.solver: Solver | None = None
        """The last block's, with the work it took."""
        self.certificate: Certificate | None = None
        """What the last block could yield at most."""
        self.cancel = np.zeros(1, dtype=np.uint8)
        """Set its only element to end a solve early."""

    def evaluate(self, view: MarketView, gas: GasQuote) -> StrategyResult:
        """The best basket of the view's block, whatever changed in it."""
        self.cancel[0] = 0
        return self.evaluate_on(arrays_of(view).flat, view, gas, frozenset())

    def work(self) -> int:
        """Evaluations of single pools that the last block took."""
        return 0 if self.solver is None else self.solver.work

    def is_cut(self) -> bool:
        """Whether the last block's solve ended before it was done."""
        return self.solver is not None and self.solver.is_cut

    def evaluate_on(
        self,
        flat: FlatPools,
        view: MarketView,
        gas: GasQuote,
        excluded: frozenset[Address],
        budget: int | None = None,
    ) -> StrategyResult:
        """As `evaluate`, on arrays that show the view's block and without the pools excluded."""
        if self._version != view.topology.version:
            self._graph, self._version = graph_of(view.topology), view.topology.version
            gas_units = [gas.table.hop(pool.protocol) for pool in view.topology.pools]
            self._gas = np.array(gas_units, dtype=np.float64)
        self.solver = None
        logs = log_values(self._graph, view.usd_per_raw)
        profit = self._profit_token(logs)
        if profit is None:
            return StrategyResult((), Counter({Reason.UNPRICED: 1}))
        began = time_ns()
        slots = tradable_slots(self._graph, logs, flat.log_prices[: len(view.topology.pools)])
        if excluded:
            barred = [view.topology.slots[p] for p in excluded if p in view.topology.slots]
            slots = slots[~np.isin(self._graph.owner[slots], barred)]
        solver = self.solver = Solver(
            flat=flat,
            graph=self._graph,
            held=profit,
            floor=np.where(np.isfinite(logs), logs, 0.0) - FLOOR,
            costs=self._gas * gas.cost_usd(1),
            base_usd=gas.cost_usd(gas.table.base),
            cancel=self.cancel,
            max_swaps=self._max_swaps,
            risk=self._risk,
            budget=UNLIMITED if budget is None else budget,
        )
        plans = self._plans(solver, slots, logs)
        plans.sort(key=lambda plan: -plan.expected_usd)
        result = self._best(view, gas, plans, profit, began)
        if solver.is_cut or not self._is_far(result):
            return result
        other = self._best(view, gas, [self._greedy(view, gas, profit)], profit, began)
        return max(result, other, key=_net)

    def _profit_token(self, logs: Floats) -> int | None:
        """The place of the most preferred profit token that the market values."""
        places = (self._graph.places.get(token) for token in self._settings.profit_tokens)
        return next((place for place in places if place is not None and logs[place] > -inf), None)

    def _plans(self, solver: Solver, slots: Integers, logs: Floats) -> list[Plan]:
        """Plans that a program can run, of the whole market's optimum and what is left of it."""
        z = solver.start(slots, self._starts(logs, solver.held))
        trades = solver.solve(slots, z)
        bounds = solver.bound_usd, solver.gas_bound_usd(trades, slots)
        self._warm = dict(zip(self._graph.tokens, z.tolist(), strict=True))
        traded = slots[trades.pool[: trades.rows[0]]]
        self._near = traded[solver.by_use(trades, traded, z)[:NEAR_POOLS]]
        self.certificate = Certificate(
            *bounds, MappingProxyType(self._warm), frozenset(traded.tolist())
        )
        return list(pruned(solver, slots, z, trades))

    def _is_far(self, result: StrategyResult) -> bool:
        """Whether much of what the bound allows is missing, and worth having."""
        assert self.certificate is not None
        bound = self.certificate.net_usd
        return bound > self._settings.min_net_profit_usd and _net(result) < FAR * bound

    def _greedy(self, view: MarketView, gas: GasQuote, profit: int) -> Plan:
        """Simple and triangular cycles from the profit token, merged."""
        token = self._graph.tokens[profit]
        settings = replace(self._settings, profit_tokens=(token,), min_net_profit_usd=0.0)
        near = np.sort(self._near).tolist()
        everything = frozenset(view.topology.pools[slot].address for slot in near)
        greedy = Greedy(view, near, everything, settings)
        swaps = tuple(merged(view, greedy.cycles(gas), self._max_swaps))
        gross = sum(swap.profit_usd for swap in swaps)
        return Plan(swaps, self._near, gross, gross, gross)

    def _starts(self, logs: Floats, profit: int) -> tuple[Floats, Floats]:
        """The market's values, and the last prices where there are any."""
        own = np.where(np.isfinite(logs), logs, 0.0)
        last = np.array([self._warm.get(token, np.nan) for token in self._graph.tokens])
        z = np.where(np.abs(last - own) < FLOOR, last, own)
        z[profit] = own[profit]
        return own, z

    def _best(
        self, view: MarketView, gas: GasQuote, plans: list[Plan], profit: int, began: int
    ) -> StrategyResult:
        """The first plan that integers confirm."""
        rejections: Counter[Reason] = Counter()
        for plan in plans[:MAX_TRIES]:
            exact = self._exact(view, plan, profit)
            if exact is None:
                rejections[Reason.NO_EXACT_PROFIT] += 1
                continue
            opportunity = _opportunity(view, gas, exact, self._graph.tokens[profit], began)
            net = net_usd(opportunity)
            if not net > 0.0:
                rejections[Reason.BELOW_GAS] += 1
            elif net < self._settings.min_net_profit_usd:
                rejections[Reason.BELOW_MIN_PROFIT] += 1
            else:
                return StrategyResult((opportunity,), rejections)
        return StrategyResult((), rejections)

    def _exact(self, view: MarketView, plan: Plan, profit: int) -> list[ExactSwap] | None:
        """The plan in exact integers; circles that nobody lends for lose their weakest swap."""
        lendable = {
            self._graph.places[token]
            for token in self._settings.profit_tokens
            if token in self._graph.places
        } - {profit}
        swaps = list(plan.swaps)
        while swaps:
            try:
                steps = ordered(self._graph, swaps, profit, lendable)
            except CircleError as circle:
                weakest = min(
                    (swap for swap in swaps if swap.edge in circle.edges),
                    key=lambda swap: swap.profit_usd,
                )
                swaps.remove(weakest)
                continue
            return realise(view, steps, profit)
        return None


def _net(result: StrategyResult) -> float:
    return max((net_usd(item) for item in result.opportunities), default=0.0)


def _opportunity(
    view: MarketView, gas: GasQuote, exact: list[ExactSwap], profit: Address, sized_ns: int
) -> Opportunity:
    legs = tuple(leg_of(view, swap.edge, swap.amount_in_raw, swap.amount_out_raw) for swap in exact)
    return opportunity_of(
        NAME,
        view,
        gas,
        legs,
        profit_token=profit,
        paid_raw=sum(leg.amount_in_raw for leg in legs if leg.token_in == profit),
        got_raw=sum(leg.amount_out_raw for leg in legs if leg.token_out == profit),
        crossed=sum(swap.crossed for swap in exact),
        sized_ns=sized_ns,
    )


def create(settings: StrategySettings) -> Strategy:
    """The strategy that trades all pools at once."""
    return BasketStrategy(settings)
