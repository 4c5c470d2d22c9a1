"""Float curves follow the exact arithmetic; their derivatives and inverses follow them.

The domain, outside which it is the rounding of contracts that would be measured: balances of at
least 10^9 of the curve's units, inputs of 10^7 raw units, outputs of 10^9 units raw and of the
curve, and of a Balancer pool 10^-6 of its balance, since its powers are given away by 10^-14; the
contract's own invariant must hold its balance to a ten-millionth of the output.
"""

from collections.abc import Callable, Iterator
from random import Random

import numpy as np
import pytest
from venue_fuzz import CASES, cases
from venue_states_balancer import random_balances, random_stable, random_weighted
from venue_states_curve import random_curve_pool

from keeper.market.kernels.pieces import MAX_PIECES, pieces
from keeper.market.kernels.smooth import (
    BOUGHT,
    MAX_IN,
    SCALE_IN,
    SCALE_OUT,
    SOLD,
    Row,
    input_at,
    quote,
)
from keeper.market.venues.balancer_stable import StableState
from keeper.market.venues.balancer_weighted import WeightedState
from keeper.market.venues.curve import CurveState
from keeper.market.venues.curve_math import Rounding
from keeper.market.venues.pairs import TokenPool

LEAST = 10**9
LEAST_IN = 10**7
TOLERANCE = 1e-6
SHARES = {"curve": 0.0, "weighted": 1e-6, "stable": 1e-6}
Make = Callable[[Random], tuple[TokenPool, int]]


def curve(rng: Random) -> tuple[TokenPool, int]:
    while True:
        state = random_curve_pool(rng, rng.choice(list(Rounding)))
        if min(state.scaled()) >= LEAST:
            return state, len(state.balances)


def scaled(pool: TokenPool, token: int) -> int:
    assert isinstance(pool, CurveState | WeightedState | StableState)
    return pool.scaled()[token] if isinstance(pool, CurveState) else pool.holding.scaled(token)


def weighted(rng: Random) -> tuple[TokenPool, int]:
    state = random_weighted(rng, shortcuts=rng.random() < 0.5)
    return held(rng, state), len(state.weights)


def stable(rng: Random) -> tuple[TokenPool, int]:
    state, decimals, _ = random_stable(rng)
    return held(rng, state), len(decimals)


def held(rng: Random, state: WeightedState | StableState) -> WeightedState | StableState:
    while True:
        drawn = state.holds(random_balances(rng, state))
        if min(map(drawn.holding.scaled, range(len(drawn.holding.balances)))) >= LEAST:
            return drawn


POOLS: dict[str, Make] = {"curve": curve, "weighted": weighted, "stable": stable}


def trades(kind: str, share: float) -> Iterator[tuple[str, TokenPool, tuple[int, int], Row, int]]:
    """Random pools, two of their tokens, the row of it and an amount."""
    for name, rng in cases(f"floats of {kind}", share):
        pool, tokens = POOLS[kind](rng)
        sold, bought = rng.sample(range(tokens), 2)
        row = pool.row(sold, bought)
        most = min(10.0 * row[SOLD] / row[SCALE_IN], row[MAX_IN]) if row[SCALE_IN] else 0.0
        amount = int(most * 10 ** rng.uniform(-10.0, 0.0))
        if amount > 0:
            yield name, pool, (sold, bought), row, amount


@pytest.mark.parametrize("kind", POOLS)
def test_smooth_rows_follow_the_exact_quotes(kind: str) -> None:
    compared = 0
    for name, pool, way, row, amount in trades(kind, 0.1):
        exact = pool.quote_tokens(*way, amount, exact_in=True)
        if exact.refusal is not None or amount < LEAST_IN:
            continue
        units = exact.amount_out / row[SCALE_OUT]
        if min(exact.amount_out, units) < LEAST or units < SHARES[kind] * row[BOUGHT]:
            continue
        if abs(row[BOUGHT] - scaled(pool, way[1])) > 0.1 * TOLERANCE * units:
            continue
        found, _, _ = quote(row, float(amount))
        assert found == pytest.approx(exact.amount_out, rel=TOLERANCE), (name, pool, way, amount)
        compared += 1
    assert compared > 0.02 * CASES


@pytest.mark.parametrize("kind", POOLS)
def test_derivatives_are_those_of_the_curve(kind: str) -> None:
    compared = 0
    for name, pool, way, row, amount in trades(kind, 0.02):
        step = amount * 1e-4
        before, here, after = (quote(row, amount + step * side) for side in (-1.0, 0.0, 1.0))
        assert here[1] == pytest.approx((after[0] - before[0]) / (2.0 * step), rel=1e-3), name
        change = (after[1] - before[1]) / (2.0 * step)
        if abs(change) * step > 1e-7 * here[1]:
            assert here[2] == pytest.approx(change, rel=1e-2), (name, pool, way, amount)
        compared += 1
    assert compared > 0.015 * CASES


@pytest.mark.parametrize("kind", POOLS)
def test_inputs_at_a_price_are_where_the_curve_has_it(kind: str) -> None:
    compared = 0
    for name, _, _, row, amount in trades(kind, 0.05):
        top, wanted = quote(row, 0.0)[1], quote(row, float(amount))[1]
        assert input_at(row, top) == 0.0
        assert input_at(row, 2.0 * top) == 0.0
        found = input_at(row, wanted)
        assert 0.0 <= found <= row[MAX_IN]
        if 0.0 < wanted < top:
            assert quote(row, found)[1] == pytest.approx(wanted, rel=1e-9), (name, amount, found)
            compared += 1
    assert compared > 0.03 * CASES


@pytest.mark.parametrize("kind", POOLS)
def test_pieces_join_on_the_curve(kind: str) -> None:
    found = np.empty((MAX_PIECES, 3))
    for name, _, _, row, _ in trades(kind, 0.005):
        paid = received = 0.0
        for price, slope, capacity in found[: pieces(row, found)]:
            paid += capacity
            received += price * capacity / (1.0 + slope * capacity)
            assert received == pytest.approx(quote(row, paid)[0], rel=1e-9), name
        assert paid > 0.0
