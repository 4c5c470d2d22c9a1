"""USD values of tokens from the market itself: each token through its deepest pool."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from keeper.chain import Address
from keeper.market.kernels.valuation import Floats, Links, begin, links_of, spread
from keeper.market.view import PoolKey, Topology
from keeper.turns import Turns

LINKS = 4_096
"""Sides of pools that are looked at before others may have their turn of the loop."""


class Valuation:
    """Values tokens by way of `usd_tokens`, which count as 1.0 each.

    Outwards from them, the pool with the deepest side in USD (its virtual reserve of the token
    already valued) gives the next token its value, without its fee.
    """

    def __init__(self, usd_tokens: Iterable[Address]) -> None:
        self._usd_tokens = tuple(usd_tokens)
        self._version = -1
        self._places: dict[Address, int] = {}
        self._decimals: list[int] = []
        self._tokens = array("q")
        self._links: Links

    def usd_per_raw(
        self, topology: Topology, log_prices: Floats, slopes: Floats
    ) -> Turns[Mapping[Address, float]]:
        """USD per raw unit of every token that pools connect to a USD token.

        The floats are by slot and direction, as in `FlatPools`.
        """
        if topology.version != self._version:
            self.learn(topology.pools)
            self._links = links_of(np.array(self._tokens, dtype=np.int64), len(self._places))
            self._version = topology.version
            yield
        values = np.zeros(len(self._places))
        for token in self._usd_tokens:
            if token in self._places:
                place = self._places[token]
                values[place] = 10.0 ** -self._decimals[place]
        size = begin(self._links, values)
        while size > 0:
            size = spread(self._links, log_prices, slopes, values, size, LINKS)
            yield
        found = dict(zip(self._places, values.tolist(), strict=True))
        if not values.all():
            found = {token: value for token, value in found.items() if value}
        return MappingProxyType(found)

    def learn(self, pools: Sequence[PoolKey]) -> None:
        """Note the tokens of pools that are new; those known before lead `pools`.

        Called as pools come, so that the block that ends a join does not have them all to do.
        """
        for slot in range(len(self._tokens) // 2, len(pools)):
            pool = pools[slot]
            self._tokens.append(self._place(pool.token0, pool.decimals0))
            self._tokens.append(self._place(pool.token1, pool.decimals1))

    def _place(self, token: Address, decimals: int) -> int:
        place = self._places.setdefault(token, len(self._places))
        if place == len(self._decimals):
            self._decimals.append(decimals)
        return place
