"""The executor's law on real pools: it gains exactly what was predicted, or nothing moves."""

from fork_addresses import WPOL
from fork_market import FUNDINGS, THREE_HOPS, TWO_HOPS, Hop, Market, isolated
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keeper.execution.program import Funding


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    gap=st.integers(0, 200),
    size=st.integers(1, 100),
    way=st.tuples(st.sampled_from([TWO_HOPS, THREE_HOPS]), st.sampled_from(FUNDINGS)),
)
def test_gain_is_the_prediction_or_nothing_moves(
    market: Market, gap: int, size: int, way: tuple[tuple[Hop, ...], Funding]
) -> None:
    route, funding = way
    with isolated():
        if gap:
            market.make_gap(gap)
        legs = market.legs(route, market.size(size))
        amount = legs[0].amount_in_raw
        market.fund_executor(amount)
        predicted = legs[-1].amount_out_raw - market.payment(legs, funding)
        predicted -= market.aave_premium(amount) if funding is Funding.AAVE_V3 else 0
        ran = market.attempt(market.program(legs, funding))
        assert ran == (predicted >= 0)
        assert market.balance(WPOL, market.address) == amount + (predicted if ran else 0)
