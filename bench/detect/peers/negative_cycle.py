"""Finds one negative cycle with rustworkx: JSON edges in, the cycle's length and microseconds out.

An edge is [token sold, token bought, minus the logarithm of the price]. The graph is built before
the clock runs.
"""

import json
import sys
from time import thread_time_ns

import rustworkx  # type: ignore[import-not-found]

REPEATS = 5


def main() -> None:
    """Answer the case on standard input."""
    case = json.load(sys.stdin)
    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(range(case["tokens"]))
    graph.add_edges_from([tuple(edge) for edge in case["edges"]])
    took, length = [], 0
    for _ in range(REPEATS):
        began = thread_time_ns()
        found = rustworkx.find_negative_cycle(graph, float)
        took.append(thread_time_ns() - began)
        length = len(found)
    sys.stdout.write(json.dumps({"hops": length, "us": min(took) / 1e3}) + "\n")


if __name__ == "__main__":
    main()
