"""Float curves follow the exact arithmetic; their derivatives and inverses follow them, and so does
what search walks.

The domain, outside which it is the rounding of contracts that would be measured: balances of at
least 10^9 of the curve's units, inputs of 10^7 raw units, outputs of 10^9 units raw and of the
curve, and of a Balancer pool 10^-6 of its balance, since its powers are given away by 10^-14; the
contract's own invariant must hold its balance to a ten-millionth of the output.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray
from venue_fuzz import CASES, cases
from venue_states import random_v3_state
from venue_states_balancer import random_balances, random_stable, random_weighted
from venue_states_curve import random_curve_pool

from keeper.market.arrays import PoolArrays
from keeper.market.kernels.compiler import kernel
from keeper.market.kernels.curves import best_size, curve_space
from keeper.market.kernels.layout import FlatPools
from keeper.market.kernels.pieces import FALL, MAX_PIECES, pieces
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
from keeper.market.venues.base import Quote, VenueState
from keeper.market.venues.curve import CurveState
from keeper.market.venues.curve_math import Rounding
from keeper.market.venues.pairs import PairState, TokenPool
from keeper.market.venues.uniswap_v2 import MAX_RESERVE, V2State
from keeper.market.venues.uniswap_v3 import V3State

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


def in_domain(kind: str, pool: TokenPool, way: tuple[int, int], row: Row, exact: Quote) -> bool:
    units = exact.amount_out / row[SCALE_OUT]
    if exact.amount_in < LEAST_IN or min(exact.amount_out, units) < LEAST:
        return False
    if units < SHARES[kind] * row[BOUGHT]:
        return False
    return bool(abs(row[BOUGHT] - scaled(pool, way[1])) <= 0.1 * TOLERANCE * units)


@pytest.mark.parametrize("kind", POOLS)
def test_smooth_rows_follow_the_exact_quotes(kind: str) -> None:
    compared = 0
    for name, pool, way, row, amount in trades(kind, 0.1):
        exact = pool.quote_tokens(*way, amount, exact_in=True)
        if exact.refusal is not None or not in_domain(kind, pool, way, row, exact):
            continue
        found, _, _ = quote(row, float(amount))
        assert found == pytest.approx(exact.amount_out, rel=TOLERANCE), (name, pool, way, amount)
        compared += 1
    assert compared > 0.02 * CASES


def pair(rng: Random) -> V2State:
    reserves = [rng.randrange(1 << 40, 1 << rng.randrange(41, 112)) for _ in range(2)]
    return V2State(*reserves, rng.choice((0, 500, 2500, 3000)))


def two_of(kind: str) -> Callable[[Random], VenueState]:
    def make(rng: Random) -> VenueState:
        pool, tokens = POOLS[kind](rng)
        return PairState(pool, *rng.sample(range(tokens), 2))

    return make


SEARCHED: dict[str, tuple[Callable[[Random], VenueState], float]] = {
    "v2": (pair, 1e-9),
    "v3": (random_v3_state, TOLERANCE),
    **{kind: (two_of(kind), TOLERANCE) for kind in POOLS},
}
"""Venues and how far search may be off; V4 and Algebra pools lie in its arrays as V3's do."""


@kernel
def size(
    totals: NDArray[np.float64], pools: FlatPools, edges: NDArray[np.int64], max_in: float
) -> bool:
    return best_size(totals, pools, edges, max_in)


def searched_output(state: VenueState, exact: Quote, *, zero_for_one: bool) -> float | None:
    """What search's own walk buys of the pool, made to by a second pool that pays for anything."""
    arrays, totals = PoolArrays(), curve_space()
    slots = arrays.append(), arrays.append()
    arrays.update(slots[0], state)
    arrays.update(slots[1], V2State(exact.amount_out, MAX_RESERVE, 0))
    edges = np.array([2 * slots[0] + (0 if zero_for_one else 1), 2 * slots[1]])
    size(totals, arrays.flat, edges, float(exact.amount_in))
    whole = totals[0] == pytest.approx(exact.amount_in, rel=1e-12)
    return float(totals[1]) if whole else None


@pytest.mark.parametrize("kind", SEARCHED)
def test_search_sees_what_contracts_pay(kind: str) -> None:
    make, tolerance = SEARCHED[kind]
    compared = missed = 0
    for name, rng in cases(f"search {kind}", 0.05):
        state, way = make(rng), rng.random() < 0.5
        amount = random_input(rng, state, zero_for_one=way)
        exact = state.quote(zero_for_one=way, amount=amount, exact_in=True)
        if exact.refusal is not None or not is_measurable(kind, state, exact, zero_for_one=way):
            continue
        found = searched_output(state, exact, zero_for_one=way)
        if found is None:
            # so deep a trade that the second pool does not pay for its last units
            missed += 1
            continue
        assert found == pytest.approx(exact.amount_out, rel=tolerance), (name, state, way, amount)
        compared += 1
    assert compared > 0.008 * CASES
    assert missed < 0.04 * compared


