"""Pools by ordered pair of tokens, the best price first, and the triangles of pairs."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import inner, kernel, part

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

NO_RANK = 1 << 30


BEST, LEAST, LIVE, OPEN = 0, 2, 4, 6
BOARD = 8
"""Columns of `board`, of which the first three are two, by direction: the log price of the best
pool, the least of the slopes, and how many pools trade; then how many there are. While a block is
searched, pools whose cycles were all met are not counted."""


class Pairs(NamedTuple):
    """An ordered pair is a pair of tokens with a direction: 0 sells the pair's token0.

    `pair_of` [slot]; a pair's pools are `ranked[direction, start[pair]:start[pair + 1]]`, of which
    the first `alive[direction, pair]` trade at all; `place` [direction, slot] is where a pool
    stands there. `board` [pair] is what a search looks at first, one line of the processor's cache.
    `rank` [direction, pair] is the place of the token sold among profit tokens.
    `triangles[first[pair]:first[pair + 1]]` are (pair, direction, pair, direction) of the two
    further hops of a cycle that begins by selling the pair's token0 and meets a profit token, and
    the rank of the token between them.
    """

    pair_of: Integers
    start: Integers
    ranked: Integers
    place: Integers
    alive: Integers
    board: Floats
    rank: Integers
    first: Integers
    triangles: Integers


@kernel
def rank_all(pairs: Pairs, log_prices: Floats, slopes: Floats) -> None:
    """Bring every pair's pools into the order of their prices."""
    for direction in range(2):
        for pair in range(pairs.start.shape[0] - 1):
            low, end = pairs.start[pair], pairs.start[pair + 1]
            row = pairs.ranked[direction, low:end]
            prices = np.empty(end - low)
            for at in range(end - low):
                prices[at] = -log_prices[row[at], direction]
            ordered = row[np.argsort(prices, kind="mergesort")]
            alive = 0
            for at in range(end - low):
                row[at] = ordered[at]
                pairs.place[direction, ordered[at]] = low + at
                alive += 1 if log_prices[ordered[at], direction] > -np.inf else 0
            pairs.alive[direction, pair] = alive
            _post(pairs, log_prices, slopes, pair, direction)


@inner
def rank_one(pairs: Pairs, log_prices: Floats, slopes: Floats, slot: int) -> None:
    """Move one pool whose price changed to its place in both directions."""
    pair = pairs.pair_of[slot]
    low, end = pairs.start[pair], pairs.start[pair + 1]
    for direction in range(2):
        ranked, place = pairs.ranked[direction], pairs.place[direction]
        price = log_prices[slot, direction]
        at = place[slot]
        was_alive = at < low + pairs.alive[direction, pair]
        while at > low and log_prices[ranked[at - 1], direction] < price:
            ranked[at] = ranked[at - 1]
            place[ranked[at]] = at
            at -= 1
        while at + 1 < end and log_prices[ranked[at + 1], direction] > price:
            ranked[at] = ranked[at + 1]
            place[ranked[at]] = at
            at += 1
        ranked[at] = slot
        place[slot] = at
        is_alive = price > -np.inf
        pairs.alive[direction, pair] += (1 if is_alive else 0) - (1 if was_alive else 0)
        _post(pairs, log_prices, slopes, pair, direction)


@part
def _post(pairs: Pairs, log_prices: Floats, slopes: Floats, pair: int, direction: int) -> None:
    """Bring the board to what the ranks say."""
    low, alive = pairs.start[pair], pairs.alive[direction, pair]
    least = np.inf
    for at in range(low, low + alive):
        least = min(least, slopes[pairs.ranked[direction, at], direction])
    pairs.board[pair, BEST + direction] = log_prices[pairs.ranked[direction, low], direction]
    pairs.board[pair, LEAST + direction] = least
    pairs.board[pair, LIVE + direction] = alive
    pairs.board[pair, OPEN] = pairs.start[pair + 1] - low


@kernel
def count_triangles(
    pair_tokens: Integers, near: Integers, near_pair: Integers, near_start: Integers, out: Integers
) -> int:
    """Triangles of every pair, pair by pair, into `out` as far as it has room; returns how many.

    `near` lists each token's neighbours, `near_pair` the pair that joins them. A row of `out` is
    the pair and what `Pairs.triangles` holds.
    """
    joins = np.full(near_start.shape[0] - 1, -1, dtype=np.int64)
    found = 0
    for pair in range(pair_tokens.shape[0]):
        u, v = pair_tokens[pair]
        for at in range(near_start[u], near_start[u + 1]):
            joins[near[at]] = near_pair[at]
        for at in range(near_start[v], near_start[v + 1]):
            third, second = near[at], near_pair[at]
            last = joins[third]
            if last < 0 or third == u:
                continue
            if found < out.shape[0]:
                out[found, 0] = pair
                out[found, 1] = second
                out[found, 2] = 0 if pair_tokens[second, 0] == v else 1
                out[found, 3] = last
                out[found, 4] = 0 if pair_tokens[last, 0] == third else 1
            found += 1
        for at in range(near_start[u], near_start[u + 1]):
            joins[near[at]] = -1
    return found
