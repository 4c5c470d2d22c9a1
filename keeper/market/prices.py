"""USD values of tokens from the market itself: each token through its deepest pool."""

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from math import exp, inf, isfinite

import numpy as np
from numpy.typing import NDArray

from keeper.chain import Address
from keeper.market.view import PoolKey

_Link = tuple[Address, int, float]


def usd_per_raw(
    pools: Sequence[PoolKey],
    log_prices: NDArray[np.float64],
    depths: NDArray[np.float64],
    usd_tokens: Iterable[Address],
) -> dict[Address, float]:
    """USD per raw unit of every token that pools connect to a configured USD token.

    USD tokens count as 1.0 each; outwards from them, the pool with the deepest side in USD (its
    virtual reserve of the token already valued) gives the next token its value, without its fee.
    """
    links = _links(pools, log_prices, depths)
    values: dict[Address, float] = {}
    frontier: list[tuple[float, Address, float]] = []
    decimals = _decimals(pools)
    for token in usd_tokens:
        if token in decimals:
            heappush(frontier, (-inf, token, 10.0 ** -decimals[token]))
    while frontier:
        _, token, value = heappop(frontier)
        if token in values:
            continue
        values[token] = value
        for other, slot, price in links.get(token, ()):
            known_side = 0 if pools[slot].token0 == token else 1
            other_value = value * price
            depth_usd = float(depths[slot, known_side]) * value
            if other not in values and isfinite(other_value) and other_value > 0.0:
                heappush(frontier, (-depth_usd, other, other_value))
    return values


def _links(
    pools: Sequence[PoolKey], log_prices: NDArray[np.float64], depths: NDArray[np.float64]
) -> dict[Address, list[_Link]]:
    """For each token: the tokens its pools lead to, the slot, and that token's price in it."""
    links: dict[Address, list[_Link]] = {}
    tradable = np.isfinite(log_prices).all(axis=1) & (depths > 0.0).all(axis=1)
    for slot in np.flatnonzero(tradable).tolist():
        pool = pools[slot]
        sold0, sold1 = log_prices[slot].tolist()
        # what the fee takes, it takes in both directions: halfway between them there is none
        price0 = exp(min(max((sold0 - sold1) / 2, -700.0), 700.0))
        links.setdefault(pool.token1, []).append((pool.token0, slot, price0))
        links.setdefault(pool.token0, []).append((pool.token1, slot, 1.0 / price0))
    return links


def _decimals(pools: Sequence[PoolKey]) -> dict[Address, int]:
    decimals: dict[Address, int] = {}
    for pool in pools:
        decimals[pool.token0] = pool.decimals0
        decimals[pool.token1] = pool.decimals1
    return decimals
