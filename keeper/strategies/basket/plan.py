"""From the dual's optimum to the swaps worth their gas: at most as many as a program runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.layout import FlatPools
from keeper.strategies.basket.kernel_dual import (
    BOUND,
    CUT,
    REPORT,
    RESIDUAL,
    STEPS,
    WORK,
    Limits,
    Trades,
    evaluate,
    minimise,
    new_trades,
)
from keeper.strategies.basket.network import Graph

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MAX_SWAPS = 64
"""Of one program."""
UNLIMITED = 2**62
"""A budget of evaluations that nothing uses up."""

LIMITS = Limits(tolerance=1e-6, least=1e-6, stall=3e-4, max_steps=200, budget=UNLIMITED)
ROUGH = 1e-4
"""What is short or left over by more of the bound than this is solved again without idle pools."""
RISK = 3e-5
"""The share of a basket that each of its swaps puts at risk: others who move its pool first undo
the whole. What earns less is not worth having."""
DETOUR = 5e-4
WORTHLESS = 3e-3
"""A share of the whole that is given up at once when far more swaps pay than a program runs."""
COARSE_DROP, FINE_DROP = 2, 8
"""The lower half of many swaps is dropped in a round, an eighth of few."""


@dataclass(frozen=True, slots=True)
class Swap:
    """One edge (2 * slot + direction) with its float amounts, and its profit at the dual's prices.

    The pools' profits add up to the whole, so each is what its pool is worth to the basket.
    """

    edge: int
    sold: float
    bought: float
    profit_usd: float


@dataclass(frozen=True, slots=True)
class Plan:
    """Swaps of a restricted optimum and what they earn by floats; `slots` is the restriction.

    `expected_usd` is the net less what the swaps put at risk.
    """

    swaps: tuple[Swap, ...]
    slots: Integers
    gross_usd: float
    net_usd: float
    expected_usd: float


@dataclass(slots=True)
class Solver:
    """The dual over one frozen market; counts its work, so that a replay cuts at the same point.

    `costs` [slot] is the gas of one swap in USD, `base_usd` that of none; a plan has `max_swaps` at
    most, each of which puts the share `risk` of it at risk. `cancel[0]` ends it, and so does work
    that reaches the `budget`: both are asked for at the same places.
    """

    flat: FlatPools
    graph: Graph
    held: int
    floor: Floats
    costs: Floats
    base_usd: float
    cancel: NDArray[np.uint8]
    max_swaps: int
    risk: float
    budget: int = UNLIMITED
    work: int = 0
    steps: int = 0
    bound_usd: float = 0.0
    is_rough: bool = False
    is_cut: bool = False

    def is_over(self) -> bool:
        """Whether it is cancelled or has used its budget up; if so it counts as cut."""
        self.is_cut = self.is_cut or bool(self.cancel[0] != 0 or self.work >= self.budget)
        return self.is_cut

    def start(self, slots: Integers, starts: Sequence[Floats]) -> Floats:
        """The prices, of several, at which the bound is least."""
        network = self.graph.network(slots)
        room = new_trades(len(slots), len(self.floor))
        self.work += len(starts) * len(slots)
        return min(starts, key=lambda z: evaluate(self.flat, network, z, room))

    def solve(self, slots: Integers, z: Floats) -> Trades:
        """The best trades over `slots`; `z` is the start and becomes the optimum's prices."""
        report = np.zeros(REPORT)
        network = self.graph.network(slots)
        limits = LIMITS._replace(budget=self.budget - self.work)
        trades = minimise(self.flat, network, z, self.floor, self.held, limits, self.cancel, report)
        self.work += int(report[WORK])
        self.steps += int(report[STEPS])
        self.bound_usd = float(report[BOUND])
        self.is_cut = self.is_cut or bool(report[CUT])
        self.is_rough = bool(report[RESIDUAL] > max(ROUGH * report[BOUND], LIMITS.least))
        return trades

    def plan(self, slots: Integers, trades: Trades) -> Plan:
        """A solve's result as swaps, those of the greatest profit first."""
        count = int(trades.rows[0])
        own = slots[trades.pool[:count]]
        edges = 2 * own + trades.direction[:count]
        rows = np.argsort(-trades.profit[:count], kind="stable")
        columns = (edges, trades.sold, trades.bought, trades.profit)
        swaps = tuple(Swap(*row) for row in zip(*(c[rows].tolist() for c in columns), strict=True))
        gross = float(trades.profit[:count].sum())
        net = gross - float(self.costs[own].sum()) - self.base_usd
        return Plan(swaps, own, gross, net, net * (1.0 - self.risk * count))

    def worth(self, trades: Trades, own: Integers) -> Floats:
        """What each swap earns beyond its gas and what it puts at risk."""
        profit = trades.profit[: len(own)]
        found: Floats = profit - self.costs[own] - self.risk * profit.sum()
        return found

    def rank(self, trades: Trades, own: Integers, z: Floats, worth: Floats) -> Floats:
        """The order in which to give swaps up: those first whose absence costs least.

        A swap that does not pay goes first. Among too many that pay, one that carries much is
        dearer than its profit says: what it carries must take a way that is `DETOUR` worse.
        """
        count = len(own)
        if count <= self.max_swaps:
            return worth
        ranks: Floats = worth + DETOUR * self._carried(trades, own, z)
        return ranks

    def by_use(self, trades: Trades, own: Integers, z: Floats) -> Integers:
        """The rows of the trades, those first that earn or carry most."""
        use = trades.profit[: len(own)] + DETOUR * self._carried(trades, own, z)
        return np.argsort(-use, kind="stable")

    def _carried(self, trades: Trades, own: Integers, z: Floats) -> Floats:
        """What each swap sells, in value."""
        sells0 = trades.direction[: len(own)] == 0
        token = np.where(sells0, self.graph.token0[own], self.graph.token1[own])
        carried: Floats = trades.sold[: len(own)] * np.exp(z[token])
        return carried

    def gas_bound_usd(self, trades: Trades, slots: Integers) -> float:
        """No set of swaps over `slots` nets more: weak duality with each pool's gas taken off."""
        count = int(trades.rows[0])
        worth = trades.profit[:count] - self.costs[slots[trades.pool[:count]]]
        return float(np.maximum(worth, 0.0).sum()) - self.base_usd


