"""The fast gear in one call: candidates found, sized in floats, chosen by net and made exact."""

from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.chain import ChainSpace, crossed
from keeper.market.kernels.compiler import inner, kernel, part
from keeper.market.kernels.curves import best_size
from keeper.market.kernels.layout import FlatPools
from keeper.market.kernels.pairs import Pairs, rank_one
from keeper.market.kernels.quotes import FILLED, REFUSED
from keeper.market.kernels.refine import refine
from keeper.market.kernels.search import Floats, Found, Integers, propose

NO_SIZE, DUST, BELOW_GAS, BELOW_MIN, SHARES_POOL, NO_EXACT, OVER_BUDGET = range(7)
"""Columns of `Chosen.counts`: why sized candidates were not confirmed."""
COUNTS_CHOSEN = 7

ROUNDING = 1.001
"""Integers may leave a little more than floats saw: so much more before gas rules a size out."""


class Bounds(NamedTuple):
    """What a confirmed cycle must earn, and the most it may take in, by rank of its profit token.

    `max_in` in floats and in limbs; `owner` [slot] names the pool, which may have several slots;
    `gas` [slot] are units of one hop, `base_gas` those of none.
    """

    usd: Floats
    max_in: Floats
    max_in_words: NDArray[np.uint64]
    owner: Integers
    gas: Integers
    base_gas: float
    min_net_usd: float


class Chosen(NamedTuple):
    """Cycles made exact, best net first by floats, one row each.

    `amounts` are in front of each hop and behind the last, in limbs. `candidate` is the row in
    `Found`; `found_sizes`, its amounts in floats, and `nets` are scratch.
    """

    candidate: Integers
    crossed: Integers
    amounts: NDArray[np.uint64]
    counts: Integers
    found_sizes: Floats
    nets: Floats


def chosen_space(max_sized: int, max_exact: int, hops: int) -> Chosen:
    """Room for so many sized candidates and exact ones."""
    return Chosen(
        candidate=np.zeros(max_exact, dtype=np.int64),
        crossed=np.zeros(max_exact, dtype=np.int64),
        amounts=np.zeros((max_exact, hops + 1, 2), dtype=np.uint64),
        counts=np.zeros(COUNTS_CHOSEN, dtype=np.int64),
        found_sizes=np.zeros((max_sized, hops + 1)),
        nets=np.zeros(max_sized),
    )


@kernel
def detect(
    chain: ChainSpace,
    totals: Floats,
    pools: FlatPools,
    pairs: Pairs,
    moved: Integers,
    changed: Integers,
    top: int,
    most: int,
    bounds: Bounds,
    usd_per_gas: float,
    found: Found,
    chosen: Chosen,
) -> int:
    """Exact cycles through the `changed` pools into `chosen`; returns how many rows it filled.

    The `moved` slots are given their new ranks first. At most `most` candidates are sized. Of those
    that share a pool only the best is confirmed, since only one can be taken.
    """
    most = min(most, found.scores.shape[0])
    found = Found(
        found.scores[:most],
        found.edges,
        found.ranks,
        found.counts,
        found.done,
    )
    for slot in moved:
        rank_one(pairs, pools.log_prices, pools.slopes, slot)
    chosen.counts[:] = 0
    count = propose(pools, pairs, changed, found.edges.shape[1], top, bounds.usd, found)
    for row in range(count):
        chosen.nets[row] = _size(totals, pools, bounds, usd_per_gas, found, chosen, row)
    order = np.argsort(-chosen.nets[:count], kind="mergesort")
    rows = 0
    for row in order:
        if chosen.nets[row] == -inf:
            break
        edges = found.edges[row]
        if _is_taken(bounds.owner, found, chosen, edges, rows):
            chosen.counts[SHARES_POOL] += 1
        elif rows == chosen.candidate.shape[0]:
            chosen.counts[OVER_BUDGET] += 1
        elif _confirm(chain, pools, bounds, found, chosen, row, rows):
            rows += 1
        else:
            chosen.counts[NO_EXACT] += 1
    return rows


