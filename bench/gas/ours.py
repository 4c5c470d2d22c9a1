"""Our programs for a route or a basket, as the keeper encodes them, with limits of real width."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bench.gas.market import Route
from keeper.chain import Address, Protocol, SwapTerms
from keeper.execution.program import Funding, ProgramError, encode_basket, encode_program

DEADLINE_BLOCK = 90_123_456
MAX_BASE_FEE_WEI = 187_654_321_987
AAVE_PREMIUM_BP = 5
PAIR_FEE_PIPS = 3_000
PLAIN = (Funding.OWN_CAPITAL, Funding.FLASH_SWAP, Funding.EXACT_OUTPUT)
"""Fundings without a loan."""


def least_profit(route: Route) -> int:
    """Nine tenths of what the route earns: the minimum that every contender demands."""
    return route.profit_raw * 9 // 10


def program(route: Route, funding: Funding) -> bytes:
    """Calldata of the executor for the route."""
    lender = route.lender if funding is Funding.UNISWAP_V3 else None
    terms = _limits(route, funding) | {"lender": lender, "directory": route.directory}
    return encode_program(route.legs, funding=funding, **terms)


def arriving_program(route: Route, held: Mapping[Address, int]) -> bytes:
    """Calldata on own capital whose legs take whatever has arrived."""
    v2, fee = Protocol.UNISWAP_V2, SwapTerms(fee_pips=PAIR_FEE_PIPS)
    legs = [replace(leg, terms=fee) if leg.protocol is v2 else leg for leg in route.legs]
    funding = Funding.OWN_CAPITAL
    return encode_program(legs, funding=funding, held=held, **_limits(route, funding))


def programs(route: Route, fundings: Sequence[Funding] = PLAIN) -> list[bytes]:
    """Calldata for each funding that can fund the route, without repetitions."""
    found: dict[bytes, None] = {}
    for funding in fundings:
        try:
            found[program(route, funding)] = None
        except ProgramError:
            continue
    return list(found)


def basket_program(route: Route) -> bytes:
    """Calldata of the executor for a basket on own capital."""
    funding = Funding.OWN_CAPITAL
    return encode_basket(route.legs, funding=funding, **_limits(route, funding))


def _limits(route: Route, funding: Funding) -> dict[str, Any]:
    premium = 0
    if funding is Funding.AAVE_V3:
        premium = route.capital_raw * AAVE_PREMIUM_BP // 10_000 + 1
    elif funding is Funding.UNISWAP_V3 and route.lender is not None:
        premium = route.lender.fee_raw(route.capital_raw)
    return {
        "profit_token": route.legs[0].token_in,
        "min_profit_raw": least_profit(route) - premium,
        "deadline_block": DEADLINE_BLOCK,
        "max_base_fee_wei": MAX_BASE_FEE_WEI,
        "max_premium_raw": premium,
    }
