"""The pairs and triangles of tokens that pools span, built once per set of pools.

An edge is a pool in one direction: 2 * slot + 0 sells token0, + 1 sells token1.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from keeper.chain import Address
from keeper.market.kernels.pairs import BOARD, NO_RANK, Pairs, count_triangles
from keeper.market.view import Topology

Integers = NDArray[np.int64]


def pairs_of(topology: Topology, profit_tokens: Sequence[Address], *, triangles: bool) -> Pairs:
    """The index of all pools, in no order of prices yet (see `kernels.pairs.rank_all`)."""
    pair_of, names = _pairs(topology)
    count = len(names)
    start = _starts(pair_of, count)
    by_pair = np.argsort(pair_of, kind="stable").astype(np.int64)
    place = np.empty_like(by_pair)
    place[by_pair] = np.arange(len(by_pair))
    ranks = {token: rank for rank, token in reversed(list(enumerate(profit_tokens)))}
    rank = np.array([[ranks.get(name[side], NO_RANK) for name in names] for side in (0, 1)])
    rank = rank.astype(np.int64).reshape(2, count)
    found = _triangles(names) if triangles else np.empty((0, 5), dtype=np.int64)
    # the token between the two further hops is what the last of them sells
    third = rank[found[:, 4], found[:, 3]]
    met = np.minimum(rank[:, found[:, 0]].min(axis=0, initial=NO_RANK), third) < NO_RANK
    found, third = found[met], third[met]
    return Pairs(
        pair_of=pair_of,
        start=start,
        ranked=np.stack([by_pair, by_pair]),
        place=np.stack([place, place]),
        alive=np.zeros((2, count), dtype=np.int64),
        board=np.zeros((count, BOARD)),
        rank=rank,
        first=_starts(found[:, 0], count),
        triangles=np.column_stack([found[:, 1:], third]),
    )


def _pairs(topology: Topology) -> tuple[Integers, list[tuple[Address, Address]]]:
    """The pair of each slot, and the tokens of each pair."""
    places: dict[tuple[Address, Address], int] = {}
    pair_of = [
        places.setdefault((pool.token0, pool.token1), len(places)) for pool in topology.pools
    ]
    return np.array(pair_of, dtype=np.int64), list(places)


def _starts(owners: Integers, count: int) -> Integers:
    """Where each owner's rows begin once they are sorted by owner, and where the last ends."""
    sizes = np.bincount(owners, minlength=count)[:count]
    starts: Integers = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return starts


def _triangles(names: list[tuple[Address, Address]]) -> Integers:
    tokens: dict[Address, int] = {}
    ends = [[tokens.setdefault(token, len(tokens)) for token in name] for name in names]
    pair_tokens = np.array(ends, dtype=np.int64).reshape(len(names), 2)
    owner = pair_tokens.T.ravel()
    order = np.argsort(owner, kind="stable")
    near = pair_tokens[:, ::-1].T.ravel()[order]
    near_pair = np.tile(np.arange(len(names), dtype=np.int64), 2)[order]
    starts = _starts(owner, len(tokens))
    room = np.empty((0, 5), dtype=np.int64)
    total = count_triangles(pair_tokens, near, near_pair, starts, room)
    room = np.empty((total, 5), dtype=np.int64)
    count_triangles(pair_tokens, near, near_pair, starts, room)
    return room
