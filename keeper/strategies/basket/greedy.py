"""The rival of the basket: the best simple or triangular cycle, again and again on what it leaves.

It comes within a few percent of the optimum with more swaps, and needs no convergence: where the
basket is far from its bound, it is asked for.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from keeper.chain import Address
from keeper.market.arrays import PoolArrays
from keeper.market.venues.base import VenueState
from keeper.market.view import MarketView, Topology
from keeper.strategies.base import GasQuote, StrategySettings, net_usd
from keeper.strategies.basket.plan import Swap
from keeper.strategies.cyclic import CyclicStrategy
from keeper.strategies.opportunity import Leg, Opportunity

HOPS = (2, 3)


class Greedy:
    """Repeats cycles through `changed` pools of a part of a market, whose states it moves."""

    def __init__(
        self,
        view: MarketView,
        slots: Iterable[int],
        changed: frozenset[Address],
        settings: StrategySettings,
    ) -> None:
        pools = tuple(view.topology.pools[slot] for slot in slots)
        first = {pool.address: place for place, pool in reversed(tuple(enumerate(pools)))}
        self._states: dict[Address, VenueState] = {name: view.states[name] for name in first}
        self._arrays = PoolArrays()
        self._strategies = [CyclicStrategy("greedy", hops, settings) for hops in HOPS]
        self._view = replace(
            view,
            topology=Topology(view.topology.version, pools, first),
            states=self._states,
            arrays=self._arrays,
            changed=changed & first.keys(),
        )
        for place in range(len(pools)):
            self._arrays.update(self._arrays.append(), self._view.state_of(place))

    def cycles(self, gas: GasQuote) -> Iterator[Opportunity]:
        """Cycles worth their gas, the best first, each on the states that the last one left."""
        while (found := self._best(gas)) is not None:
            yield found
            for leg in found.legs:
                self._swap(leg)

    def _best(self, gas: GasQuote) -> Opportunity | None:
        view = replace(self._view, arrays_version=self._arrays.renew())
        found = [item for s in self._strategies for item in s.evaluate(view, gas).opportunities]
        return max(found, key=net_usd, default=None)

    def _swap(self, leg: Leg) -> None:
        topology = self._view.topology
        state = self._view.state_of(_slot(topology, leg))
        assert state is not None
        after = state.swapped(
            zero_for_one=leg.zero_for_one, amount=leg.amount_in_raw, exact_in=True
        )
        self._states[leg.pool] = after.state
        for slot in topology.slots_of(leg.pool):
            self._arrays.update(slot, self._view.state_of(slot))


def merged(view: MarketView, cycles: Iterable[Opportunity], max_swaps: int) -> list[Swap]:
    """The first cycles' legs as one swap a pool, the way in which most went through it."""
    sold: dict[int, float] = defaultdict(float)
    bought: dict[int, float] = defaultdict(float)
    for cycle in cycles:
        edges = [2 * _slot(view.topology, leg) + (not leg.zero_for_one) for leg in cycle.legs]
        if len({edge >> 1 for edge in (*sold, *edges)}) > max_swaps:
            break
        for edge, leg in zip(edges, cycle.legs, strict=True):
            sold[edge] += leg.amount_in_raw
            bought[edge] += leg.amount_out_raw
    swaps = []
    for edge, all_sold in sold.items():
        pool, back = view.topology.pools[edge >> 1], edge ^ 1
        paid = all_sold - bought.get(back, 0.0)
        got = bought[edge] - sold.get(back, 0.0)
        if paid > 0.0 and got > 0.0:
            usd = view.usd_per_raw[pool.token0], view.usd_per_raw[pool.token1]
            worth = got * usd[1 - (edge & 1)] - paid * usd[edge & 1]
            swaps.append(Swap(edge, paid, got, worth))
    return swaps


def _slot(topology: Topology, leg: Leg) -> int:
    """The slot of a leg's pool and tokens."""
    tokens = {leg.token_in, leg.token_out}
    return next(
        slot
        for slot in topology.slots_of(leg.pool)
        if {topology.pools[slot].token0, topology.pools[slot].token1} == tokens
    )
