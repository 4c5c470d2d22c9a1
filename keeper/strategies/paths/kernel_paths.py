"""The best cycles of each length through an edge: dynamic programming over gains by layers.

Layer k holds, for each token, the best path of k further hops from the edge's end that meets no
token twice. A gain is how far a pool's log price beats the market's own values of its tokens: round
a cycle those values cancel. Of two tokens' pools only the best in that direction is tried. Keeping
one path a token makes it a heuristic where the best path to a token blocks the way on; what it
finds is exact.
"""

from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.chain import MAX_HOPS
from keeper.market.kernels.compiler import inner, kernel
from keeper.market.kernels.layout import FlatPools
from keeper.market.kernels.pairs import Pairs
from keeper.market.kernels.search import MIN_LOG_EDGE

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MIN_HOPS = 4
HOPELESS = -0.03
"""A path that has lost so much is not followed."""
BAND = 0.01
"""Nor one that is behind the best of its layer by so much."""
DEAR = -0.0105
"""Nor is a pool used that costs more than the dearest ordinary fee."""


class Ways(NamedTuple):
    """Each token's ways on: `near[first[t]:first[t + 1]]` are (pair, direction, token).

    `edge` and `gain` of each are the present block's: its best pool, and how far it beats the
    tokens' values.
    """

    first: Integers
    near: Integers
    edge: Integers
    gain: Floats


class Layers(NamedTuple):
    """Best log price by [layer, token], and the edge and token it came by."""

    best: Floats
    edge: Integers
    came: Integers
    frontier: Integers
    sizes: Integers


@kernel
def new_layers(tokens: int) -> Layers:
    """Room for paths of up to `MAX_HOPS`."""
    shape = (MAX_HOPS, tokens)
    return Layers(
        np.full(shape, -inf),
        np.zeros(shape, dtype=np.int64),
        np.zeros(shape, dtype=np.int64),
        np.zeros(shape, dtype=np.int64),
        np.zeros(MAX_HOPS, dtype=np.int64),
    )


@kernel
def follow(pools: FlatPools, pairs: Pairs, logs: Floats, ways: Ways) -> None:
    """Bring the ways to the present prices; `logs` [token] are log values, nan without one."""
    for token in range(ways.first.shape[0] - 1):
        for row in range(ways.first[token], ways.first[token + 1]):
            pair, direction, to = ways.near[row]
            ways.gain[row] = -inf
            if pairs.alive[direction, pair] > 0:
                slot = pairs.ranked[direction, pairs.start[pair]]
                gain = pools.log_prices[slot, direction] + logs[to] - logs[token]
                ways.edge[row] = 2 * slot + direction
                ways.gain[row] = gain if gain > DEAR else -inf


@kernel
def cycles_through(
    ways: Ways,
    source: int,
    gain: float,
    ends: tuple[int, int],
    layers: Layers,
    found: Integers,
    gains: Floats,
) -> None:
    """Cycles of each number of hops that begin with the edge `source` from `ends[0]` to `ends[1]`.

    Row h of `found` gets the edges of the best cycle of h hops, whose log price goes into
    `gains[h]`: -inf where no such cycle pays.
    """
    start, after = ends
    gains[:] = -inf
    layers.best[0, after], layers.edge[0, after], layers.came[0, after] = gain, source, start
    layers.frontier[0, 0], layers.sizes[0] = after, 1
    closing = np.zeros((2, MAX_HOPS + 1), dtype=np.int64)
    top = gain
    for layer in range(1, MAX_HOPS):
        size, least, top = 0, max(HOPELESS, top - BAND), -inf
        for place in range(layers.sizes[layer - 1]):
            token = layers.frontier[layer - 1, place]
            so_far = layers.best[layer - 1, token]
            if so_far <= least:
                continue
            for row in range(ways.first[token], ways.first[token + 1]):
                value = so_far + ways.gain[row]
                if value <= HOPELESS:
                    continue
                to = ways.near[row, 2]
                if to == start:
                    hops = layer + 1
                    if hops >= MIN_HOPS and value > max(gains[hops], MIN_LOG_EDGE):
                        gains[hops] = value
                        closing[0, hops], closing[1, hops] = token, ways.edge[row]
                    continue
                if value <= layers.best[layer, to] or _is_on_path(layers, layer - 1, token, to):
                    continue
                if layers.best[layer, to] == -inf:
                    layers.frontier[layer, size] = to
                    size += 1
                top = max(top, value)
                layers.best[layer, to] = value
                layers.edge[layer, to], layers.came[layer, to] = ways.edge[row], token
        layers.sizes[layer] = size
    for hops in range(MIN_HOPS, MAX_HOPS + 1):
        if gains[hops] > -inf:
            _trace(layers, closing[0, hops], closing[1, hops], found[hops], hops)
    _clear(layers)


@inner
def _is_on_path(layers: Layers, layer: int, token: int, wanted: int) -> bool:
    while layer >= 0:
        if token == wanted:
            return True
        token = layers.came[layer, token]
        layer -= 1
    return False


@inner
def _trace(layers: Layers, token: int, last: int, row: Integers, hops: int) -> None:
    row[hops - 1] = last
    for layer in range(hops - 2, -1, -1):
        row[layer] = layers.edge[layer, token]
        token = layers.came[layer, token]


@inner
def _clear(layers: Layers) -> None:
    for layer in range(MAX_HOPS):
        for place in range(layers.sizes[layer]):
            layers.best[layer, layers.frontier[layer, place]] = -inf
        layers.sizes[layer] = 0
