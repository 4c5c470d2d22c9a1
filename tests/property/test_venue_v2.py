"""Uniswap V2 quotes equal the real router's to the wei."""

import pytest
from venue_fuzz import cases
from venue_oracle import V2Oracle

from keeper.market.venues.base import Refusal
from keeper.market.venues.uniswap_v2 import MAX_RESERVE, quote_exact_in, quote_exact_out


def test_v2_quotes_equal_the_router() -> None:
    oracle = V2Oracle()
    for name, rng in cases("v2", 0.5):
        reserves = [rng.randrange(1, 1 << rng.randrange(1, 113)) for _ in range(2)]
        amount = rng.randrange(1, 1 << rng.randrange(1, 113))
        ours = quote_exact_in(*reserves, 3000, amount)
        if ours.refusal is None:
            assert ours.amount_out == oracle.amount("getAmountOut", amount, *reserves), name
        else:
            assert ours.refusal is Refusal.RESERVE_OVERFLOW, name
            assert reserves[0] + amount > MAX_RESERVE, name
        wanted = rng.randrange(1, reserves[1] + 1)
        back = quote_exact_out(*reserves, 3000, wanted)
        if back.refusal is None:
            assert back.amount_in == oracle.amount("getAmountIn", wanted, *reserves), name
        else:
            assert back.refusal in (Refusal.RESERVE_OVERFLOW, Refusal.EXHAUSTED), name


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
