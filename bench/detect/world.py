"""A bench market in the keeper's own arrays, and its blocks as the views that strategies read."""

from collections.abc import Iterable
from hashlib import sha256
from time import time_ns
from types import MappingProxyType

from bench.markets import GAS_PRICE_WEI, NATIVE_USD, Market, Shocks, Update
from keeper.chain import Address, BlockRef
from keeper.market.arrays import PoolArrays
from keeper.market.prices import Valuation
from keeper.market.venues.base import VenueState
from keeper.market.view import MarketView, Topology
from keeper.strategies.base import GasQuote, StrategySettings

PROFIT_TOKENS = 4
GAS = GasQuote(GAS_PRICE_WEI, NATIVE_USD / 1e18)


class World:
    """Applies updates as the market does; each call of `view` closes a block."""

    def __init__(self, market: Market, shocks: Shocks) -> None:
        self.market = market
        self.shocks = shocks
        self.arrays = PoolArrays()
        self._states: dict[Address, VenueState] = {}
        self._slots = {pool.address: slot for slot, pool in enumerate(market.pools)}
        self._topology = Topology(1, market.pools, MappingProxyType(self._slots))
        self._number = 0
        for slot, pool in enumerate(market.pools):
            self.arrays.append()
            self._apply(Update(slot, market.states[slot]))
            self._states[pool.address] = market.states[slot]
        valuation, arrays = Valuation(market.tokens[:1]), self.arrays
        self._prices = valuation.usd_per_raw(self._topology, arrays.log_prices, arrays.slopes)

    def settings(self) -> StrategySettings:
        """Profits in the market's hubs, no least profit, no bound on a trade."""
        return StrategySettings(profit_tokens=self.market.tokens[:PROFIT_TOKENS])

    def block(self, updates: Iterable[Update]) -> MarketView:
        """The market after `updates`, as one whole block."""
        changed = []
        for update in updates:
            self._apply(update)
            changed.append(self.market.pools[update.slot].address)
        return self.view(changed)

    def view(self, changed: Iterable[Address] = ()) -> MarketView:
        """A block in which `changed` pools changed."""
        self._number += 1
        now = time_ns()
        return MarketView(
            block=_block(self._number),
            changed=frozenset(changed),
            topology=self._topology,
            states=self._states,
            untradable=MappingProxyType({}),
            log_prices=self.arrays.log_prices,
            usd_per_raw=self._prices,
            arrays=self.arrays,
            arrays_version=self.arrays.publish(),
            frame_ns=now,
            applied_ns=now,
        )

    def _apply(self, update: Update) -> None:
        self.arrays.update(update.slot, update.state)
        self._states[self.market.pools[update.slot].address] = update.state


def _block(number: int) -> BlockRef:
    name, parent = (sha256(b"%d" % at).digest() for at in (number, number - 1))
    return BlockRef(number, name, parent, 2 * number, GAS_PRICE_WEI)
