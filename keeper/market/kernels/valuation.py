"""Values of tokens spread from those that are known, each through the deepest pool that reaches it.

Prim's algorithm (1957) with a binary heap, over the tokens as nodes and the pools as links.
"""

from math import exp, inf

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import inner, kernel

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_STEEPEST = 700.0
"""Of a price's logarithm, so that it stays a float."""


@kernel
def begin(keys: Floats, entries: Integers, reached: Floats, best: Floats, values: Floats) -> int:
    """Fill the heap with the tokens of `values` [token] that are given, and make all 0.

    Returns how many they are; the arguments are as in `spread`.
    """
    size = 0
    best[:] = 0.0
    for token in range(values.shape[0]):
        if values[token] > 0.0:
            size = _push(keys, entries, reached, size, -inf, token, values[token])
            values[token] = 0.0
    return size


@kernel
def spread(
    start: Integers,
    links: Integers,
    tokens: Integers,
    log_prices: Floats,
    slopes: Floats,
    keys: Floats,
    entries: Integers,
    reached: Floats,
    best: Floats,
    values: Floats,
    size: int,
    most: int,
) -> int:
    """Value tokens from a heap of `size` on, until some `most` links were seen; the size left.

    `values` [token] are whole once nothing is left, 0 for the tokens that nothing reaches.
    `links` [start[token] : start[token + 1]] are 2 * slot + the token's side of it, `tokens` are
    by 2 * slot + side. The heap's room is `keys`, `entries` and `reached` (a depth, a token and its
    value), as many rows as links and tokens together; `best` [token] is scratch.
    """
    seen = 0
    while size > 0 and seen < most:
        token, value = entries[0], reached[0]
        size = _pop(keys, entries, reached, size)
        if values[token] > 0.0:
            continue
        values[token] = value
        seen += start[token + 1] - start[token]
        for place in range(start[token], start[token + 1]):
            slot, side = links[place] >> 1, links[place] & 1
            other = tokens[2 * slot + 1 - side]
            depth = value / slopes[slot, side]
            if values[other] > 0.0 or depth <= best[other]:
                continue
            if not _is_open(log_prices, slopes, slot):
                continue
            # what the fee takes, it takes in both directions: halfway between them there is none
            gain = (log_prices[slot, 1 - side] - log_prices[slot, side]) / 2.0
            worth = value * exp(min(max(gain, -_STEEPEST), _STEEPEST))
            if 0.0 < worth < inf:
                best[other] = depth
                size = _push(keys, entries, reached, size, -depth, other, worth)
    return size


@inner
def _is_open(log_prices: Floats, slopes: Floats, slot: int) -> bool:
    """Whether both directions of a pool trade something."""
    prices = log_prices[slot, 0] + log_prices[slot, 1]
    return bool(-inf < prices < inf and max(slopes[slot, 0], slopes[slot, 1]) < inf)


@inner
def _precedes(keys: Floats, entries: Integers, one: int, two: int) -> bool:
    if keys[one] != keys[two]:
        return bool(keys[one] < keys[two])
    return bool(entries[one] < entries[two])


@inner
def _swap(keys: Floats, entries: Integers, reached: Floats, one: int, two: int) -> None:
    keys[one], keys[two] = keys[two], keys[one]
    entries[one], entries[two] = entries[two], entries[one]
    reached[one], reached[two] = reached[two], reached[one]


@inner
def _push(
    keys: Floats,
    entries: Integers,
    reached: Floats,
    size: int,
    key: float,
    token: int,
    value: float,
) -> int:
    keys[size], entries[size], reached[size] = key, token, value
    at = size
    while at > 0 and _precedes(keys, entries, at, (at - 1) >> 1):
        _swap(keys, entries, reached, at, (at - 1) >> 1)
        at = (at - 1) >> 1
    return size + 1


@inner
def _pop(keys: Floats, entries: Integers, reached: Floats, size: int) -> int:
    size -= 1
    _swap(keys, entries, reached, 0, size)
    at = 0
    while True:
        least = at
        for child in range(2 * at + 1, min(2 * at + 3, size)):
            if _precedes(keys, entries, child, least):
                least = child
        if least == at:
            return size
        _swap(keys, entries, reached, at, least)
        at = least