@part
def _size(
    totals: Floats,
    pools: FlatPools,
    bounds: Bounds,
    usd_per_gas: float,
    found: Found,
    chosen: Chosen,
    row: int,
) -> float:
    """Size one candidate; returns its net in USD, -inf where it does not pay."""
    edges, rank = found.edges[row], found.ranks[row]
    if _meets_itself(bounds.owner, edges) or not best_size(
        totals, pools, edges, bounds.max_in[rank]
    ):
        chosen.counts[NO_SIZE] += 1
        return -inf
    hops, least, gas = edges.shape[0], inf, bounds.base_gas
    for hop in range(hops + 1):
        chosen.found_sizes[row, hop] = totals[hop]
        least = min(least, totals[hop])
    if least < 1.0:
        chosen.counts[DUST] += 1
        return -inf
    for hop in range(hops):
        gas += bounds.gas[edges[hop] >> 1]
    profit = (totals[hops] - totals[0]) * bounds.usd[rank]
    net = profit * ROUNDING - gas * usd_per_gas
    if not net > 0.0:
        chosen.counts[BELOW_GAS] += 1
        return -inf
    if net < bounds.min_net_usd:
        chosen.counts[BELOW_MIN] += 1
        return -inf
    return float(net)


@part
def _is_taken(owner: Integers, found: Found, chosen: Chosen, edges: Integers, rows: int) -> bool:
    for row in range(rows):
        for taken in found.edges[chosen.candidate[row]]:
            for edge in edges:
                if owner[edge >> 1] == owner[taken >> 1]:
                    return True
    return False


@part
def _meets_itself(owner: Integers, edges: Integers) -> bool:
    """Whether one pool would be swapped on twice."""
    for hop in range(1, edges.shape[0]):
        for before in range(hop):
            if owner[edges[hop] >> 1] == owner[edges[before] >> 1]:
                return True
    return False


@inner
def _confirm(
    space: ChainSpace,
    pools: FlatPools,
    bounds: Bounds,
    found: Found,
    chosen: Chosen,
    candidate: int,
    row: int,
) -> bool:
    """The best whole amounts near the float size; a chain that limbs cannot hold is refused."""
    edges, limit = found.edges[candidate], bounds.max_in_words[found.ranks[candidate]]
    sizes = chosen.found_sizes[candidate]
    if refine(space, pools, edges, sizes, (limit[0], limit[1])) != FILLED:
        return False
    chosen.candidate[row] = candidate
    chosen.crossed[row] = crossed(space, pools, edges)
    for hop in range(edges.shape[0] + 1):
        chosen.amounts[row, hop, 0] = space.amounts[hop, 0]
        chosen.amounts[row, hop, 1] = space.amounts[hop, 1]
    return True


class Exact(NamedTuple):
    """Cycles given by their edges, made exact: status of `quotes`, ticks crossed and amounts."""

    status: Integers
    crossed: Integers
    sizes: Floats
    amounts: NDArray[np.uint64]


def exact_space(rows: int, hops: int) -> Exact:
    """Room for so many cycles."""
    return Exact(
        status=np.zeros(rows, dtype=np.int64),
        crossed=np.zeros(rows, dtype=np.int64),
        sizes=np.zeros((rows, hops + 1)),
        amounts=np.zeros((rows, hops + 1, 2), dtype=np.uint64),
    )


@kernel
def make_exact(
    chain: ChainSpace,
    totals: Floats,
    pools: FlatPools,
    edges: Integers,
    max_in: Floats,
    max_in_words: NDArray[np.uint64],
    exact: Exact,
) -> None:
    """The best whole amounts of each row of `edges`, at most `max_in` of it paid in."""
    hops = edges.shape[1]
    for row in range(edges.shape[0]):
        exact.status[row] = REFUSED
        if not best_size(totals, pools, edges[row], max_in[row]):
            continue
        for hop in range(hops + 1):
            exact.sizes[row, hop] = totals[hop]
        limit = (max_in_words[row, 0], max_in_words[row, 1])
        exact.status[row] = refine(chain, pools, edges[row], exact.sizes[row], limit)
        if exact.status[row] != FILLED:
            continue
        exact.crossed[row] = crossed(chain, pools, edges[row])
        for hop in range(hops + 1):
            exact.amounts[row, hop, 0] = chain.amounts[hop, 0]
            exact.amounts[row, hop, 1] = chain.amounts[hop, 1]
