"""Sparse L D L^T of a weighted graph's Laplacian, grounded where prices are held.

Up-looking factorisation by elimination tree, as in T. Davis's "Algorithm 849: a concise sparse
Cholesky package" (2005). Vertices are eliminated by ascending degree: leaves first, hubs last.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import inner

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Graph(NamedTuple):
    """Edges of a Laplacian: vertices (-1: held, hence ground) and weights; extra diagonal."""

    ends0: Integers
    ends1: Integers
    weights: Floats
    diagonal: Floats


@inner
def solve_laplacian(graph: Graph, edges: int, right: Floats) -> tuple[Floats, int]:
    """Solve (L + diagonal) x = `right`; returns x and the entries that L's factor took."""
    count = right.shape[0]
    order = _by_degree(graph, edges, count)
    starts, rows, values, diagonal = _columns(graph, edges, order, count)
    parent, factor_starts = _tree(starts, rows, count)
    total = factor_starts[count]
    factor_rows, factor = np.empty(total, dtype=np.int64), np.empty(total)
    _factorise(starts, rows, values, diagonal, parent, factor_starts, factor_rows, factor)
    x = np.empty(count)
    for vertex in range(count):
        x[order[vertex]] = right[vertex]
    for k in range(count):
        for p in range(factor_starts[k], factor_starts[k + 1]):
            x[factor_rows[p]] -= factor[p] * x[k]
    for k in range(count - 1, -1, -1):
        x[k] /= diagonal[k]
        for p in range(factor_starts[k], factor_starts[k + 1]):
            x[k] -= factor[p] * x[factor_rows[p]]
    solution = np.empty(count)
    for vertex in range(count):
        solution[vertex] = x[order[vertex]]
    return solution, total


@inner
def _by_degree(graph: Graph, edges: int, count: int) -> Integers:
    """Each vertex's place in the elimination."""
    degree = np.zeros(count, dtype=np.int64)
    for edge in range(edges):
        a, b = graph.ends0[edge], graph.ends1[edge]
        if a >= 0 and b >= 0:
            degree[a] += 1
            degree[b] += 1
    order = np.empty(count, dtype=np.int64)
    sequence = np.argsort(degree, kind="mergesort")
    for place in range(count):
        order[sequence[place]] = place
    return order


@inner
def _columns(
    graph: Graph, edges: int, order: Integers, count: int
) -> tuple[Integers, Integers, Floats, Floats]:
    """The strict upper triangle by columns, and the diagonal, in elimination order."""
    diagonal = np.zeros(count)
    starts = np.zeros(count + 1, dtype=np.int64)
    for vertex in range(count):
        diagonal[order[vertex]] = graph.diagonal[vertex]
    for edge in range(edges):
        a, b = graph.ends0[edge], graph.ends1[edge]
        if a >= 0:
            diagonal[order[a]] += graph.weights[edge]
        if b >= 0:
            diagonal[order[b]] += graph.weights[edge]
        if a >= 0 and b >= 0:
            starts[max(order[a], order[b]) + 1] += 1
    for k in range(count):
        starts[k + 1] += starts[k]
    fill = starts[:count].copy()
    rows, values = np.empty(starts[count], dtype=np.int64), np.empty(starts[count])
    for edge in range(edges):
        a, b = graph.ends0[edge], graph.ends1[edge]
        if a >= 0 and b >= 0:
            i, j = order[a], order[b]
            column = max(i, j)
            rows[fill[column]], values[fill[column]] = min(i, j), -graph.weights[edge]
            fill[column] += 1
    return starts, rows, values, diagonal


@inner
def _tree(starts: Integers, rows: Integers, count: int) -> tuple[Integers, Integers]:
    """The elimination tree, and where each column of the factor begins."""
    parent = np.full(count, -1, dtype=np.int64)
    flag = np.full(count, -1, dtype=np.int64)
    sizes = np.zeros(count + 1, dtype=np.int64)
    for k in range(count):
        flag[k] = k
        for p in range(starts[k], starts[k + 1]):
            i = rows[p]
            while flag[i] != k:
                if parent[i] < 0:
                    parent[i] = k
                sizes[i + 1] += 1
                flag[i] = k
                i = parent[i]
    for k in range(count):
        sizes[k + 1] += sizes[k]
    return parent, sizes


@inner
def _factorise(
    starts: Integers,
    rows: Integers,
    values: Floats,
    diagonal: Floats,
    parent: Integers,
    factor_starts: Integers,
    factor_rows: Integers,
    factor: Floats,
) -> None:
    count = diagonal.shape[0]
    filled = factor_starts[:count].copy()
    flag = np.full(count, -1, dtype=np.int64)
    pattern = np.empty(count, dtype=np.int64)
    work = np.zeros(count)
    for k in range(count):
        top = count
        flag[k] = k
        for p in range(starts[k], starts[k + 1]):
            i = rows[p]
            work[i] += values[p]
            length = 0
            while flag[i] != k:
                pattern[length] = i
                length += 1
                flag[i] = k
                i = parent[i]
            while length > 0:
                top -= 1
                length -= 1
                pattern[top] = pattern[length]
        for place in range(top, count):
            i = pattern[place]
            y = work[i]
            work[i] = 0.0
            for p in range(factor_starts[i], filled[i]):
                work[factor_rows[p]] -= factor[p] * y
            entry = y / diagonal[i]
            diagonal[k] -= entry * y
            factor_rows[filled[i]], factor[filled[i]] = k, entry
            filled[i] += 1
