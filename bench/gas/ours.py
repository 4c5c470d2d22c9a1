"""Our programs for a route, as the keeper encodes them, with limits of realistic width."""

from bench.gas.market import Route
from keeper.execution.program import Funding, encode_program

DEADLINE_BLOCK = 90_123_456
MAX_BASE_FEE_WEI = 187_654_321_987
AAVE_PREMIUM_BP = 5


def least_profit(route: Route) -> int:
    """Nine tenths of what the route earns: the minimum that every contender demands."""
    return route.profit_raw * 9 // 10


def program(route: Route, funding: Funding) -> bytes:
    """Calldata of the executor for the route."""
    amount = route.legs[0].amount_in_raw
    premium = amount * AAVE_PREMIUM_BP // 10_000 + 1
    borrowed = funding is Funding.AAVE_V3
    return encode_program(
        route.legs,
        funding=funding,
        profit_token=route.legs[0].token_in,
        min_profit_raw=least_profit(route) - (premium if borrowed else 0),
        deadline_block=DEADLINE_BLOCK,
        max_base_fee_wei=MAX_BASE_FEE_WEI,
        max_premium_raw=premium if borrowed else 0,
    )
