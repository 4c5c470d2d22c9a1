"""The fast gear's answer to an update beside rustworkx, which looks for one negative cycle."""

from math import isfinite
from time import thread_time_ns

import numpy as np

from bench.detect.peers.environment import run_peer
from bench.detect.world import GAS, World
from keeper.market.view import MarketView
from keeper.strategies import registry

REPEATS = 50


def measure_graph(world: World) -> dict[str, float | None]:
    """How many times longer the peer takes for one cycle than we for all that an update offers.

    The peer is given the graph, which it must search anew, and tells any one cycle's tokens; we end
    with sizes in exact integers. Both count their thread's processor time.
    """
    strategies = registry.create(("simple", "triangular"), world.settings())
    took = []
    for _ in range(REPEATS):
        view = world.block([world.shocks.next()])
        began = thread_time_ns()
        for strategy in strategies:
            strategy.evaluate(view, GAS)
        took.append(thread_time_ns() - began)
    answer = run_peer("convex.txt", "negative_cycle.py", _graph(view))
    if answer is None:
        return {"rustworkx_ratio": None}
    return {"rustworkx_ratio": answer["us"] * 1e3 / float(np.median(took))}


def _graph(view: MarketView) -> dict[str, object]:
    places: dict[bytes, int] = {}
    edges = []
    for key, prices in zip(view.topology.pools, view.log_prices.tolist(), strict=True):
        ends = [places.setdefault(token, len(places)) for token in (key.token0, key.token1)]
        for (sold, bought), price in zip((ends, ends[::-1]), prices, strict=True):
            if isfinite(price):
                edges.append((sold, bought, -price))
    return {"tokens": len(places), "edges": edges}
