"""Single paths of 4 to 16 pools: the time of whole blocks."""

import sys
from dataclasses import replace
from time import perf_counter_ns, thread_time_ns

import numpy as np

from bench.detect.world import GAS, World
from keeper.strategies import registry

WARM_UP, BLOCKS = 5, 60
POOLS = (50, 300)
HUBS = 8


def measure_paths(world: World) -> dict[str, float]:
    """Milliseconds from a whole block to its long paths, made exact."""
    settings = replace(world.settings(), profit_tokens=world.market.tokens[:HUBS])
    (strategy,) = registry.create(("long_path",), settings)
    low, high = POOLS
    took, busy = [], []
    for number in range(WARM_UP + BLOCKS):
        changed = low + (high - low) * number // (WARM_UP + BLOCKS)
        view = world.block(world.shocks.block(changed))
        began, busy_then = perf_counter_ns(), thread_time_ns()
        strategy.evaluate(view, GAS)
        if number >= WARM_UP:
            took.append(perf_counter_ns() - began)
            busy.append(thread_time_ns() - busy_then)
    half, most = (float(np.percentile(busy, q)) / 1e6 for q in (50, 99))
    sys.stderr.write(f"  of its thread's time {half:.1f} ms at p50, {most:.1f} ms at p99\n")
    return {"long_path_p99_ms": float(np.percentile(took, 99)) / 1e6}
