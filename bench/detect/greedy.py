"""The baseline of the basket: the best simple or triangular cycle, again and again.

Each leg is one swap, as a program would run it: to merge legs is what the basket does.
"""

from collections.abc import Iterable
from dataclasses import replace

from bench.detect.world import GAS
from keeper.chain import Address
from keeper.market.arrays import PoolArrays
from keeper.market.venues.base import VenueState
from keeper.market.view import MarketView
from keeper.strategies import registry
from keeper.strategies.base import StrategySettings, net_usd
from keeper.strategies.gas import BASE_GAS
from keeper.strategies.opportunity import Opportunity

MAX_SWAPS = 64


class Greedy:
    """Repeats the fast gear on the state that its own swaps leave; all in one transaction."""

    def __init__(self, settings: StrategySettings) -> None:
        self._strategies = registry.create(("simple", "triangular"), settings)
        self._arrays = PoolArrays()

    def run(self, view: MarketView, pools: Iterable[Address]) -> tuple[float, int]:
        """Net in USD and swaps of cycles through `pools`, each worth its gas, one after another."""
        states: dict[Address, VenueState] = dict(view.states)
        self._follow(view)
        changed = frozenset(pools)
        net, swaps = -GAS.cost_usd(BASE_GAS), 0
        while (found := self._best(view, states, changed)) is not None:
            if swaps + len(found.legs) > MAX_SWAPS:
                break
            swaps += len(found.legs)
            net += net_usd(found) + GAS.cost_usd(BASE_GAS)
            self._apply(view, states, found)
        return net, swaps

    def _follow(self, view: MarketView) -> None:
        while len(self._arrays.log_prices) < len(view.topology.pools):
            self._arrays.append()
        for slot in range(len(view.topology.pools)):
            self._arrays.update(slot, view.state_of(slot))

    def _best(
        self, view: MarketView, states: dict[Address, VenueState], changed: frozenset[Address]
    ) -> Opportunity | None:
        now = replace(
            view,
            states=states,
            arrays=self._arrays,
            arrays_version=self._arrays.renew(),
            changed=changed,
        )
        found = [item for s in self._strategies for item in s.evaluate(now, GAS).opportunities]
        return max(found, key=net_usd, default=None)

    def _apply(
        self, view: MarketView, states: dict[Address, VenueState], found: Opportunity
    ) -> None:
        for leg in found.legs:
            state, slot = states[leg.pool], view.topology.slots[leg.pool]
            after = state.swapped(
                zero_for_one=leg.zero_for_one, amount=leg.amount_in_raw, exact_in=True
            )
            states[leg.pool] = after.state
            self._arrays.update(slot, after.state)
