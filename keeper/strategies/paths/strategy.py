"""Single cycles of 4 to 16 pools through what changed, as a strategy."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from time import time_ns

import numpy as np
from numpy.typing import NDArray

from keeper.chain import Address
from keeper.market.kernels.chain import MAX_HOPS, chain_space
from keeper.market.kernels.curves import curve_space
from keeper.market.kernels.cycles import exact_space, make_exact
from keeper.market.kernels.layout import FlatPools
from keeper.market.kernels.pairs import Pairs, rank_all
from keeper.market.kernels.quotes import FILLED
from keeper.market.view import MarketView, Topology
from keeper.strategies.base import GasQuote, Strategy, StrategyResult, StrategySettings, net_usd
from keeper.strategies.cycles import pairs_of
from keeper.strategies.cyclic import chain_opportunity
from keeper.strategies.paths.kernel_paths import (
    MIN_HOPS,
    Layers,
    Ways,
    cycles_through,
    follow,
    new_layers,
)
from keeper.strategies.reasons import Reason
from keeper.strategies.search import Cycle, arrays_of, owners

NAME = "long_path"

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MAX_SOURCES = 3
"""Changed edges that are followed a block: those that beat the market's values by most."""
MAX_SIZED = 12
"""Cycles that are sized, those of the best log price first."""


class LongPathStrategy:
    """Follows the changed pools' best edges along layers of best prices and back."""

    name = NAME

    def __init__(self, settings: StrategySettings) -> None:
        self._settings = settings
        self._version = -1
        self._pairs: Pairs
        self._ways: Ways
        self._layers: Layers
        self._ends: Integers
        self._owners: Integers
        self._logs: Floats
        self._tokens: list[Address] = []
        self._followed, self._is_cut = 0, False
        self.cancel = np.zeros(1, dtype=np.uint8)
        """Set its only element to end an evaluation early."""
        self._chain, self._curves = chain_space(), curve_space()

    def evaluate(self, view: MarketView, gas: GasQuote) -> StrategyResult:
        """The best paths among the cycles that the block's changes touch, best net first."""
        self.cancel[0] = 0
        return self.evaluate_on(arrays_of(view).flat, view, gas, frozenset())

    def work(self) -> int:
        """Edges that the last block followed."""
        return self._followed

    def is_cut(self) -> bool:
        """Whether the last block's search ended before it was done."""
        return self._is_cut

    def evaluate_on(
        self,
        flat: FlatPools,
        view: MarketView,
        gas: GasQuote,
        excluded: frozenset[Address],
        budget: int | None = None,
    ) -> StrategyResult:
        """As `evaluate`, on arrays that show the view's block and without the pools excluded."""
        flat = _barred(flat, view, excluded)
        if self._version != view.topology.version:
            self._index(view.topology)
        rank_all(self._pairs, flat.log_prices, flat.slopes)
        self._logs[:] = _log_values(self._tokens, view.usd_per_raw)
        follow(flat, self._pairs, self._logs, self._ways)
        rejections: Counter[Reason] = Counter()
        cycles, now = self._cycles(flat, view, budget), time_ns()
        found = [
            chain_opportunity(NAME, view, gas, cycle, now)
            for cycle in self._exact(flat, view, cycles)
        ]
        _count(rejections, Reason.NO_EXACT_PROFIT, len(cycles) - len(found))
        pays = [item for item in found if net_usd(item) > 0.0]
        enough = [item for item in pays if net_usd(item) >= self._settings.min_net_profit_usd]
        _count(rejections, Reason.BELOW_GAS, len(found) - len(pays))
        _count(rejections, Reason.BELOW_MIN_PROFIT, len(pays) - len(enough))
        return StrategyResult(tuple(sorted(enough, key=net_usd, reverse=True)), rejections)

    def _index(self, topology: Topology) -> None:
        self._version = topology.version
        self._pairs = pairs_of(topology, self._settings.profit_tokens, triangles=False)
        self._owners = owners(topology)
        places: dict[Address, int] = {}
        self._ends = np.array(
            [
                [places.setdefault(token, len(places)) for token in (pool.token0, pool.token1)]
                for pool in topology.pools
            ],
            dtype=np.int64,
        ).reshape(-1, 2)
        self._tokens = list(places)
        self._logs = np.zeros(len(places))
        self._ways = _ways(self._pairs, self._ends, len(places))
        self._layers = new_layers(len(places))

    def _cycles(self, flat: FlatPools, view: MarketView, budget: int | None) -> list[Integers]:
        """The most promising cycles, each from its most preferred profit token on."""
        found = np.zeros((MAX_HOPS + 1, MAX_HOPS), dtype=np.int64)
        worth = np.zeros(MAX_HOPS + 1)
        cycles: list[tuple[float, Integers]] = []
        self._followed, self._is_cut = 0, False
        for gain, source in self._sources(flat, view):
            if self.cancel[0] or self._followed == budget:
                self._is_cut = True
                break
            self._followed += 1
            ends = self._ends[source >> 1, [source & 1, 1 - (source & 1)]].tolist()
            cycles_through(self._ways, source, gain, tuple(ends), self._layers, found, worth)
            for hops in range(MIN_HOPS, MAX_HOPS + 1):
                edges = found[hops, :hops]
                if worth[hops] > 0.0 and len(set(self._owners[edges >> 1].tolist())) == hops:
                    rotated = self._rotated(edges)
                    if rotated is not None:
                        cycles.append((float(worth[hops]), rotated))
        cycles.sort(key=lambda cycle: -cycle[0])
        distinct = {tuple(edges.tolist()): edges for _, edges in cycles}
        return list(distinct.values())[:MAX_SIZED]

    def _sources(self, flat: FlatPools, view: MarketView) -> list[tuple[float, int]]:
        """Changed edges that beat the market's values, with their gains, those by most first."""
        topology = view.topology
        known = sorted(pool for pool in view.changed if pool in topology.slots)
        slots = np.array([s for pool in known for s in topology.slots_of(pool)], dtype=np.int64)
        logs = self._logs[self._ends[slots]].reshape(-1, 2)
        ahead = np.stack([logs[:, 1] - logs[:, 0], logs[:, 0] - logs[:, 1]], axis=1)
        gains = (flat.log_prices[slots] + ahead).ravel()
        pays = np.flatnonzero(gains > 0.0)
        first = pays[np.argsort(-gains[pays], kind="stable")[:MAX_SOURCES]]
        return [(float(gains[at]), int(2 * slots[at >> 1] + (at & 1))) for at in first]

    def _rotated(self, edges: Integers) -> Integers | None:
        """The cycle from its most preferred profit token on; None when it meets none."""
        sold = [self._tokens[self._ends[edge >> 1, edge & 1]] for edge in edges.tolist()]
        for token in self._settings.profit_tokens:
            if token in sold:
                return np.roll(edges, -sold.index(token))
        return None

    def _exact(
        self, flat: FlatPools, view: MarketView, cycles: Sequence[Integers]
    ) -> Iterator[Cycle]:
        """Cycles in whole amounts that a contract would pay, where those profit."""
        for edges in cycles:
            token = self._tokens[self._ends[edges[0] >> 1, edges[0] & 1]]
            value = view.usd_per_raw.get(token, 0.0)
            limit = self._settings.max_trade_usd / value if value > 0.0 else 0.0
            exact = exact_space(1, len(edges))
            whole = min(int(min(limit, 2.0**125)), (1 << 126) - 1)
            words = np.array([[whole & (1 << 64) - 1, whole >> 64]], dtype=np.uint64)
            rows, limits = edges[None, :], np.array([limit])
            make_exact(self._chain, self._curves, flat, rows, limits, words, exact)
            if exact.status[0] == FILLED:
                amounts = [low | upper << 64 for low, upper in exact.amounts[0].tolist()]
                yield Cycle(edges.tolist(), amounts, int(exact.crossed[0]))


