"""Every quote equals the protocol's own compiled contract to the wei, on random states."""

from random import Random

import pytest
from venue_oracle import V2Oracle, V3Oracle
from venue_states import random_amount, random_v3_state

from keeper.market.venues.base import Refusal
from keeper.market.venues.uniswap_v2 import MAX_RESERVE, quote_exact_in, quote_exact_out
from keeper.market.venues.uniswap_v3 import swap

SEEDS = range(6)
V3_STATES_PER_SEED = 450
V2_STATES_PER_SEED = 1_000


@pytest.fixture(scope="module")
def v3_oracle() -> V3Oracle:
    return V3Oracle()


@pytest.fixture(scope="module")
def v2_oracle() -> V2Oracle:
    return V2Oracle()


@pytest.mark.parametrize("seed", SEEDS)
def test_v3_quotes_equal_quoter_v2(v3_oracle: V3Oracle, seed: int) -> None:
    rng = Random(seed)
    compared = 0
    for _ in range(V3_STATES_PER_SEED):
        state = random_v3_state(rng)
        v3_oracle.set_state(state)
        for exact_in in (True, False):
            zero_for_one, amount = rng.random() < 0.5, random_amount(rng)
            ours = swap(state, zero_for_one=zero_for_one, amount=amount, exact_in=exact_in)
            theirs = v3_oracle.quote(
                state, zero_for_one=zero_for_one, amount=amount, exact_in=exact_in
            )
            if theirs is None:
                # The quoter's callback refuses a swap in which nothing at all changes hands.
                assert ours.amount_in == ours.amount_out == 0
                continue
            compared += 1
            asked = ours.amount_out if exact_in else ours.amount_in
            assert (asked, ours.sqrt_price_x96) == theirs, (state, zero_for_one, amount, exact_in)
    assert compared > 1.2 * V3_STATES_PER_SEED


@pytest.mark.parametrize("seed", SEEDS)
def test_v2_quotes_equal_the_router(v2_oracle: V2Oracle, seed: int) -> None:
    rng = Random(seed)
    for _ in range(V2_STATES_PER_SEED):
        reserves = [rng.randrange(1, 1 << rng.randrange(1, 113)) for _ in range(2)]
        amount = rng.randrange(1, 1 << rng.randrange(1, 113))
        ours = quote_exact_in(*reserves, 3000, amount)
        if ours.refusal is None:
            assert ours.amount_out == v2_oracle.amount("getAmountOut", amount, *reserves)
        else:
            assert ours.refusal is Refusal.RESERVE_OVERFLOW
            assert reserves[0] + amount > MAX_RESERVE
        wanted = rng.randrange(1, reserves[1] + 1)
        back = quote_exact_out(*reserves, 3000, wanted)
        if back.refusal is None:
            assert back.amount_in == v2_oracle.amount("getAmountIn", wanted, *reserves)
        else:
            assert back.refusal in (Refusal.RESERVE_OVERFLOW, Refusal.EXHAUSTED)


@pytest.mark.parametrize("bits", [1, 8, 111, 112])
def test_v2_bounds_are_the_pair_s(bits: int) -> None:
    reserve = (1 << bits) - 1
    room = MAX_RESERVE - reserve
    assert quote_exact_in(reserve, reserve, 3000, room + 1).refusal is Refusal.RESERVE_OVERFLOW
    if room:
        assert quote_exact_in(reserve, reserve, 3000, room).refusal is None
    assert quote_exact_out(reserve, reserve, 3000, reserve).refusal is Refusal.EXHAUSTED
    assert quote_exact_in(reserve, reserve, 3000, 0).refusal is Refusal.ZERO_AMOUNT
    assert quote_exact_in(0, reserve, 3000, 1).refusal is Refusal.NO_LIQUIDITY