def lopsided(*, is_above: bool) -> V3State:
    """Small ranges around the price, and on one side behind them one of 10^17 times as much."""
    marks = [-3_600, -1_200, -600, 600, 1_200, 3_600]
    small, huge = 10**12, 10**29
    nets = [0, small, small, -small, -small, 0]
    marks, nets = (
        ([*marks, 6_000], [*nets[:-1], huge, -huge])
        if is_above
        else ([-6_000, *marks], [huge, -huge, *nets[1:]])
    )
    return V3State(2**96, 0, 2 * small, 500, 60, marks, nets)


@pytest.mark.parametrize("is_above", [True, False])
@pytest.mark.parametrize("way", [True, False])
def test_search_sees_a_small_trade_beside_a_range_that_holds_far_more(
    *, is_above: bool, way: bool
) -> None:
    state = lopsided(is_above=is_above)
    crossed = Counter[int]()
    for share in range(1, 90):
        amount = share * 10**9
        exact = state.quote(zero_for_one=way, amount=amount, exact_in=True)
        if exact.refusal is not None or exact.amount_in < amount:
            continue
        found = searched_output(state, exact, zero_for_one=way)
        assert found == pytest.approx(exact.amount_out, rel=TOLERANCE), amount
        crossed[exact.crossed] += 1
    assert min(crossed[0], crossed[1]) > 10


def random_input(rng: Random, state: VenueState, *, zero_for_one: bool) -> int:
    """Up to all that the pool holds, and of many sizes."""
    if isinstance(state, PairState):
        row = state.row(zero_for_one=zero_for_one)
        most = min(row[SOLD] / row[SCALE_IN], row[MAX_IN]) if row[SCALE_IN] else 0.0
    elif isinstance(state, V2State):
        most = float(state[0 if zero_for_one else 1])
    else:
        most = sum(segment.capacity for segment in state.segments(zero_for_one=zero_for_one))
        most = min(most, 1e24)
    return int(most * 10 ** rng.uniform(-9.0, -0.01))


def is_measurable(kind: str, state: VenueState, exact: Quote, *, zero_for_one: bool) -> bool:
    """Whether the swap lies in the domain, and the second pool can pay for it."""
    if exact.amount_in < LEAST_IN or not 10 * LEAST < exact.amount_out < MAX_RESERVE >> 8:
        return False
    if exact.amount_in > MAX_RESERVE >> 30:
        return False
    if not isinstance(state, PairState):
        return True
    row = state.row(zero_for_one=zero_for_one)
    way = (state.token0, state.token1) if zero_for_one else (state.token1, state.token0)
    if quote(row, float(exact.amount_in))[1] < 10.0 * FALL * quote(row, 0.0)[1]:
        return False
    return in_domain(kind, state.pool, way, row, exact)


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


def test_no_input_beside_the_best_earns_more() -> None:
    """Of two random pools of which the second lets the chain pay; ticks and gaps and all."""
    compared = 0
    for name, rng in cases("best size", 0.02):
        kind, way = rng.choice(list(SEARCHED)), rng.random() < 0.5
        first = SEARCHED[kind][0](rng)
        arrays, totals = PoolArrays(), curve_space()
        slots = arrays.append(), arrays.append()
        arrays.update(slots[0], first)
        price = np.exp(arrays.flat.log_prices[slots[0], 0 if way else 1])
        sold = rng.randrange(1 << 50, 1 << 90)
        bought = int(sold / price * rng.uniform(1.01, 1.5)) if price > 0.0 else 0
        if not 1 << 50 < bought < MAX_RESERVE:
            continue
        second = V2State(sold, bought, 3000)
        arrays.update(slots[1], second)
        edges = np.array([2 * slots[0] + (0 if way else 1), 2 * slots[1]])
        if not size(totals, arrays.flat, edges, float(MAX_RESERVE)) or totals[0] < LEAST_IN:
            continue
        best = totals[2] - totals[0]
        for share in (0.01, 0.3, 0.9, 0.99, 1.01, 1.1, 3.0, 100.0):
            paid = int(totals[0] * share)
            middle = first.quote(zero_for_one=way, amount=paid, exact_in=True)
            out = second.quote(zero_for_one=True, amount=middle.amount_out, exact_in=True)
            if middle.refusal is None and out.refusal is None and middle.amount_out > LEAST:
                noise = TOLERANCE * out.amount_out * min(share, 1.0)
                assert out.amount_out - paid <= best + noise, (name, kind, first, second, share)
                compared += 1
    assert compared > 0.02 * CASES
