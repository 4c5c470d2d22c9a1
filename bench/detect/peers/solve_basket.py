"""Solves the basket over constant-product pools with cvxpy and Clarabel: JSON in and out.

The program of Angeris et al. (Optimal Routing for Constant Function Market Makers, 2022): what each
pool takes and gives leaves the geometric mean of its reserves no smaller, no token is short, and
one token's surplus is the most. Reserves come in dollars.
"""

import json
import sys
from time import thread_time_ns
from typing import Any

import cvxpy  # type: ignore[import-not-found]
import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

REPEATS = 3
UNIT = 1_000.0
"""Dollars that amounts are counted in, so that the solver's numbers are near 1."""


def problem(case: dict[str, Any], tokens: int, profit: int) -> cvxpy.Problem:
    """The convex program; amounts are shares of reserves, a pool's product a second-order cone."""
    reserves = np.array([case["reserve0"], case["reserve1"]]).T
    count, gamma = len(reserves), np.array(case["gamma"])
    paid, got = (cvxpy.Variable((count, 2), nonneg=True) for _ in range(2))
    after = [1.0 + cvxpy.multiply(gamma, paid[:, side]) - got[:, side] for side in (0, 1)]
    root = cvxpy.vstack([2.0 * np.ones(count), after[0] - after[1]])
    keeps = cvxpy.SOC(after[0] + after[1], root, axis=0)
    changes = []
    for side, name in enumerate(("token0", "token1")):
        where = (reserves[:, side] / UNIT, (case[name], range(count)))
        held = sparse.csr_matrix(where, shape=(tokens, count))
        changes.append(held @ (got[:, side] - paid[:, side]))
    change: Any = sum(changes)
    return cvxpy.Problem(cvxpy.Maximize(change[profit]), [keeps, change >= 0.0])


def main() -> None:
    """Answer the case on standard input."""
    case = json.load(sys.stdin)
    program = problem(case["pools"], case["tokens"], case["profit"])
    took = []
    for _ in range(REPEATS):
        began = thread_time_ns()
        program.solve(solver=cvxpy.CLARABEL)
        took.append(thread_time_ns() - began)
    answer = {
        "profit_usd": float(program.value) * UNIT,
        "us": min(took) / 1e3,
        "status": program.status,
    }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
