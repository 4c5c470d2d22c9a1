"""The order in which a basket's swaps can run: each after those that make what it takes.

The profit token is there from the beginning. Where swaps go round in a circle without it, one token
of the circle must be lent for the run: from it the circle starts, into it the circle returns.
"""

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass

from keeper.strategies.basket.network import Graph
from keeper.strategies.basket.plan import Swap


@dataclass(frozen=True, slots=True)
class Step:
    """One swap in order; `is_lent` when it starts from a loan instead of what was made before."""

    swap: Swap
    sold: int
    bought: int
    is_lent: bool


class CircleError(Exception):
    """Swaps go round in a circle that no loan can start; `edges` are the circle's."""

    def __init__(self, edges: Sequence[int]) -> None:
        super().__init__("no token of the circle can be lent")
        self.edges = tuple(edges)


def ordered(graph: Graph, swaps: Sequence[Swap], profit: int, lendable: Set[int]) -> list[Step]:
    """All swaps in an order that can run, `profit` being the place of the profit token.

    Raises:
        CircleError: a circle has no token among the `lendable`.
    """
    ends = {swap.edge: graph.ends(swap.edge) for swap in swaps}
    rest = list(swaps)
    lent: set[int] = set()
    steps: list[Step] = []
    circling = _circling(ends, profit)
    while rest:
        made = {ends[swap.edge][1] for swap in rest} - {profit}
        ready = [
            swap
            for swap in rest
            if ends[swap.edge][0] not in made
            or (ends[swap.edge][0] in lent and swap.edge in circling[ends[swap.edge][0]])
        ]
        if not ready:
            lent.add(_to_lend(rest, ends, lendable - lent, circling))
            continue
        taken = {swap.edge for swap in ready}
        rest = [swap for swap in rest if swap.edge not in taken]
        for swap in ready:
            sold, bought = ends[swap.edge]
            is_lent = sold in lent and swap.edge in circling[sold]
            steps.append(Step(swap, sold, bought, is_lent))
    return steps


def _circling(ends: dict[int, tuple[int, int]], profit: int) -> dict[int, set[int]]:
    """Of each token the edges that sell it and lead back to it without the profit token."""
    inside = {edge: pair for edge, pair in ends.items() if profit not in pair}
    count = -1
    while count != len(inside):
        count = len(inside)
        sold, bought = ({pair[side] for pair in inside.values()} for side in (0, 1))
        inside = {e: pair for e, pair in inside.items() if pair[0] in bought and pair[1] in sold}
    following: dict[int, set[int]] = defaultdict(set)
    for sells, buys in inside.values():
        following[sells].add(buys)
    reached = {token: _reach(following, token) for token in following}
    found: dict[int, set[int]] = defaultdict(set)
    for edge, (sells, buys) in inside.items():
        if sells in reached[buys]:
            found[sells].add(edge)
    return found


def _reach(following: dict[int, set[int]], start: int) -> set[int]:
    seen, frontier = {start}, [start]
    while frontier:
        fresh = following.get(frontier.pop(), set()) - seen
        seen |= fresh
        frontier.extend(fresh)
    return seen


def _to_lend(
    rest: Sequence[Swap],
    ends: dict[int, tuple[int, int]],
    lendable: Set[int],
    circling: dict[int, set[int]],
) -> int:
    """The lendable token from which most of the waiting circles start."""
    waiting: dict[int, int] = defaultdict(int)
    for swap in rest:
        token = ends[swap.edge][0]
        if token in lendable and swap.edge in circling[token]:
            waiting[token] += 1
    if not waiting:
        stuck = {edge for edges in circling.values() for edge in edges}
        raise CircleError([swap.edge for swap in rest if swap.edge in stuck])
    return max(sorted(waiting), key=lambda token: waiting[token])
