"""Laws every venue's arithmetic keeps, whatever the state."""

from itertools import pairwise
from math import isfinite
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from venue_states import random_v3_state

from keeper.market.venues.base import Refusal, VenueState
from keeper.market.venues.uniswap_v2 import MAX_RESERVE, V2State
from keeper.market.venues.uniswap_v3 import swap
from keeper.market.venues.v3_tick_math import (
    MAX_SQRT_RATIO,
    MAX_TICK,
    MIN_SQRT_RATIO,
    MIN_TICK,
    get_sqrt_ratio_at_tick,
    get_tick_at_sqrt_ratio,
)

RESERVE = st.integers(1, MAX_RESERVE)
V2_STATES = st.builds(V2State, RESERVE, RESERVE, st.sampled_from((0, 1, 500, 2500, 3000, 999_999)))
V3_STATES = st.integers(0, 2**32).map(lambda seed: random_v3_state(Random(seed)))
STATES = st.one_of(V2_STATES, V3_STATES)
AMOUNTS = st.one_of(st.integers(1, 10**6), st.integers(1, 2**128))


@given(STATES, st.booleans(), AMOUNTS)
@settings(max_examples=400, deadline=None)
def test_a_round_trip_through_one_pool_never_profits(
    state: VenueState, zero_for_one: bool, amount: int
) -> None:
    there = state.quote(zero_for_one=zero_for_one, amount=amount, exact_in=True)
    if there.refusal is None and there.amount_out:
        back = state.quote(zero_for_one=not zero_for_one, amount=there.amount_out, exact_in=True)
        assert back.amount_out <= amount


@given(STATES, st.booleans(), AMOUNTS)
@settings(max_examples=400, deadline=None)
def test_the_input_asked_for_an_output_buys_it(
    state: VenueState, zero_for_one: bool, amount: int
) -> None:
    asked = state.quote(zero_for_one=zero_for_one, amount=amount, exact_in=False)
    if asked.refusal is None:
        assert asked.amount_out == amount
        bought = state.quote(zero_for_one=zero_for_one, amount=asked.amount_in, exact_in=True)
        assert bought.amount_out >= amount


@given(STATES, st.booleans(), AMOUNTS, AMOUNTS)
@settings(max_examples=400, deadline=None)
def test_more_in_never_gives_less_out(
    state: VenueState, zero_for_one: bool, one: int, other: int
) -> None:
    less, more = (
        state.quote(zero_for_one=zero_for_one, amount=amount, exact_in=True)
        for amount in sorted((one, other))
    )
    if more.refusal is None:
        assert less.refusal is None
        assert less.amount_out <= more.amount_out


@given(STATES, st.booleans(), AMOUNTS)
@settings(max_examples=300, deadline=None)
def test_refusals_are_typed_and_exhaustion_is_final(
    state: VenueState, zero_for_one: bool, amount: int
) -> None:
    quote = state.quote(zero_for_one=zero_for_one, amount=amount, exact_in=True)
    if quote.refusal is Refusal.EXHAUSTED:
        double = state.quote(zero_for_one=zero_for_one, amount=2 * amount, exact_in=True)
        assert double == quote
    assert state.quote(zero_for_one=zero_for_one, amount=0, exact_in=True).refusal is (
        Refusal.ZERO_AMOUNT
    )


@given(V3_STATES, st.booleans(), AMOUNTS)
@settings(max_examples=200, deadline=None)
def test_a_v3_swap_leaves_a_state_that_reverses_it(
    state: VenueState, zero_for_one: bool, amount: int
) -> None:
    done = swap(state, zero_for_one=zero_for_one, amount=amount, exact_in=True)  # type: ignore[arg-type]
    after = state._replace(  # type: ignore[attr-defined]
        sqrt_price_x96=done.sqrt_price_x96, tick=done.tick, liquidity=done.liquidity
    )
    active = sum(
        net for tick, net in zip(after.ticks, after.nets, strict=True) if tick <= done.tick
    )
    assert done.liquidity == active
    if done.amount_out:
        back = swap(after, zero_for_one=not zero_for_one, amount=done.amount_out, exact_in=True)
        assert back.amount_out <= done.amount_in


@given(STATES, st.booleans(), st.floats(1e-9, 0.999))
@settings(max_examples=300, deadline=None)
def test_segments_follow_the_exact_curve(
    state: VenueState, zero_for_one: bool, share: float
) -> None:
    paid = received = 0.0
    for price, slope, capacity in state.segments(zero_for_one=zero_for_one):
        assert isfinite(price)
        assert slope > 0.0
        dx = capacity * share
        here = received + price * dx / (1.0 + slope * dx)
        amount = int(paid + dx)
        quote = state.quote(zero_for_one=zero_for_one, amount=max(amount, 1), exact_in=True)
        if quote.refusal is None and min(amount, quote.amount_out) > 10**9:
            assert quote.amount_out == pytest.approx(here, rel=1e-6)
        paid += capacity
        received += price * capacity / (1.0 + slope * capacity)


def test_ticks_and_prices_invert_each_other_at_every_edge() -> None:
    rng = Random(5)
    ticks = {MIN_TICK, MIN_TICK + 1, -1, 0, 1, MAX_TICK - 1}
    ticks |= {rng.randrange(MIN_TICK, MAX_TICK) for _ in range(5_000)}
    for tick in ticks:
        price = get_sqrt_ratio_at_tick(tick)
        assert get_tick_at_sqrt_ratio(price) == tick
        if tick > MIN_TICK:
            assert get_tick_at_sqrt_ratio(price - 1) == tick - 1
    assert get_sqrt_ratio_at_tick(MIN_TICK) == MIN_SQRT_RATIO
    assert get_sqrt_ratio_at_tick(MAX_TICK) == MAX_SQRT_RATIO
    for low, high in pairwise(sorted(ticks)):
        assert get_sqrt_ratio_at_tick(low) < get_sqrt_ratio_at_tick(high)


@pytest.mark.parametrize("tick", [MIN_TICK - 1, MAX_TICK + 1])
def test_ticks_out_of_range_are_refused(tick: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        get_sqrt_ratio_at_tick(tick)


@pytest.mark.parametrize("price", [0, MIN_SQRT_RATIO - 1, MAX_SQRT_RATIO])
def test_prices_out_of_range_are_refused(price: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        get_tick_at_sqrt_ratio(price)
