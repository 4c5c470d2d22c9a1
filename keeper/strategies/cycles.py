"""The index of cycles through a set of pools, built once per set.

An edge is a pool in one direction: 2 * slot + 0 sells token0, + 1 sells token1.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from keeper.chain import Address
from keeper.market.view import PoolKey, Topology

Edges = NDArray[np.int32]


class CycleIndex:
    """All cycles of `hops` distinct pools and tokens that pass a profit token.

    Each starts at its most preferred profit token; the two directions are two cycles. `edges` has
    one row a cycle; `capped` says that `max_cycles` cut the enumeration short.
    """

    def __init__(
        self, topology: Topology, hops: int, profit_tokens: Sequence[Address], max_cycles: int
    ) -> None:
        self.version = topology.version
        rows: list[tuple[int, ...]] = []
        self.capped = False
        for row in _cycles(topology.pools, hops, profit_tokens):
            if len(rows) == max_cycles:
                self.capped = True
                break
            rows.append(row)
        self.edges: Edges = np.array(rows, dtype=np.int32).reshape(len(rows), hops)
        self._by_slot = _rows_by_slot(self.edges, len(topology.pools))

    def touching(self, slots: Iterable[int]) -> NDArray[np.int64]:
        """Rows of all cycles through at least one of the pools, ascending."""
        found = [self._by_slot[slot] for slot in slots]
        return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)


def _rows_by_slot(edges: Edges, pools: int) -> list[NDArray[np.int64]]:
    flat = edges.ravel() // 2
    order = np.argsort(flat, kind="stable")
    counts = np.bincount(flat, minlength=pools)
    width = max(edges.shape[1], 1)
    return np.split(order // width, np.cumsum(counts)[:-1]) if pools else []


def _cycles(
    pools: Sequence[PoolKey], hops: int, profit_tokens: Sequence[Address]
) -> Iterator[tuple[int, ...]]:
    leaving = _edges_by_token(pools)
    closed: set[Address] = set()
    for start in profit_tokens:
        if start in leaving and start not in closed:
            yield from _paths(leaving, hops, start, closed)
        closed.add(start)


def _edges_by_token(pools: Sequence[PoolKey]) -> dict[Address, list[tuple[int, Address]]]:
    """For each token, the edges that sell it and what they buy."""
    leaving: dict[Address, list[tuple[int, Address]]] = {}
    for slot, pool in enumerate(pools):
        leaving.setdefault(pool.token0, []).append((2 * slot, pool.token1))
        leaving.setdefault(pool.token1, []).append((2 * slot + 1, pool.token0))
    return leaving


def _paths(
    leaving: dict[Address, list[tuple[int, Address]]],
    hops: int,
    start: Address,
    closed: set[Address],
) -> Iterator[tuple[int, ...]]:
    """Cycles from `start` back to it, without the more preferred tokens of `closed`."""
    stack: list[tuple[tuple[int, ...], Address, tuple[Address, ...]]] = [((), start, ())]
    while stack:
        edges, token, passed = stack.pop()
        for edge, bought in leaving[token]:
            if any(edge >> 1 == used >> 1 for used in edges):
                continue
            if len(edges) == hops - 1:
                if bought == start:
                    yield (*edges, edge)
            elif bought != start and bought not in closed and bought not in passed:
                stack.append(((*edges, edge), bought, (*passed, bought)))
