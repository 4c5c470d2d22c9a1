"""The kernels' search for cycles over one market, with the arrays that it works in."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from keeper.market.arrays import PoolArrays
from keeper.market.kernels import search as kernels
from keeper.market.kernels.chain import chain_space
from keeper.market.kernels.curves import curve_space
from keeper.market.kernels.pairs import Pairs, rank_all, rank_one
from keeper.market.kernels.quotes import BEYOND, FILLED
from keeper.market.kernels.search import Exact, Found, Sizes
from keeper.market.view import MarketView
from keeper.strategies.base import StrategySettings
from keeper.strategies.cycles import pairs_of
from keeper.strategies.exact import Hop, refine, ticks_crossed
from keeper.strategies.gas import estimate_gas
from keeper.strategies.reasons import Reason
from keeper.strategies.sizing import Size

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

_REASONS = {
    kernels.UNTRADABLE: Reason.UNTRADABLE,
    kernels.NO_EDGE: Reason.NO_EDGE,
    kernels.OUTRANKED: Reason.OUTRANKED,
    kernels.UNPRICED: Reason.UNPRICED,
    kernels.NOT_SIZED: Reason.NOT_SIZED,
}
_LIMB = (1 << 64) - 1
_MAX_AMOUNT = (1 << 126) - 1


@dataclass(frozen=True, slots=True)
class Candidates:
    """Cycles sized in floats, one row each.

    `edges` begin at the profit token of `ranks`; `sizes` are amounts in front of each hop and
    behind the last; `status` is one of `kernels.search`; `gas` counts units before ticks crossed.
    """

    edges: Integers
    ranks: Integers
    sizes: Floats
    status: Integers
    gas: Integers

    def take(self, rows: Integers) -> "Candidates":
        """The rows named, in their order."""
        return Candidates(
            self.edges[rows], self.ranks[rows], self.sizes[rows], self.status[rows], self.gas[rows]
        )


class CycleSearch:
    """Follows a market from view to view; finds, sizes and confirms cycles of `hops` pools."""

    def __init__(self, hops: int, settings: StrategySettings) -> None:
        self._hops = hops
        self._settings = settings
        self._followed: tuple[PoolArrays, int] | None = None
        self._topology = -1
        self._changed: Integers = np.empty(0, dtype=np.int64)
        self._arrays = PoolArrays()
        self._chain, self._curves = chain_space(), curve_space()
        tokens = len(settings.profit_tokens)
        self.usd: Floats = np.zeros(tokens)
        self._max_in: Floats = np.zeros(tokens)
        self._max_in_words = np.zeros((tokens, 2), dtype=np.uint64)
        self._pairs: Pairs
        self._found: Found
        self._gas: Integers

    def follow(self, view: MarketView) -> None:
        """Bring prices, ranks and values to the view's block."""
        arrays = view.arrays if view.arrays.version == view.arrays_version else _rebuilt(view)
        topology = view.topology
        known = [pool for pool in sorted(view.changed) if pool in topology.slots]
        named = [slot for pool in known for slot in topology.slots_of(pool)]
        self._changed = np.array(named, dtype=np.int64)
        previous = self._followed
        self._arrays, self._followed = arrays, (arrays, view.arrays_version)
        if self._topology != topology.version or not previous or previous[0] is not arrays:
            self._index(view)
        elif previous[1] == view.arrays_version - 1:
            for slot in named:
                rank_one(self._pairs, arrays.flat.log_prices, slot)
        elif previous[1] != view.arrays_version:
            rank_all(self._pairs, arrays.flat.log_prices)
        self._value(view)

    def propose(self) -> tuple[Candidates, dict[Reason, int]]:
        """The most promising cycles through the changed pools, and what became of the others."""
        found, flat = self._found, self._arrays.flat
        top = self._settings.max_pools_per_pair
        count = kernels.propose(flat, self._pairs, self._changed, self._hops, top, self.usd, found)
        edges, ranks = found.edges[:count].copy(), found.ranks[:count].copy()
        sizes = Sizes(np.empty(count, dtype=np.int64), np.zeros((count, self._hops + 1)))
        kernels.size_all(self._curves, flat, edges, self._max_in[ranks], sizes)
        gas = estimate_gas(()) + self._gas[edges >> 1].sum(axis=1)
        counts = {_REASONS[column]: int(n) for column, n in enumerate(found.counts) if n}
        return Candidates(edges, ranks, sizes.amounts, sizes.status, gas), counts

    def confirm(
        self, view: MarketView, candidates: Candidates
    ) -> Iterator[tuple[Integers, list[int] | None, int]]:
        """Of each candidate its edges, its exact amounts (None: no profit) and ticks crossed."""
        count, hops = candidates.edges.shape
        exact = Exact(
            np.empty(count, dtype=np.int64),
            np.zeros(count, dtype=np.int64),
            np.zeros((count, hops + 1, 2), dtype=np.uint64),
        )
        limits = self._max_in_words[candidates.ranks]
        kernels.confirm_all(
            self._chain, self._arrays.flat, candidates.edges, candidates.sizes, limits, exact
        )
        for row in range(count):
            edges = candidates.edges[row]
            if exact.status[row] == BEYOND:
                limit = self._max_in[candidates.ranks[row]]
                amounts, crossed = confirm_by_reference(view, edges, candidates.sizes[row], limit)
                yield edges, amounts, crossed
            elif exact.status[row] == FILLED:
                words = exact.amounts[row].tolist()
                amounts = [low | upper << 64 for low, upper in words]
                yield edges, amounts, int(exact.crossed[row])
            else:
                yield edges, None, 0

    def _index(self, view: MarketView) -> None:
        settings, topology = self._settings, view.topology
        if self._topology != topology.version:
            self._pairs = pairs_of(topology, settings.profit_tokens, triangles=self._hops == 3)
            units = [estimate_gas((pool.protocol,)) - estimate_gas(()) for pool in topology.pools]
            self._gas = np.array(units, dtype=np.int64)
            self._found = _found(settings, self._hops, self._pairs)
            self._topology = topology.version
        rank_all(self._pairs, self._arrays.flat.log_prices)

    def _value(self, view: MarketView) -> None:
        bound = self._settings.max_trade_usd
        for rank, token in enumerate(self._settings.profit_tokens):
            usd = self.usd[rank] = view.usd_per_raw.get(token, 0.0)
            most = self._max_in[rank] = bound / usd if usd > 0.0 else inf
            whole = min(int(most), _MAX_AMOUNT) if most < inf else _MAX_AMOUNT
            self._max_in_words[rank] = whole & _LIMB, whole >> 64


