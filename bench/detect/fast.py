"""The fast gear: from one pool's new state to a sized opportunity, and whole blocks."""

from collections.abc import Sequence
from time import perf_counter_ns

import numpy as np

from bench.detect.world import GAS, World
from keeper.strategies import registry
from keeper.strategies.base import Strategy

UPDATES = 4_000
WARM_UP = 500
BLOCKS = 60
BLOCK_POOLS = (50, 300)


def measure_fast(world: World) -> dict[str, float]:
    """Latency of single updates (microseconds), their rate, and blocks of 50 to 300 pools (ms)."""
    strategies = registry.create(("simple", "triangular"), world.settings())
    _updates(world, strategies, WARM_UP)
    took = _updates(world, strategies, UPDATES)
    blocks = _blocks(world, strategies)
    return {
        "update_p50_us": float(np.percentile(took, 50)) / 1e3,
        "update_p99_us": float(np.percentile(took, 99)) / 1e3,
        "updates_per_s": len(took) / sum(took) * 1e9,
        "block_p99_ms": float(np.percentile(blocks, 99)) / 1e6,
    }


def _updates(world: World, strategies: Sequence[Strategy], count: int) -> list[int]:
    took = []
    for _ in range(count):
        update = world.shocks.next()
        began = perf_counter_ns()
        view = world.block([update])
        for strategy in strategies:
            strategy.evaluate(view, GAS)
        took.append(perf_counter_ns() - began)
    return took


def _blocks(world: World, strategies: Sequence[Strategy]) -> list[int]:
    took = []
    low, high = BLOCK_POOLS
    for number in range(BLOCKS):
        updates = world.shocks.block(low + (high - low) * number // (BLOCKS - 1))
        began = perf_counter_ns()
        view = world.block(updates)
        for strategy in strategies:
            strategy.evaluate(view, GAS)
        took.append(perf_counter_ns() - began)
    return took