def pruned(solver: Solver, slots: Integers, z: Floats, trades: Trades) -> Iterator[Plan]:
    """Ever smaller plans that a program can run, by dropping swaps not worth their gas.

    `z` follows the solves. A pool of several slots keeps the most valuable one: a swap of one
    changes the others. Ends when every swap pays, after yielding that plan.
    """
    while trades.rows[0] > 0 and not solver.is_over():
        count = int(trades.rows[0])
        own = slots[trades.pool[:count]]
        worth = solver.worth(trades, own)
        order = np.argsort(solver.rank(trades, own, z, worth), kind="stable")
        doubled = _doubled(solver.graph.owner[own], order)
        if not doubled.any() and count <= solver.max_swaps:
            if solver.is_rough and count < len(slots):
                slots = own
                trades = solver.solve(slots, z)
                continue
            yield solver.plan(slots, trades)
        wanted = max(int((worth <= 0.0).sum()), count - solver.max_swaps)
        if wanted <= 0 and not doubled.any():
            return
        share = COARSE_DROP if count > 2 * solver.max_swaps else FINE_DROP
        most = max(count // share, _worthless(worth[order], solver.max_swaps), 1)
        drop = order[: min(most, max(wanted, 0))]
        keep = ~doubled
        keep[drop] = False
        slots = np.sort(own[keep])
        if len(slots) < 2:
            return
        trades = solver.solve(slots, z)


def _worthless(worth: Floats, kept: int) -> int:
    """How many of the first are together worth next to nothing, at least `2 * kept` remaining."""
    gone = np.cumsum(np.maximum(worth, 0.0))
    few = int(np.searchsorted(gone, WORTHLESS * gone[-1]))
    return min(few, len(worth) - 2 * kept)


def _doubled(owners: Integers, order: Integers) -> NDArray[np.bool_]:
    """Which rows share their owner with one that comes later in `order`."""
    found = np.zeros(len(owners), dtype=np.bool_)
    best_first = order[::-1]
    _, first = np.unique(owners[best_first], return_index=True)
    found[:] = True
    found[best_first[first]] = False
    return found
