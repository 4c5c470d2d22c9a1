"""Solves the basket over constant-product pools with cvxpy and Clarabel: JSON in and out.

The program of Angeris et al. (Optimal Routing for Constant Function Market Makers, 2022): what each
pool takes and gives leaves the geometric mean of its reserves no smaller, no token is short, and
one token's surplus is the most. Reserves come in dollars, so that the numbers are near each other.
"""

import json
import sys
from time import thread_time_ns

import cvxpy  # type: ignore[import-not-found]
import numpy as np
from scipy import sparse  # type: ignore[import-untyped]

REPEATS = 3


def problem(case: dict[str, list[float]], tokens: int, profit: int) -> cvxpy.Problem:
    """The convex program; a pool's product is a second-order cone."""
    first, second = (np.array(case[name]) for name in ("reserve0", "reserve1"))
    count, gamma = len(first), np.array(case["gamma"])
    paid, got = (cvxpy.Variable((count, 2), nonneg=True) for _ in range(2))
    after0 = 1.0 + cvxpy.multiply(gamma / first, paid[:, 0]) - cvxpy.multiply(1 / first, got[:, 0])
    after1 = (
        1.0 + cvxpy.multiply(gamma / second, paid[:, 1]) - cvxpy.multiply(1 / second, got[:, 1])
    )
    root = cvxpy.vstack([2.0 * np.ones(count), after0 - after1])
    keeps = cvxpy.SOC(after0 + after1, root, axis=0)
    sides = (
        sparse.csr_matrix((np.ones(count), (case[name], range(count))), shape=(tokens, count))
        for name in ("token0", "token1")
    )
    change = sum(side @ (got[:, column] - paid[:, column]) for column, side in enumerate(sides))
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
    answer = {"profit_usd": float(program.value), "us": min(took) / 1e3, "status": program.status}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