def confirm_by_reference(
    view: MarketView, edges: Integers, sizes: Floats, max_in: float
) -> tuple[list[int] | None, int]:
    """What `confirm` says, by the venues' own integers: for curves and amounts beyond the limbs."""
    states = [(view.state_of(edge >> 1), edge & 1 == 0) for edge in edges.tolist()]
    hops = [Hop(state, zero_for_one) for state, zero_for_one in states if state is not None]
    limit = int(max_in) if max_in < inf else None
    amounts = refine(hops, Size(tuple(sizes.tolist())), limit)
    return amounts, 0 if amounts is None else ticks_crossed(hops, amounts)


def _found(settings: StrategySettings, hops: int, pairs: Pairs) -> Found:
    count = len(pairs.start) - 1
    return Found(
        scores=np.zeros(settings.max_sized),
        edges=np.zeros((settings.max_sized, hops), dtype=np.int64),
        ranks=np.zeros(settings.max_sized, dtype=np.int64),
        counts=np.zeros(kernels.COUNTS, dtype=np.int64),
        done=np.zeros(len(pairs.pair_of), dtype=np.uint8),
        done_all=np.zeros(count, dtype=np.int64),
        done_alive=np.zeros((2, count), dtype=np.int64),
    )


def _rebuilt(view: MarketView) -> PoolArrays:
    """Arrays of a block that the market has left behind."""
    arrays = PoolArrays()
    for slot in range(len(view.topology.pools)):
        arrays.update(arrays.append(), view.state_of(slot))
    return arrays
