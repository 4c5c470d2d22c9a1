"""Curve quotes equal `curvesim` and the StableSwap oracle contract to the wei."""

import pytest
from venue_fuzz import CASES, cases
from venue_oracle_curve import CurveOracle, curvesim_answers
from venue_states_curve import random_curve_pool, random_trade

from keeper.market.venues.base import Refusal
from keeper.market.venues.curve import CurveState
from keeper.market.venues.curve_math import Rounding


@pytest.fixture(scope="module")
def oracle() -> CurveOracle:
    return CurveOracle()


TRADES_PER_STATE = 4
SHARES = {Rounding.PLAIN: 0.25, Rounding.GUARDED: 0.25, Rounding.NG: 1.0}
"""Of the cases, for the oracle contract; `curvesim` is asked about plain pools."""


def test_plain_pools_equal_curvesim() -> None:
    drawn = []
    for name, rng in cases("curvesim", 1 / TRADES_PER_STATE):
        state = random_curve_pool(rng, Rounding.PLAIN, ramping=False)
        drawn += [(name, state, random_trade(rng, state)) for _ in range(TRADES_PER_STATE)]
    traded = 0
    answers = curvesim_answers((state, trade) for _, state, trade in drawn)
    for (name, state, trade), theirs in zip(drawn, answers, strict=True):
        sold, bought, amount = trade
        quote, after = state.swapped_tokens(sold, bought, amount, exact_in=True)
        assert isinstance(after, CurveState)
        if quote.refusal is Refusal.RESERVE_OVERFLOW:
            # Python's integers, which curvesim has, do not overflow; the oracle contract's do.
            continue
        if quote.refusal is Refusal.TOO_SMALL:
            # A contract reverts below 0, where curvesim rounds the fee of -1 towards it.
            assert theirs is None or theirs[0] == 0, (name, state, trade)
            continue
        assert (quote.amount_out, after.balances) == theirs, (name, state, trade)
        traded += 1
    assert traded > 0.9 * CASES


@pytest.mark.parametrize("rounding", Rounding)
def test_every_generation_equals_the_oracle_contract(
    oracle: CurveOracle, rounding: Rounding
) -> None:
    traded, share = 0, SHARES[rounding]
    for name, rng in cases(rounding.value, share / TRADES_PER_STATE):
        state = random_curve_pool(rng, rounding)
        assert state.invariant == oracle.invariant(state), name
        for trade in (random_trade(rng, state) for _ in range(TRADES_PER_STATE)):
            quote, after = state.swapped_tokens(*trade, exact_in=True)
            assert isinstance(after, CurveState)
            theirs = oracle.exchange(state, trade)
            if quote.refusal is not None:
                assert theirs is None, (name, state, trade, quote)
                continue
            assert (quote.amount_out, after.balances) == theirs, (name, state, trade)
            traded += 1
    assert traded > 0.9 * share * CASES


@pytest.mark.parametrize("rounding", Rounding)
def test_the_input_for_an_output_is_the_least_that_buys_it(
    oracle: CurveOracle, rounding: Rounding
) -> None:
    bought_any = 0
    for name, rng in cases(f"least {rounding.value}", 0.02):
        state = random_curve_pool(rng, rounding)
        sold, bought = rng.sample(range(len(state.balances)), 2)
        wanted = max(int(state.balances[bought] * 10 ** rng.uniform(-9.0, 0.05)), 1)
        quote = state.quote_tokens(sold, bought, wanted, exact_in=False)
        if quote.refusal is not None:
            assert quote.refusal is Refusal.EXHAUSTED, name
            most = state.quote_tokens(sold, bought, 1000 * state.balances[sold], exact_in=True)
            assert most.amount_out < wanted, (name, state, wanted)
            continue
        bought_any += 1
        enough = oracle.exchange(state, (sold, bought, quote.amount_in))
        assert enough is not None
        assert enough[0] == quote.amount_out >= wanted, (name, state, wanted, quote)
        if quote.amount_in > 1:
            less = oracle.exchange(state, (sold, bought, quote.amount_in - 1))
            assert less is None or less[0] < wanted, (name, state, wanted, quote)
    assert bought_any > 0.012 * CASES
