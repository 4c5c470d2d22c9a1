"""Uniswap V4 and Algebra quotes equal their contracts to the wei, with the state they leave."""

from random import Random

from venue_fuzz import CASES, cases
from venue_oracle_concentrated import V4_SPACINGS, AlgebraOracle, V4Oracle
from venue_states import random_amount, random_curve

from keeper.market.venues import algebra, uniswap_v4
from keeper.market.venues.algebra import AlgebraState
from keeper.market.venues.base import Quote, Refusal
from keeper.market.venues.uniswap_v4 import V4State

Swap = tuple[int, int, int, int]
QUOTES_PER_STATE = 2


def random_algebra(rng: Random) -> AlgebraState:
    fee = rng.choice((0, 1, 100, rng.randrange(1 << 16), (1 << 16) - 1))
    curve = random_curve(rng, fee, algebra.TICK_SPACING)
    return algebra.state_of(
        sqrt_price_x96=curve.sqrt_price_x96,
        tick=curve.tick,
        fee_pips=fee,
        nets=dict(zip(curve.ticks, curve.nets, strict=True)),
    )


def random_v4(rng: Random) -> tuple[V4State, int]:
    fee = rng.choice(list(V4_SPACINGS))
    sides = [rng.choice((0, 0, 1, 1000, rng.randrange(1001))) for _ in range(2)]
    if fee == max(V4_SPACINGS):
        sides = [0, 0]
    protocol_fee = sides[0] | sides[1] << 12
    curve = random_curve(rng, fee, V4_SPACINGS[fee])
    state = uniswap_v4.state_of(
        hooks=bytes(20),
        key_fee_pips=fee,
        tick_spacing=curve.tick_spacing,
        sqrt_price_x96=curve.sqrt_price_x96,
        tick=curve.tick,
        nets=dict(zip(curve.ticks, curve.nets, strict=True)),
        protocol_fee=protocol_fee,
    )
    return state, protocol_fee


def agrees(quote: Quote, after: Swap, theirs: Swap | None) -> bool:
    """Refusals are the contract's reverts, and a swap that stops short is told with its amounts."""
    if theirs is None:
        return quote.refusal is not None and quote.amount_out == 0
    if quote.refusal not in (None, Refusal.EXHAUSTED):
        return False
    if quote.refusal is Refusal.EXHAUSTED:
        return (quote.amount_in, quote.amount_out) == theirs[:2]
    return after == theirs


def test_algebra_quotes_equal_the_published_pool() -> None:
    oracle, traded = AlgebraOracle(), 0
    for name, rng in cases("algebra", 1 / QUOTES_PER_STATE):
        state = random_algebra(rng)
        oracle.set_state(state, (rng.choice((0, 250)), rng.choice((0, 100))))
        for exact_in in (True, False):
            way, amount = rng.random() < 0.5, random_amount(rng)
            quote, after = state.swapped(zero_for_one=way, amount=amount, exact_in=exact_in)
            theirs = oracle.swap(zero_for_one=way, amount=amount, exact_in=exact_in)
            assert isinstance(after, AlgebraState)
            ours = (quote.amount_in, quote.amount_out, after.sqrt_price_x96, after.tick)
            assert agrees(quote, ours, theirs), (name, way, amount, exact_in, state, quote, theirs)
            traded += quote.refusal is None
    assert traded > 0.4 * CASES


def test_v4_quotes_equal_the_pool_manager() -> None:
    oracle, traded = V4Oracle(), 0
    for name, rng in cases("v4", 1 / QUOTES_PER_STATE):
        state, protocol_fee = random_v4(rng)
        oracle.set_state(state.curve, protocol_fee)
        for exact_in in (True, False):
            way, amount = rng.random() < 0.5, random_amount(rng)
            quote, after = state.swapped(zero_for_one=way, amount=amount, exact_in=exact_in)
            theirs = oracle.swap(
                state.curve.fee_pips, zero_for_one=way, amount=amount, exact_in=exact_in
            )
            assert isinstance(after, V4State)
            end = (after.curve.sqrt_price_x96, after.curve.tick)
            ours = (quote.amount_in, quote.amount_out, *end)
            assert agrees(quote, ours, theirs), (name, way, amount, exact_in, state, quote, theirs)
            traded += quote.refusal is None
    assert traded > 0.4 * CASES
