"""Cycles of two and three pools through the pools that changed: the most promising candidates."""

from math import expm1, inf, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import inner, part
from keeper.market.kernels.layout import FlatPools
from keeper.market.kernels.pairs import BEST, LEAST, LIVE, NO_RANK, OPEN, Pairs

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

MIN_LOG_EDGE = 1e-12
"""Below this a product of prices is 1 within float rounding."""

UNTRADABLE, NO_EDGE, OUTRANKED, UNPRICED, NOT_SIZED = range(5)
"""Columns of `counts`: why cycles through the changed pools were not proposed."""
COUNTS = 5


class Found(NamedTuple):
    """The best candidates by what their first segments promise, a heap with the worst on top.

    `edges` begin at the cycle's profit token; `done` marks pools whose cycles were already met
    through an earlier pool.
    """

    scores: Floats
    edges: Integers
    ranks: Integers
    counts: Integers
    done: NDArray[np.uint8]


@inner
def propose(
    pools: FlatPools,
    pairs: Pairs,
    changed: Integers,
    hops: int,
    top: int,
    usd: Floats,
    found: Found,
) -> int:
    """Candidates through the changed pools into `found`; returns how many.

    Of each ordered pair the `top` best pools that pay are tried. `usd` values the profit tokens.
    """
    size = 0
    found.counts[:] = 0
    for slot in changed:
        for direction in range(2):
            edge = 2 * slot + direction
            if hops == 2:
                size = _two(pools, pairs, edge, top, usd, found, size)
            else:
                size = _three(pools, pairs, edge, top, usd, found, size)
        _mark(pools, pairs, slot, found, 1)
    for slot in changed:
        _mark(pools, pairs, slot, found, -1)
    return size


@part
def _mark(pools: FlatPools, pairs: Pairs, slot: int, found: Found, by: int) -> None:
    pair = pairs.pair_of[slot]
    found.done[slot] = 1 if by > 0 else 0
    pairs.board[pair, OPEN] -= by
    for direction in range(2):
        if pools.log_prices[slot, direction] > -inf:
            pairs.board[pair, LIVE + direction] -= by


@part
def _two(
    pools: FlatPools, pairs: Pairs, edge: int, top: int, usd: Floats, found: Found, size: int
) -> int:
    slot, direction = edge >> 1, edge & 1
    back = 1 - direction
    pair = pairs.pair_of[slot]
    if pairs.rank[0, pair] == NO_RANK and pairs.rank[1, pair] == NO_RANK:
        return size
    price = pools.log_prices[slot, direction]
    low = pairs.start[pair]
    every = int(pairs.board[pair, OPEN]) - 1
    lives = int(pairs.board[pair, LIVE + back])
    if pools.log_prices[slot, back] > -inf:
        lives -= 1
    if not price > -inf:
        lives = 0
    found.counts[UNTRADABLE] += every - lives
    tried = 0
    for at in range(low, low + (pairs.alive[back, pair] if lives > 0 else 0)):
        other = pairs.ranked[back, at]
        if other == slot or found.done[other]:
            continue
        if not price + pools.log_prices[other, back] > MIN_LOG_EDGE:
            found.counts[NO_EDGE] += lives - tried
            return size
        if tried == top:
            found.counts[OUTRANKED] += lives - tried
            return size
        tried += 1
        size = _offer(pools, pairs, edge, 2 * other + back, -1, usd, found, size)
    return size


