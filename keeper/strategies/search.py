"""The kernels' search for cycles over one market, with the arrays that it works in."""

from collections import Counter
from collections.abc import Sequence
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keeper.gas_table import GasTable
from keeper.market.arrays import PoolArrays
from keeper.market.kernels import search as kernels
from keeper.market.kernels.chain import chain_space
from keeper.market.kernels.curves import curve_space
from keeper.market.kernels.cycles import Bounds, Chosen, chosen_space, detect
from keeper.market.kernels.pairs import Pairs, rank_all
from keeper.market.kernels.search import Found
from keeper.market.view import MarketView, Topology
from keeper.strategies.base import GasQuote, StrategySettings
from keeper.strategies.cycles import pairs_of
from keeper.strategies.reasons import Reason

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

_REASONS = (
    Reason.UNTRADABLE,
    Reason.NO_EDGE,
    Reason.OUTRANKED,
    Reason.UNPRICED,
    Reason.NOT_SIZED,
)
"""Of the columns of `kernels.search`."""
_REASONS_CHOSEN = (
    Reason.NO_EDGE,
    Reason.DUST,
    Reason.BELOW_GAS,
    Reason.BELOW_MIN_PROFIT,
    Reason.POOL_RESERVED,
    Reason.NO_EXACT_PROFIT,
    Reason.NOT_SIZED,
)
"""Of the columns of `kernels.cycles`."""
_NONE: Integers = np.empty(0, dtype=np.int64)
_LIMB = (1 << 64) - 1
_MAX_AMOUNT = (1 << 126) - 1


class Cycle(NamedTuple):
    """A confirmed cycle: edges from its profit token on, exact amounts, initialised ticks crossed.

    `amounts` stand in front of each hop and behind the last.
    """

    edges: list[int]
    amounts: list[int]
    crossed: int


class CycleSearch:
    """Follows a market from view to view; finds, sizes and confirms cycles of `hops` pools."""

    def __init__(self, hops: int, settings: StrategySettings) -> None:
        self._hops = hops
        self._settings = settings
        self._followed: tuple[PoolArrays, int] | None = None
        self._topology = -1
        self._changed = self._moved = _NONE
        self._values: list[float] = []
        self._arrays = PoolArrays()
        self._chain, self._curves = chain_space(), curve_space()
        tokens = len(settings.profit_tokens)
        self._usd: Floats = np.zeros(tokens)
        self._max_in: Floats = np.zeros(tokens)
        self._max_in_words = np.zeros((tokens, 2), dtype=np.uint64)
        self._pairs: Pairs
        self._found: Found
        self._chosen: Chosen
        self._bounds: Bounds

    def follow(self, view: MarketView, table: GasTable) -> None:
        """Bring prices, ranks and values to the view's block; `table` is the chain's for good."""
        arrays = arrays_of(view)
        topology = view.topology
        known = (pool for pool in view.changed if pool in topology.slots)
        named = [slot for pool in known for slot in topology.slots_of(pool)]
        self._changed = np.array(sorted(named), dtype=np.int64)
        previous, self._moved = self._followed, _NONE
        self._arrays, self._followed = arrays, (arrays, view.arrays_version)
        if self._topology != topology.version or not previous or previous[0] is not arrays:
            self._index(view, table)
        elif previous[1] == view.arrays_version - 1:
            self._moved = self._changed
        elif previous[1] != view.arrays_version:
            rank_all(self._pairs, arrays.flat.log_prices, arrays.flat.slopes)
        self._value(view)

    def run(self, gas: GasQuote) -> tuple[list[Cycle], Counter[Reason]]:
        """Exact cycles through the changed pools that pay, and what became of the others."""
        flat, found, chosen = self._arrays.flat, self._found, self._chosen
        settings, changed = self._settings, self._changed
        count = detect(
            self._chain,
            self._curves,
            flat,
            self._pairs,
            self._moved,
            changed,
            settings.max_pools_per_pair,
            settings.max_sized_per_pool * len(changed),
            self._bounds,
            gas.cost_usd(1),
            found,
            chosen,
        )
        rejections: Counter[Reason] = Counter()
        _count(rejections, _REASONS, found.counts.tolist())
        _count(rejections, _REASONS_CHOSEN, chosen.counts.tolist())
        return [self._cycle(row) for row in range(count)], rejections

    def _cycle(self, row: int) -> Cycle:
        words = self._chosen.amounts[row].tolist()
        amounts = [low | upper << 64 for low, upper in words]
        edges = self._found.edges[self._chosen.candidate[row]].tolist()
        return Cycle(edges, amounts, int(self._chosen.crossed[row]))

    def _index(self, view: MarketView, table: GasTable) -> None:
        settings, topology = self._settings, view.topology
        if self._topology != topology.version:
            self._pairs = pairs_of(topology, settings.profit_tokens, triangles=self._hops == 3)
            units = [table.hop(pool.protocol) for pool in topology.pools]
            self._found = _found(settings, self._hops, self._pairs)
            self._chosen = chosen_space(settings.max_sized, settings.max_exact, self._hops)
            self._bounds = Bounds(
                usd=self._usd,
                max_in=self._max_in,
                max_in_words=self._max_in_words,
                owner=owners(topology),
                gas=np.array(units, dtype=np.int64),
                base_gas=float(table.base),
                min_net_usd=settings.min_net_profit_usd,
            )
            self._topology = topology.version
        rank_all(self._pairs, self._arrays.flat.log_prices, self._arrays.flat.slopes)

    def _value(self, view: MarketView) -> None:
        tokens, bound = self._settings.profit_tokens, self._settings.max_trade_usd
        values = [view.usd_per_raw.get(token, 0.0) for token in tokens]
        if values == self._values:
            return
        self._values = values
        most = [bound / usd if usd > 0.0 else inf for usd in values]
        whole = [min(int(limit), _MAX_AMOUNT) if limit < inf else _MAX_AMOUNT for limit in most]
        self._usd[:], self._max_in[:] = values, most
        self._max_in_words[:] = [(limit & _LIMB, limit >> 64) for limit in whole]


def _count(rejections: Counter[Reason], reasons: Sequence[Reason], counts: list[int]) -> None:
    for reason, count in zip(reasons, counts, strict=True):
        if count:
            rejections[reason] += count


def owners(topology: Topology) -> Integers:
    """The first slot of each slot's pool: slots of one pool trade from the same balances."""
    return np.array([topology.slots[pool.address] for pool in topology.pools], dtype=np.int64)


def _found(settings: StrategySettings, hops: int, pairs: Pairs) -> Found:
    return Found(
        scores=np.zeros(settings.max_sized),
        edges=np.zeros((settings.max_sized, hops), dtype=np.int64),
        ranks=np.zeros(settings.max_sized, dtype=np.int64),
        counts=np.zeros(kernels.COUNTS, dtype=np.int64),
        done=np.zeros(len(pairs.pair_of), dtype=np.uint8),
    )


def arrays_of(view: MarketView) -> PoolArrays:
    """The view's arrays, made anew where the market has left its block behind."""
    if view.arrays.version == view.arrays_version:
        return view.arrays
    arrays = PoolArrays()
    for slot in range(len(view.topology.pools)):
        arrays.update(arrays.append(), view.state_of(slot))
    return arrays
