"""Sizing one cycle to exact integers, beside degenbot 0.3.0 on the same cycles in the same run.

Both are timed by their thread's processor time, so that what else the machine does weighs on
neither.
"""

import sys
from time import thread_time_ns

import numpy as np

from bench.chains import Hop, forward
from bench.detect.peers.environment import run_peer
from bench.detect.world import GAS, World
from keeper.market.arrays import PoolArrays
from keeper.market.kernels.chain import chain_space
from keeper.market.kernels.curves import curve_space
from keeper.market.kernels.cycles import Exact, exact_space, make_exact
from keeper.market.venues.base import VenueState
from keeper.market.venues.uniswap_v2 import V2State
from keeper.market.venues.uniswap_v3 import V3State
from keeper.strategies import registry
from keeper.strategies.opportunity import Leg, Opportunity

CYCLES = {"simple": 30, "triangular": 30}
REPEATS = 200
ROOM = 2
"""The peer searches up to so many times our own input: the nearer, the easier for it."""


class Sample:
    """Cycles of one length, with their pools in arrays of their own and as the peer reads them."""

    def __init__(self, hops: int) -> None:
        self.arrays = PoolArrays()
        self.edges = np.empty((0, hops), dtype=np.int64)
        self.cases: list[object] = []
        self.hops: list[list[Hop]] = []

    def add(self, item: Opportunity, states: list[VenueState]) -> None:
        """Keep a cycle as it is now."""
        edges, hops = [], []
        for leg, state in zip(item.legs, states, strict=True):
            slot = self.arrays.append()
            self.arrays.update(slot, state)
            edges.append(2 * slot + (0 if leg.zero_for_one else 1))
            hops.append(_hop(leg, state))
        self.edges = np.vstack([self.edges, [edges]])
        limit = str(ROOM * item.amount_in_raw)
        self.cases.append({"token_in": item.profit_token.hex(), "max_in": limit, "hops": hops})
        ways = [leg.zero_for_one for leg in item.legs]
        self.hops.append([Hop(*hop) for hop in zip(states, ways, strict=True)])

    def size(self) -> tuple[list[int], float]:
        """Each cycle's exact profit, and the microseconds that sizing all of them takes."""
        count, hops = self.edges.shape
        exact, chain, curves = exact_space(count, hops), chain_space(), curve_space()
        limits = np.full(count, np.inf), np.full((count, 2), (1 << 62) - 1, dtype=np.uint64)
        took = []
        for _ in range(REPEATS):
            began = thread_time_ns()
            make_exact(chain, curves, self.arrays.flat, self.edges, *limits, exact)
            took.append(thread_time_ns() - began)
        return [_profit(exact, row) for row in range(count)], float(np.median(took)) / 1e3


def measure_cycle(world: World) -> dict[str, float | None]:
    """Microseconds to size one cycle, ours and the peer's, over the same cycles.

    What the peer's input earns is what the exact states pay for it, whatever the peer expects: up
    from a tick in the highest spacing of its word it walks ticks the wrong way.

    Raises:
        AssertionError: the peer's input earns more than ours in one of them.
    """
    samples = _samples(world)
    profits: list[int] = []
    took = 0.0
    for sample in samples:
        found, spent = sample.size()
        profits += found
        took += spent
    ours = took / len(profits)
    cases = [case for sample in samples for case in sample.cases]
    answers = run_peer("degenbot.txt", "size_cycles.py", cases)
    if answers is None:
        return {"size_cycle_us": ours, "degenbot_cycle_us": None, "size_ratio": None}
    cycles = [hops for sample in samples for hops in sample.hops]
    misquoted = 0
    for profit, answer, hops, case in zip(profits, answers, cycles, cases, strict=True):
        earned = _earned(hops, int(answer["amount_in"]))
        misquoted += earned != int(answer["profit"])
        if profit < earned:
            raise AssertionError(f"the peer earns {earned}, not {profit}: {case}")
    sys.stderr.write(f"  of {len(cases)} cycles the peer misquotes {misquoted}, beats us in none\n")
    theirs = sum(answer["us"] for answer in answers) / len(answers)
    return {"size_cycle_us": ours, "degenbot_cycle_us": theirs, "size_ratio": theirs / ours}


def _samples(world: World) -> list[Sample]:
    """Simple and triangular cycles as they are found, over pools that the peer models too."""
    samples = {"simple": Sample(2), "triangular": Sample(3)}
    strategies = registry.create(samples, world.settings())
    while any(len(samples[name].cases) < count for name, count in CYCLES.items()):
        view = world.block([world.shocks.next()])
        for strategy in strategies:
            for item in strategy.evaluate(view, GAS).opportunities:
                states = [view.states[leg.pool] for leg in item.legs]
                modelled = all(isinstance(state, V2State | V3State) for state in states)
                sample = samples[item.strategy]
                if modelled and len(sample.cases) < CYCLES[item.strategy]:
                    sample.add(item, states)
    return list(samples.values())


def _hop(leg: Leg, state: VenueState) -> dict[str, object]:
    tokens = sorted((leg.token_in, leg.token_out))
    names = {"pool": leg.pool.hex(), "token0": tokens[0].hex(), "token1": tokens[1].hex()}
    if isinstance(state, V2State):
        reserves = {"reserve0": str(state.reserve0), "reserve1": str(state.reserve1)}
        return {**names, **reserves, "fee_pips": state.fee_pips}
    assert isinstance(state, V3State)
    return {
        **names,
        "fee_pips": state.fee_pips,
        "tick_spacing": state.tick_spacing,
        "sqrt_price_x96": str(state.sqrt_price_x96),
        "tick": state.tick,
        "liquidity": str(state.liquidity),
        "ticks": [[at, str(net)] for at, net in zip(state.ticks, state.nets, strict=True)],
    }


def _earned(hops: list[Hop], amount_in: int) -> int:
    amounts = forward(hops, amount_in) if amount_in else None
    return 0 if amounts is None else amounts[-1] - amount_in


def _profit(exact: Exact, row: int) -> int:
    paid, got = (low | upper << 64 for low, upper in exact.amounts[row, [0, -1]].tolist())
    return int(got - paid)