@part
def _three(
    pools: FlatPools, pairs: Pairs, edge: int, top: int, usd: Floats, found: Found, size: int
) -> int:
    slot, direction = edge >> 1, edge & 1
    pair, board = pairs.pair_of[slot], pairs.board
    price, slope = pools.log_prices[slot, direction], pools.slopes[slot, direction]
    scale = np.exp(price)
    rank, worth = _worth(pairs, edge, scale, usd)
    untradable, no_edge, outranked = 0.0, 0.0, 0.0
    for row in range(pairs.first[pair], pairs.first[pair + 1]):
        q, q_side, r, r_side, third = pairs.triangles[row]
        if direction == 1:
            q, q_side, r, r_side = r, 1 - r_side, q, 1 - q_side
        lives = board[q, LIVE + q_side] * board[r, LIVE + r_side] if price > -inf else 0.0
        untradable += board[q, OPEN] * board[r, OPEN] - lives
        if lives == 0.0:
            continue
        log_edge = price + board[q, BEST + q_side] + board[r, BEST + r_side]
        if not log_edge > MIN_LOG_EDGE:
            no_edge += lives
            continue
        value = worth
        if third < rank:
            value = usd[third] * scale * np.exp(board[q, BEST + q_side])
        steep, half = slope + scale * board[q, LEAST + q_side], 0.5 * log_edge
        # e^x - 1 is at most x + x^2 up to 1: what takes no exponential rules most out
        if half < 1.0 and _is_hopeless(found, size, (half + half * half) ** 2 * value / steep):
            outranked += lives
            continue
        # what is sold to the last pool bought there at most at its best price
        steep += board[r, LEAST + r_side] * np.exp(-board[r, BEST + r_side])
        gain = expm1(half)
        if _is_hopeless(found, size, gain * gain * value / steep):
            outranked += lives
            continue
        tried, cut, size = _combine(
            pools, pairs, edge, (q, q_side), (r, r_side), value, top, usd, found, size
        )
        if cut:
            outranked += lives - tried
        else:
            no_edge += lives - tried
    found.counts[UNTRADABLE] += int(untradable)
    found.counts[NO_EDGE] += int(no_edge)
    found.counts[OUTRANKED] += int(outranked)
    return size


@part
def _worth(pairs: Pairs, edge: int, scale: float, usd: Floats) -> tuple[int, float]:
    """The better rank of the edge's tokens, and the most USD that a raw unit of its input is worth.

    Profit is taken in the token of the best rank, be it the first, the second or the third: the
    product of prices being above 1 bounds what a unit of the first is worth.
    """
    pair, direction = pairs.pair_of[edge >> 1], edge & 1
    first, second = pairs.rank[direction, pair], pairs.rank[1 - direction, pair]
    if first == NO_RANK and second == NO_RANK:
        return NO_RANK, 0.0
    return min(first, second), usd[first] if first < second else usd[second] * scale


@part
def _combine(
    pools: FlatPools,
    pairs: Pairs,
    edge: int,
    second: tuple[int, int],
    third: tuple[int, int],
    worth: float,
    top: int,
    usd: Floats,
    found: Found,
    size: int,
) -> tuple[int, bool, int]:
    """All pools of the two further pairs, best first; returns how many pay and if `top` cut.

    `worth` is the USD that one raw unit of the first pool's input is worth at most: divided by
    slopes of the first pools it bounds a promise over its squared gain.
    """
    q, q_side = second
    r, r_side = third
    price, slope = pools.log_prices[edge >> 1, edge & 1], pools.slopes[edge >> 1, edge & 1]
    scale, best_last = np.exp(price), pairs.board[r, BEST + r_side]
    tried, cut, outer = 0, False, 0
    for at in range(pairs.start[q], pairs.start[q] + pairs.alive[q_side, q]):
        middle = pairs.ranked[q_side, at]
        if found.done[middle]:
            continue
        so_far = price + pools.log_prices[middle, q_side]
        gain = expm1(0.5 * (so_far + best_last))
        if _is_hopeless(found, size, gain * gain * worth / slope):
            cut = True
            break
        most = worth / (slope + scale * pools.slopes[middle, q_side])
        inner = 0
        for to in range(pairs.start[r], pairs.start[r] + pairs.alive[r_side, r]):
            last = pairs.ranked[r_side, to]
            if found.done[last]:
                continue
            log_edge = so_far + pools.log_prices[last, r_side]
            if not log_edge > MIN_LOG_EDGE:
                break
            gain = expm1(0.5 * log_edge)
            if inner == top or outer == top or _is_hopeless(found, size, gain * gain * most):
                cut = True
                break
            inner += 1
            size = _offer(
                pools, pairs, edge, 2 * middle + q_side, 2 * last + r_side, usd, found, size
            )
        tried += inner
        if inner == 0:
            break
        outer += 1
    return tried, cut, size


