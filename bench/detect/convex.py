"""The basket beside cvxpy with Clarabel, on pools that both can model: pairs, without gas."""

import sys
from math import isclose
from time import thread_time_ns

import numpy as np

from bench.detect.peers.environment import run_peer
from bench.detect.world import World
from bench.markets import SEED, Shocks, generate
from keeper.chain import Address, Protocol
from keeper.gas_table import POLYGON
from keeper.market.venues.uniswap_v2 import V2State
from keeper.market.view import MarketView
from keeper.strategies.base import GasQuote
from keeper.strategies.basket.strategy import BasketStrategy

POOLS, MADE, TOKENS, CHANGED, REPEATS = 500, 600, 100, 100, 20
MOST_HELD = 1 << 108
CLOSE = 1e-4
"""Of the optimum: how well the peer's agrees with our bound."""


def measure_convex(_world: World) -> dict[str, float | None]:
    """How many times longer the peer takes, both from cold and in their thread's processor time.

    Ours is the whole decision down to exact integers; the peer's the best of its solves, the first
    of which also compiles the program.

    Raises:
        AssertionError: the peer's optimum is not ours.
    """
    market = generate(MADE, TOKENS, SEED, {Protocol.UNISWAP_V2: 1.0})
    world = World(market, Shocks(market, SEED))
    view = world.block(world.shocks.block(CHANGED))
    beyond = _beyond(view)
    took: list[int] = []
    for _ in range(REPEATS):
        strategy = BasketStrategy(world.settings(), max_swaps=POOLS, risk=0.0)
        began = thread_time_ns()
        strategy.evaluate_on(view.arrays.flat, view, GasQuote(0, 0.0, POLYGON), beyond)
        took.append(thread_time_ns() - began)
    assert strategy.certificate is not None
    answer = run_peer("convex.txt", "solve_basket.py", _case(view, market.tokens[0], beyond))
    if answer is None:
        return {"clarabel_ratio_500": None}
    ours, theirs = strategy.certificate.gross_usd, answer["profit_usd"]
    sys.stderr.write(f"  the peer finds {theirs:.6f} USD ({answer['status']}), we {ours:.6f}\n")
    assert isclose(ours, theirs, rel_tol=CLOSE), f"the peer finds {theirs} USD, not {ours}"
    return {"clarabel_ratio_500": answer["us"] * 1e3 / float(np.median(took))}


def _beyond(view: MarketView) -> frozenset[Address]:
    """All pools but the first `POOLS` that the peer can model.

    It knows no end of what a pair can hold, so those near it are not among them, nor are those of
    tokens without a value.
    """
    modelled: set[Address] = set()
    for slot, key in enumerate(view.topology.pools):
        state = view.state_of(slot)
        assert isinstance(state, V2State)
        valued = {key.token0, key.token1} <= view.usd_per_raw.keys()
        if valued and max(state.reserve0, state.reserve1) < MOST_HELD and len(modelled) < POOLS:
            modelled.add(key.address)
    assert len(modelled) == POOLS
    return frozenset(view.topology.slots.keys() - modelled)


def _case(view: MarketView, profit: Address, beyond: frozenset[Address]) -> dict[str, object]:
    """The market without the pools `beyond`, in dollars."""
    places = {token: place for place, token in enumerate(view.usd_per_raw)}
    pools: dict[str, list[float]] = {
        name: [] for name in ("token0", "token1", "reserve0", "reserve1", "gamma")
    }
    for slot, key in enumerate(view.topology.pools):
        state = view.state_of(slot)
        assert isinstance(state, V2State)
        if key.address in beyond:
            continue
        pools["token0"].append(places[key.token0])
        pools["token1"].append(places[key.token1])
        pools["reserve0"].append(state.reserve0 * view.usd_per_raw[key.token0])
        pools["reserve1"].append(state.reserve1 * view.usd_per_raw[key.token1])
        pools["gamma"].append(1.0 - state.fee_pips / 1e6)
    return {"tokens": len(places), "profit": places[profit], "pools": pools}
