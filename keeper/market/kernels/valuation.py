"""Values of tokens spread from those that are known, each through the deepest pool that reaches it.

Prim's algorithm (1957) with a binary heap, over the tokens as nodes and the pools as links.
"""

from math import exp, inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import inner, kernel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_STEEPEST = 700.0
"""Of a price's logarithm, so that it stays a float."""


class Links(NamedTuple):
    """The pools of each token, and the room of a heap of tokens.

    `links` [start[token] : start[token + 1]] are 2 * slot + the token's side of it, `others` the
    token on its other side. Tokens that are reached and not valued yet stand in `heap`, the deepest
    on top, each at its `places`; `depths` and `worths` are what the deepest pool so far says.
    """

    start: Integers
    links: Integers
    others: Integers
    heap: Integers
    places: Integers
    depths: Floats
    worths: Floats


def links_of(tokens: Integers, count: int) -> Links:
    """Of the tokens by 2 * slot + side, which are `count` in all."""
    links = np.argsort(tokens, kind="stable").astype(np.int64)
    ends = np.cumsum(np.bincount(tokens, minlength=count))
    return Links(
        start=np.concatenate([[0], ends]).astype(np.int64),
        links=links,
        others=tokens[links ^ 1],
        heap=np.empty(count, dtype=np.int64),
        places=np.empty(count, dtype=np.int64),
        depths=np.empty(count),
        worths=np.empty(count),
    )


@kernel
def begin(links: Links, values: Floats) -> int:
    """Fill the heap with the tokens of `values` [token] that are given, and make all 0.

    Returns how many they are.
    """
    size = 0
    for token in range(values.shape[0]):
        links.places[token], links.depths[token] = -1, 0.0
        if values[token] > 0.0:
            links.worths[token] = values[token]
            size = _raise(links, size, token, inf)
            values[token] = 0.0
    return size


@kernel
def spread(
    links: Links, log_prices: Floats, slopes: Floats, values: Floats, size: int, most: int
) -> int:
    """Value tokens from a heap of `size` on, until some `most` links were seen; the size left.

    `values` [token] are whole once nothing is left, 0 for the tokens that nothing reaches.
    """
    seen = 0
    while size > 0 and seen < most:
        token = links.heap[0]
        size = _pop(links, size)
        value = values[token] = links.worths[token]
        seen += links.start[token + 1] - links.start[token]
        for place in range(links.start[token], links.start[token + 1]):
            other = links.others[place]
            if values[other] > 0.0:
                continue
            slot, side = links.links[place] >> 1, links.links[place] & 1
            depth = value / slopes[slot, side]
            if depth <= links.depths[other] or not _is_open(log_prices, slopes, slot):
                continue
            # what the fee takes, it takes in both directions: halfway between them there is none
            gain = (log_prices[slot, 1 - side] - log_prices[slot, side]) / 2.0
            worth = value * exp(min(max(gain, -_STEEPEST), _STEEPEST))
            if 0.0 < worth < inf:
                links.worths[other] = worth
                size = _raise(links, size, other, depth)
    return size


@inner
def _is_open(log_prices: Floats, slopes: Floats, slot: int) -> bool:
    """Whether both directions of a pool trade something."""
    prices = log_prices[slot, 0] + log_prices[slot, 1]
    return bool(-inf < prices < inf and max(slopes[slot, 0], slopes[slot, 1]) < inf)


@inner
def _precedes(links: Links, one: int, two: int) -> bool:
    if links.depths[one] != links.depths[two]:
        return bool(links.depths[one] > links.depths[two])
    return one < two


@inner
def _raise(links: Links, size: int, token: int, depth: float) -> int:
    """Put a token in, or further up, since a pool of `depth` reaches it; gives the heap's size."""
    links.depths[token] = depth
    at = links.places[token]
    if at < 0:
        at = size
        size += 1
    while at > 0:
        above = links.heap[(at - 1) >> 1]
        if not _precedes(links, token, above):
            break
        links.heap[at], links.places[above] = above, at
        at = (at - 1) >> 1
    links.heap[at], links.places[token] = token, at
    return size


@inner
def _pop(links: Links, size: int) -> int:
    """Take the top token off; gives the heap's size."""
    size -= 1
    token, at = links.heap[size], 0
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and _precedes(links, links.heap[child + 1], links.heap[child]):
            child += 1
        below = links.heap[child]
        if not _precedes(links, below, token):
            break
        links.heap[at], links.places[below] = below, at
        at = child
    links.heap[at], links.places[token] = token, at
    return size
