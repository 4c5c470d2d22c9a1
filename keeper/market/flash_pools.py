"""The Uniswap V3 pools that could lend a token: the deepest of all known, found bit by bit."""

from collections.abc import Iterable

from keeper.chain import Address, Protocol
from keeper.market.flash_sources import FlashPool
from keeper.market.view import MarketView

MOST = 4
"""Pools kept for each token."""
SLOTS_A_LOOK = 256
"""A look takes a fraction of a millisecond; 40 of them see 10,000 pools."""


class DeepPools:
    """Keeps each token's deepest pools, by the virtual reserve of it that they show."""

    def __init__(self, tokens: Iterable[Address]) -> None:
        self._found: dict[Address, dict[FlashPool, float]] = {token: {} for token in tokens}
        self._next = 0

    @property
    def pools(self) -> tuple[FlashPool, ...]:
        """All pools kept."""
        return tuple(dict.fromkeys(pool for kept in self._found.values() for pool in kept))

    def look(self, view: MarketView) -> None:
        """Look at the next slots, and from the first again after the last."""
        slots = view.topology.pools
        if self._next >= len(slots):
            self._next = 0
        first, self._next = self._next, self._next + SLOTS_A_LOOK
        for slot in range(first, min(self._next, len(slots))):
            key = slots[slot]
            if key.protocol is not Protocol.UNISWAP_V3:
                continue
            for direction, token in enumerate((key.token0, key.token1)):
                if token in self._found:
                    pool = FlashPool(key.address, key.token0, key.token1, key.fee_pips)
                    self._keep(token, pool, 1.0 / float(view.arrays.slopes[slot, direction]))

    def _keep(self, token: Address, pool: FlashPool, depth: float) -> None:
        kept = self._found[token]
        kept[pool] = depth
        if len(kept) > MOST or not depth > 0.0:
            del kept[min(kept, key=lambda each: kept[each])]
