"""`make bench-detect`: figures by line on standard error, all of them as JSON on the last line."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from resource import RUSAGE_SELF, getrusage
from time import monotonic

from bench.detect.basket import measure_basket
from bench.detect.convex import measure_convex
from bench.detect.cycle import measure_cycle
from bench.detect.fast import measure_fast
from bench.detect.graph import measure_graph
from bench.detect.paths import measure_paths
from bench.detect.world import World
from bench.markets import ALL_VENUES, SEED, Shocks, generate
from keeper import memory
from keeper.strategies.warm import warm

POOLS, TOKENS = 10_000, 2_000
KEYS = (
    "pools",
    "tokens",
    "update_p50_us",
    "update_p99_us",
    "updates_per_s",
    "block_p99_ms",
    "size_cycle_us",
    "degenbot_cycle_us",
    "size_ratio",
    "long_path_p99_ms",
    "basket_cold_ms",
    "basket_warm_p50_ms",
    "basket_warm_p99_ms",
    "basket_bound_ratio",
    "basket_net_ratio",
    "basket_vs_best_simple",
    "basket_vs_greedy",
    "basket_swaps_vs_greedy",
    "basket_tokens",
    "clarabel_ratio_500",
    "rustworkx_ratio",
    "rss_mb",
    "start_warm_s",
)

Figures = Mapping[str, float | int | None]
PARTS: tuple[Callable[[World], Figures], ...] = (
    measure_fast,
    measure_cycle,
    measure_paths,
    measure_basket,
    measure_convex,
    measure_graph,
)


def main() -> None:
    """Measure every part on one market; a figure that no part gives is null."""
    figures: dict[str, float | int | None] = dict.fromkeys(KEYS)
    figures |= {"pools": POOLS, "tokens": TOKENS, "start_warm_s": round(warm(), 3)}
    market = generate(POOLS, TOKENS, SEED, ALL_VENUES)
    memory.settle()
    world = World(market, Shocks(market, SEED))
    memory.keep()
    venues = Counter(pool.protocol.name for pool in market.pools)
    sys.stderr.write(f"{dict(venues)}; Curve and Balancer pools of two tokens each\n")
    for part in PARTS:
        began = monotonic()
        for name, value in part(world).items():
            figures[name] = round(value, 4) if isinstance(value, float) else value
            sys.stderr.write(f"{name}: {figures[name]}\n")
        sys.stderr.write(f"({part.__name__}: {monotonic() - began:.1f} s)\n")
    figures["rss_mb"] = getrusage(RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
