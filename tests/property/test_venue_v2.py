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


def keeps_product(reserves: tuple[int, int], fee_pips: int, paid: int, got: int) -> bool:
    """The pair's own check (whitepaper 3.2.1), its fee in millionths of the input."""
    reserve_in, reserve_out = reserves
    after = (reserve_in + paid) * 1_000_000 - paid * fee_pips
    return got < reserve_out and after * (reserve_out - got) >= 1_000_000 * reserve_in * reserve_out


def test_any_fork_s_fee_gives_the_most_that_its_pair_lets_go() -> None:
    for name, rng in cases("v2 forks", 0.25):
        first, second = (rng.randrange(2, 1 << rng.randrange(2, 113)) for _ in range(2))
        reserves, fee = (first, second), rng.choice((0, 1, 500, 2000, 2500, rng.randrange(10_000)))
        amount = rng.randrange(1, 1 << rng.randrange(1, 113))
        bought = quote_exact_in(*reserves, fee, amount)
        if bought.refusal is None:
            assert keeps_product(reserves, fee, amount, bought.amount_out), name
            assert not keeps_product(reserves, fee, amount, bought.amount_out + 1), name
        paid = quote_exact_out(*reserves, fee, rng.randrange(1, second))
        if paid.refusal is None:
            assert keeps_product(reserves, fee, paid.amount_in, paid.amount_out), name
            # Where the least input is whole, the library asks for one unit more.
            assert not keeps_product(reserves, fee, paid.amount_in - 2, paid.amount_out), name


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