def _ways(pairs: Pairs, ends: Integers, tokens: int) -> Ways:
    """The pairs by the token that each of their directions sells."""
    first_slot = np.zeros(len(pairs.start) - 1, dtype=np.int64)
    first_slot[pairs.pair_of[::-1]] = np.arange(len(pairs.pair_of))[::-1]
    of_pair = ends[first_slot]
    count = len(of_pair)
    sold = np.concatenate([of_pair[:, 0], of_pair[:, 1]])
    near = np.stack(
        [
            np.tile(np.arange(count), 2),
            np.repeat([0, 1], count),
            np.concatenate([of_pair[:, 1], of_pair[:, 0]]),
        ],
        axis=1,
    )
    order = np.argsort(sold, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(sold, minlength=tokens))])
    return Ways(
        first.astype(np.int64),
        np.ascontiguousarray(near[order]).astype(np.int64),
        np.zeros(2 * count, dtype=np.int64),
        np.full(2 * count, -np.inf),
    )


def _log_values(tokens: Sequence[Address], usd_per_raw: Mapping[Address, float]) -> Floats:
    """Log values of raw units, nan where the market gives none."""
    values = np.array([usd_per_raw.get(token, np.nan) for token in tokens], dtype=np.float64)
    logs = np.full(len(values), np.nan)
    np.log(values, where=values > 0.0, out=logs)
    return logs


def _barred(flat: FlatPools, view: MarketView, excluded: frozenset[Address]) -> FlatPools:
    """The arrays with nothing to trade in the pools excluded."""
    slots = [
        slot for p in excluded if p in view.topology.slots for slot in view.topology.slots_of(p)
    ]
    if not slots:
        return flat
    log_prices = flat.log_prices.copy()
    log_prices[slots] = -np.inf
    return flat._replace(log_prices=log_prices)


def _count(rejections: Counter[Reason], reason: Reason, count: int) -> None:
    if count:
        rejections[reason] += count


def create(settings: StrategySettings) -> Strategy:
    """The strategy that looks for long cycles."""
    return LongPathStrategy(settings)
