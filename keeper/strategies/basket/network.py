"""The graph that the dual is solved over: pools as edges, tokens as vertices with log prices."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from keeper.chain import Address
from keeper.market.view import Topology
from keeper.strategies.basket.kernel_dual import Network

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

FLOOR = 12.0
"""How far below the market's value a token's log price may fall: what nobody buys is not free."""


@dataclass(frozen=True, slots=True)
class Graph:
    """All slots of a topology by the places of their tokens; `owner` is the pool's first slot."""

    tokens: tuple[Address, ...]
    places: Mapping[Address, int]
    token0: Integers
    token1: Integers
    owner: Integers

    def network(self, slots: Integers) -> Network:
        """The part of the graph that these slots make."""
        return Network(slots, self.token0[slots], self.token1[slots])

    def ends(self, edge: int) -> tuple[int, int]:
        """Places of the tokens that an edge (2 * slot + direction) sells and buys."""
        tokens = int(self.token0[edge >> 1]), int(self.token1[edge >> 1])
        return tokens if edge & 1 == 0 else tokens[::-1]


def graph_of(topology: Topology) -> Graph:
    """The graph of all pools."""
    places: dict[Address, int] = {}
    ends = [
        [places.setdefault(token, len(places)) for token in (pool.token0, pool.token1)]
        for pool in topology.pools
    ]
    both = np.array(ends, dtype=np.int64).reshape(len(ends), 2)
    owner = np.array([topology.slots[pool.address] for pool in topology.pools], dtype=np.int64)
    token0, token1 = (np.ascontiguousarray(both[:, side]) for side in (0, 1))
    return Graph(tuple(places), places, token0, token1, owner)


def log_values(graph: Graph, usd_per_raw: Mapping[Address, float]) -> Floats:
    """The market's own log values of tokens, nan where it gives none."""
    values = (usd_per_raw.get(token, 0.0) for token in graph.tokens)
    return np.array([log(value) if value > 0.0 else np.nan for value in values])


def tradable_slots(graph: Graph, logs: Floats, log_prices: Floats) -> Integers:
    """Slots between two valued tokens that trade at all."""
    valued = np.isfinite(logs[graph.token0]) & np.isfinite(logs[graph.token1])
    alive = (log_prices > -np.inf).any(axis=1)
    return np.flatnonzero(valued & alive).astype(np.int64)
