"""The fast gear: from one pool's new state to a sized opportunity, and whole blocks."""

import sys
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
    """Latency of single updates (microseconds), their rate, and blocks of 50 to 300 pools (ms).

    An update is its frame applied and the strategies run on what it changed. The boundary in
    between, which makes the view, is paid once a block: blocks count it, updates do not.
    """
    strategies = registry.create(("simple", "triangular"), world.settings())
    _updates(world, strategies, WARM_UP)
    took, boundaries = _updates(world, strategies, UPDATES)
    blocks = _blocks(world, strategies)
    middle, high = (float(np.percentile(boundaries, q)) / 1e3 for q in (50, 99))
    sys.stderr.write(f"  a boundary takes {middle:.0f} us at p50, {high:.0f} us at p99\n")
    return {
        "update_p50_us": float(np.percentile(took, 50)) / 1e3,
        "update_p99_us": float(np.percentile(took, 99)) / 1e3,
        "updates_per_s": len(took) / sum(took) * 1e9,
        "block_p99_ms": float(np.percentile(blocks, 99)) / 1e6,
    }


def _updates(
    world: World, strategies: Sequence[Strategy], count: int
) -> tuple[list[int], list[int]]:
    """Nanoseconds of each update, and of the boundary behind it."""
    took, boundaries = [], []
    for _ in range(count):
        told = world.told([world.shocks.next()])
        began = perf_counter_ns()
        world.hear(told)
        applied = perf_counter_ns()
        view = world.close()
        closed = perf_counter_ns()
        for strategy in strategies:
            strategy.evaluate(view, GAS)
        took.append(perf_counter_ns() - closed + applied - began)
        boundaries.append(closed - applied)
    return took, boundaries


def _blocks(world: World, strategies: Sequence[Strategy]) -> list[int]:
    took = []
    low, high = BLOCK_POOLS
    for number in range(BLOCKS):
        changed = low + (high - low) * number // (BLOCKS - 1)
        told = world.told(world.shocks.block(changed))
        began = perf_counter_ns()
        world.hear(told)
        view = world.close()
        for strategy in strategies:
            strategy.evaluate(view, GAS)
        took.append(perf_counter_ns() - began)
    return took
