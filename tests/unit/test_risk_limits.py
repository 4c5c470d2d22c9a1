"""Each limit refuses with its own code, and doubt refuses too."""

from dataclasses import replace

import pytest

from keeper.chain import Address, BlockRef, Protocol
from keeper.risk.limits import Limits, Situation, check
from keeper.strategies.opportunity import Leg, Opportunity
from keeper.strategies.reasons import Reason

USD, OTHER = Address(b"\x01" * 20), Address(b"\x02" * 20)
LIMITS = Limits(
    min_net_profit_usd=0.5,
    max_trade_usd=1_000.0,
    max_gas_price_wei=200 * 10**9,
    max_in_flight=2,
    max_consecutive_reverts=3,
    max_age_ms=1_000,
)
LEG = Leg(Address(b"\x09" * 20), Protocol.UNISWAP_V2, True, USD, OTHER, 900_000_000, 10**18)
OPPORTUNITY = Opportunity(
    strategy="simple",
    block=BlockRef(1, b"\x01" * 32, b"\x00" * 32, 1, 1),
    legs=(LEG,),
    profit_token=USD,
    profit_raw=2_000_000,
    profit_usd=2.0,
    gas_estimate=200_000,
    gas_cost_usd=1.0,
    confidence=0.5,
    frame_ns=10**18,
    applied_ns=10**18,
    sized_ns=10**18,
    exact_ns=10**18,
)
SITUATION = Situation(
    now_ns=10**18 + 10**6,
    gas_price_wei=100 * 10**9,
    in_flight=1,
    consecutive_reverts=2,
    profit_token_usd_per_raw=1e-6,
)


def test_what_keeps_every_limit_passes() -> None:
    assert check(LIMITS, OPPORTUNITY, SITUATION) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"consecutive_reverts": 3}, Reason.HALTED),
        ({"in_flight": 2}, Reason.TOO_MANY_IN_FLIGHT),
        ({"gas_price_wei": 200 * 10**9 + 1}, Reason.GAS_PRICE_TOO_HIGH),
        ({"now_ns": 10**18 + 1_001 * 10**6}, Reason.TOO_OLD),
        ({"now_ns": 10**18 - 1}, Reason.TOO_OLD),
        ({"profit_token_usd_per_raw": None}, Reason.UNPRICED),
        ({"profit_token_usd_per_raw": 2e-6}, Reason.TRADE_TOO_LARGE),
        ({"profit_token_usd_per_raw": float("nan")}, Reason.TRADE_TOO_LARGE),
    ],
)
def test_situations_that_forbid_trading(change: dict[str, float], reason: Reason) -> None:
    assert check(LIMITS, OPPORTUNITY, replace(SITUATION, **change)) is reason  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"profit_usd": 1.0}, Reason.BELOW_GAS),
        ({"profit_usd": float("nan")}, Reason.BELOW_GAS),
        ({"profit_usd": 1.49}, Reason.BELOW_MIN_PROFIT),
    ],
)
def test_profits_that_are_too_small(change: dict[str, float], reason: Reason) -> None:
    assert check(LIMITS, replace(OPPORTUNITY, **change), SITUATION) is reason  # type: ignore[arg-type]


def test_limits_are_inclusive() -> None:
    edge = replace(OPPORTUNITY, profit_usd=1.5, legs=(replace(LEG, amount_in_raw=10**9),))
    at = replace(SITUATION, now_ns=10**18 + 10**9, gas_price_wei=200 * 10**9)
    assert check(LIMITS, edge, at) is None
