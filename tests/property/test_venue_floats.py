"""Float curves follow the exact arithmetic; their derivatives and inverses follow them.

The domain: balances of at least 10^9 of the curve's units and outputs of as many of these and of
raw ones, so that the whole units in which contracts round are not what is measured.
"""

from collections.abc import Callable, Iterator
from random import Random

import numpy as np
import pytest
from venue_fuzz import cases
from venue_states_curve import random_curve_pool

from keeper.market.kernels.pieces import MAX_PIECES, pieces
from keeper.market.kernels.smooth import MAX_IN, SCALE_IN, SCALE_OUT, SOLD, Row, input_at, quote
from keeper.market.venues.curve_math import Rounding
from keeper.market.venues.pairs import TokenPool

LEAST = 10**9
TOLERANCE = 1e-6
Make = Callable[[Random], tuple[TokenPool, int]]


def curve(rng: Random) -> tuple[TokenPool, int]:
    while True:
        state = random_curve_pool(rng, rng.choice(list(Rounding)))
        if min(state.scaled()) >= LEAST:
            return state, len(state.balances)


POOLS: dict[str, Make] = {"curve": curve}


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
    for name, pool, way, row, amount in trades(kind, 1.0):
        exact = pool.quote_tokens(*way, amount, exact_in=True)
        if exact.refusal is not None:
            continue
        if min(exact.amount_out, exact.amount_out / row[SCALE_OUT]) < LEAST:
            continue
        found, _, _ = quote(row, float(amount))
        assert found == pytest.approx(exact.amount_out, rel=TOLERANCE), (name, pool, way, amount)
        compared += 1
    assert compared > 500


@pytest.mark.parametrize("kind", POOLS)
def test_derivatives_are_those_of_the_curve(kind: str) -> None:
    compared = 0
    for name, pool, way, row, amount in trades(kind, 0.2):
        step = amount * 1e-4
        before, here, after = (quote(row, amount + step * side) for side in (-1.0, 0.0, 1.0))
        assert here[1] == pytest.approx((after[0] - before[0]) / (2.0 * step), rel=1e-3), name
        change = (after[1] - before[1]) / (2.0 * step)
        if abs(change) * step > 1e-7 * here[1]:
            assert here[2] == pytest.approx(change, rel=1e-2), (name, pool, way, amount)
        compared += 1
    assert compared > 300


@pytest.mark.parametrize("kind", POOLS)
def test_inputs_at_a_price_are_where_the_curve_has_it(kind: str) -> None:
    compared = 0
    for name, _, _, row, amount in trades(kind, 0.5):
        top, wanted = quote(row, 0.0)[1], quote(row, float(amount))[1]
        assert input_at(row, top) == 0.0
        assert input_at(row, 2.0 * top) == 0.0
        found = input_at(row, wanted)
        assert 0.0 <= found <= row[MAX_IN]
        if 0.0 < wanted < top:
            assert quote(row, found)[1] == pytest.approx(wanted, rel=1e-9), (name, amount, found)
            compared += 1
    assert compared > 800


@pytest.mark.parametrize("kind", POOLS)
def test_pieces_join_on_the_curve(kind: str) -> None:
    found = np.empty((MAX_PIECES, 3))
    for name, _, _, row, _ in trades(kind, 0.05):
        paid = received = 0.0
        for price, slope, capacity in found[: pieces(row, found)]:
            paid += capacity
            received += price * capacity / (1.0 + slope * capacity)
            assert received == pytest.approx(quote(row, paid)[0], rel=1e-9), name
        assert paid > 0.0