@part
def _is_hopeless(found: Found, size: int, most: float) -> bool:
    """Whether the heap is full of better candidates."""
    heap = found.scores.shape[0]
    return heap > 0 and size == heap and most <= found.scores[0]


@part
def _rank(pairs: Pairs, edge: int) -> int:
    return int(pairs.rank[edge & 1, pairs.pair_of[edge >> 1]])


@part
def _offer(
    pools: FlatPools,
    pairs: Pairs,
    one: int,
    two: int,
    three: int,
    usd: Floats,
    found: Found,
    size: int,
) -> int:
    """Put the cycle in, from its most preferred token on, if it is among the best."""
    ranks = _rank(pairs, one), _rank(pairs, two), _rank(pairs, three) if three >= 0 else NO_RANK
    rank = min(ranks[0], ranks[1], ranks[2])
    if not usd[rank] > 0.0:
        found.counts[UNPRICED] += 1
        return size
    if ranks[0] != rank:
        if ranks[1] == rank:
            one, two, three = (two, one, -1) if three < 0 else (two, three, one)
        else:
            one, two, three = three, one, two
    score = usd[rank] * _promise(pools, one, two, three)
    heap = found.scores.shape[0]
    if size < heap:
        _sift_up(found, size, score, rank, one, two, three)
        return size + 1
    found.counts[NOT_SIZED] += 1
    if heap > 0 and score > found.scores[0]:
        _sift_down(found, score, rank, one, two, three)
    return size


@part
def _promise(pools: FlatPools, one: int, two: int, three: int) -> float:
    """Best profit if every pool's first segment went on for ever, in the first token."""
    price = np.exp(pools.log_prices[one >> 1, one & 1])
    slope = pools.slopes[one >> 1, one & 1]
    slope += price * pools.slopes[two >> 1, two & 1]
    price *= np.exp(pools.log_prices[two >> 1, two & 1])
    if three >= 0:
        slope += price * pools.slopes[three >> 1, three & 1]
        price *= np.exp(pools.log_prices[three >> 1, three & 1])
    gain = sqrt(price) - 1.0
    return gain * gain / slope if slope > 0.0 else 0.0


@part
def _put(found: Found, at: int, score: float, rank: int, one: int, two: int, three: int) -> None:
    found.scores[at] = score
    found.ranks[at] = rank
    found.edges[at, 0] = one
    found.edges[at, 1] = two
    if three >= 0:
        found.edges[at, 2] = three


@part
def _move(found: Found, to: int, at: int) -> None:
    found.scores[to] = found.scores[at]
    found.ranks[to] = found.ranks[at]
    for hop in range(found.edges.shape[1]):
        found.edges[to, hop] = found.edges[at, hop]


@part
def _sift_up(
    found: Found, at: int, score: float, rank: int, one: int, two: int, three: int
) -> None:
    while at > 0 and score < found.scores[(at - 1) >> 1]:
        _move(found, at, (at - 1) >> 1)
        at = (at - 1) >> 1
    _put(found, at, score, rank, one, two, three)


@part
def _sift_down(found: Found, score: float, rank: int, one: int, two: int, three: int) -> None:
    at, size = 0, found.scores.shape[0]
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and found.scores[child + 1] < found.scores[child]:
            child += 1
        if found.scores[child] >= score:
            break
        _move(found, at, child)
        at = child
    _put(found, at, score, rank, one, two, three)
