"""Uniswap V3, V4 and Algebra quotes equal their contracts to the wei, with the state they leave."""

from collections.abc import Callable, Iterator
from itertools import product
from random import Random

from venue_fuzz import CASES, cases
from venue_oracle_concentrated import (
    ALGEBRA_SPACING,
    V4_SPACINGS,
    AlgebraOracle,
    V3Oracle,
    V4Oracle,
)
from venue_states import edge_amount, random_amount, random_curve, random_v3_state

from keeper.market.venues.algebra import AlgebraState
from keeper.market.venues.base import Quote, Refusal, VenueState
from keeper.market.venues.uniswap_v3 import V3State
from keeper.market.venues.uniswap_v4 import V4State, whole_fees

Trade = tuple[bool, int, bool]
Swap = tuple[int, int, int, int]
Ask = Callable[[Trade], Swap | None]
TRADES_PER_STATE = 8


def random_algebra(rng: Random) -> AlgebraState:
    fee = rng.choice((0, 1, 100, rng.randrange(1 << 16), (1 << 16) - 1))
    return AlgebraState(*random_curve(rng, fee, ALGEBRA_SPACING))


def random_v4(rng: Random) -> tuple[V4State, int]:
    fee = rng.choices(list(V4_SPACINGS), (1, 1, 8, 8, 8, 2, 2))[0]
    sides = [rng.choice((0, 0, 1, 1000, rng.randrange(1001))) for _ in range(2)]
    if fee == max(V4_SPACINGS):
        sides = [0, 0]
    protocol_fee = sides[0] | sides[1] << 12
    curve = random_curve(rng, fee, V4_SPACINGS[fee])
    return V4State(curve, *whole_fees(fee, protocol_fee)), protocol_fee


def random_trades(rng: Random, curve: V3State) -> Iterator[Trade]:
    """Both ways, of exact inputs and of exact outputs, one amount that ends on or beside a tick."""
    for way, exact_in in product((True, False), repeat=2):
        yield way, random_amount(rng, curve.tick_spacing), exact_in
        yield way, edge_amount(rng, curve, zero_for_one=way, exact_in=exact_in), exact_in


def agrees(quote: Quote, after: Swap, theirs: Swap | None) -> bool:
    """Refusals are the contract's reverts, and a swap that stops short is told with its amounts."""
    if theirs is None:
        return quote.refusal is not None and quote.amount_out == 0
    if quote.refusal not in (None, Refusal.EXHAUSTED):
        return False
    if quote.refusal is Refusal.EXHAUSTED:
        return (quote.amount_in, quote.amount_out) == theirs[:2]
    return after == theirs


def traded_alike(name: str, state: VenueState, trades: Iterator[Trade], ask: Ask) -> int:
    """How many of the trades went through in full, after comparing each with the contract."""
    traded = 0
    for trade in trades:
        way, amount, exact_in = trade
        quote, after = state.swapped(zero_for_one=way, amount=amount, exact_in=exact_in)
        end = after.curve if isinstance(after, V4State) else after
        assert isinstance(end, V3State)
        ours = (quote.amount_in, quote.amount_out, end.sqrt_price_x96, end.tick)
        theirs = ask(trade)
        assert agrees(quote, ours, theirs), (name, trade, state, quote, ours, theirs)
        traded += quote.refusal is None
    return traded


def test_v3_quotes_equal_the_real_pool() -> None:
    oracle, traded = V3Oracle(), 0
    for name, rng in cases("v3", 1 / TRADES_PER_STATE):
        state = random_v3_state(rng)
        oracle.set_state(state, rng.choice((0, 0x44, 0xA4)))
        traded += traded_alike(name, state, random_trades(rng, state), oracle.swap)
    assert traded > 0.4 * CASES


def test_algebra_quotes_equal_the_published_pool() -> None:
    oracle, traded = AlgebraOracle(), 0
    for name, rng in cases("algebra", 1 / TRADES_PER_STATE):
        state = random_algebra(rng)
        oracle.set_state(state, (rng.choice((0, 250)), rng.choice((0, 100))))
        traded += traded_alike(name, state, random_trades(rng, state), oracle.swap)
    assert traded > 0.4 * CASES


def test_v4_quotes_equal_the_pool_manager() -> None:
    oracle, traded = V4Oracle(), 0
    for name, rng in cases("v4", 1 / TRADES_PER_STATE):
        state, protocol_fee = random_v4(rng)
        oracle.set_state(state.curve, protocol_fee)
        traded += traded_alike(name, state, random_trades(rng, state.curve), oracle.swap)
    assert traded > 0.4 * CASES
