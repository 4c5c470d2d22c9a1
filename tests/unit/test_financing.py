"""The choice of a source: price, custody, and what is too little."""

from collections.abc import Sequence, Set
from dataclasses import replace
from typing import Any

import pytest
from execution_world import opportunity

from keeper.chain import NO_TERMS, Address, BlockRef, Protocol, SwapTerms
from keeper.execution.financing import (
    ARRIVES,
    Financed,
    PassedOver,
    Source,
    Unfunded,
    finance,
)
from keeper.execution.program import Funding, ProgramError, encode_basket, encode_program
from keeper.gas_table import POLYGON
from keeper.market.flash_sources import FlashSource, Lender, Liquidity, Premium
from keeper.strategies.opportunity import Leg, Opportunity
from keeper.strategies.reasons import Reason

BLOCK = BlockRef(100, b"\1" * 32, b"\2" * 32, 1_700_000_000, 30 * 10**9)
GAIN, OTHER = Address(b"\x20" * 20), Address(b"\x30" * 20)
V3_LENDER = Address(b"\xc3" * 20)
PAID, MADE = 1_000_000, 1_010_000


def leg(number: int, protocol: Protocol, amounts: tuple[int, int], *, buys_gain: bool) -> Leg:
    tokens = (OTHER, GAIN) if buys_gain else (GAIN, OTHER)
    is_balancer = protocol is Protocol.BALANCER_V2_WEIGHTED
    terms = SwapTerms(pool_id=bytes([number]) * 32) if is_balancer else NO_TERMS
    return Leg(Address(bytes([number]) * 20), protocol, not buys_gain, *tokens, *amounts, terms)


def cycle(*protocols: Protocol, **changes: object) -> Opportunity:
    legs = (
        leg(1, protocols[0], (PAID, 5_000), buys_gain=False),
        leg(2, protocols[1], (5_000, MADE), buys_gain=True),
    )
    fields = {"legs": legs, "profit_raw": MADE - PAID, "profit_usd": 10.0, "gas_cost_usd": 0.02}
    return opportunity(BLOCK, GAIN, **(fields | changes))


def two_cycles(protocol: Protocol = Protocol.UNISWAP_V2) -> Opportunity:
    """Two cycles, the second of which takes no more than the first has made."""
    legs = tuple(
        leg(number + place, protocol, amounts, buys_gain=place == 1)
        for number in (1, 3)
        for place, amounts in enumerate(((PAID, 5_000), (5_000, MADE)))
    )
    return cycle(Protocol.UNISWAP_V2, Protocol.UNISWAP_V2, legs=legs, profit_raw=2 * (MADE - PAID))


def lent(available: int = 10**12, **premiums: Premium) -> dict[Address, tuple[FlashSource, ...]]:
    sources = tuple(
        FlashSource(Lender(name), V3_LENDER, GAIN, available, premium)
        for name, premium in premiums.items()
    )
    return {GAIN: sources}


def encode(wanted: Opportunity, source: Source) -> bytes:
    terms: dict[str, Any] = {
        "funding": source.funding,
        "lender": source.pool,
        "max_premium_raw": source.premium_raw,
        "profit_token": wanted.profit_token,
        "min_profit_raw": 1,
        "deadline_block": 200,
        "max_base_fee_wei": 10**11,
    }
    if wanted.is_chain:
        return encode_program(wanted.legs, held=source.held, **terms)
    return encode_basket(wanted.legs, loans=wanted.loans, **terms)


def financed(
    wanted: Opportunity, liquidity: Liquidity | None, restless: Set[Address] = frozenset()
) -> Financed | Unfunded:
    """On Polygon, by programs that pay what their legs say."""
    return finance(wanted, liquidity, encode, POLYGON, restless, saved=lambda *_: 0)


def funded(wanted: Opportunity, liquidity: Liquidity | None) -> Financed:
    found = financed(wanted, liquidity)
    assert isinstance(found, Financed), found
    return found


def reasons(found: Financed | Unfunded, *names: str) -> Sequence[PassedOver]:
    return [found.passed_over[name] for name in names]


def test_nothing_known__a_flash_swap_still_funds_and_nothing_else_does() -> None:
    found = funded(cycle(Protocol.UNISWAP_V2, Protocol.UNISWAP_V3), None)
    assert found.source.funding is Funding.FLASH_SWAP
    assert set(found.passed_over.values()) == {PassedOver.UNREAD}
    unfunded = financed(cycle(*[Protocol.BALANCER_V2_WEIGHTED] * 2), None)
    assert isinstance(unfunded, Unfunded)
    assert unfunded.reason is Reason.NO_FUNDING
    assert len(unfunded.passed_over) == 1 + len(Lender)


@pytest.mark.parametrize("held", [PAID - 1, PAID])
def test_own_capital__is_taken_where_it_suffices(held: int) -> None:
    found = funded(cycle(*[Protocol.UNISWAP_V2] * 2), Liquidity({}, {GAIN: held}))
    wanted = Funding.OWN_CAPITAL if held >= PAID else Funding.FLASH_SWAP
    assert found.source.funding is wanted
    assert found.opportunity.profit_raw == MADE - PAID


def test_premium__against_gas_decides_and_comes_off_to_the_unit() -> None:
    wanted = cycle(*[Protocol.CURVE_STABLESWAP] * 2, gas_estimate=200_000)
    free_but_heavy = lent(balancer_v2=Premium(), aave_v3=Premium(5, 10_000))
    assert funded(wanted, Liquidity(free_but_heavy, {})).source.funding is Funding.BALANCER_V2
    # a premium of 3 units is 0.3 cents, more gas than Morpho's is 0.18 cents
    dear = lent(morpho=Premium(3, 10**6), balancer_v2=Premium())
    found = funded(wanted, Liquidity(dear, {}))
    assert (found.source.funding, found.source.premium_raw) == (Funding.BALANCER_V2, 0)
    cheap = lent(morpho=Premium(1, 10**6), balancer_v2=Premium())
    found = funded(wanted, Liquidity(cheap, {}))
    assert (found.source.funding, found.source.premium_raw) == (Funding.MORPHO, 1)
    assert found.opportunity.profit_raw == MADE - PAID - 1
    assert found.opportunity.profit_usd == pytest.approx(10.0 * (MADE - PAID - 1) / (MADE - PAID))
    assert found.opportunity.gas_estimate == 200_000 + POLYGON.sources["morpho"]
    assert reasons(found, "balancer_v2", "aave_v3") == [PassedOver.DEARER, PassedOver.NOT_LENT]


@pytest.mark.parametrize(("available", "enough"), [(PAID - 1, False), (PAID, True)])
def test_too_little_liquidity__is_passed_over(available: int, enough: bool) -> None:
    wanted = cycle(*[Protocol.CURVE_STABLESWAP] * 2)
    found = financed(wanted, Liquidity(lent(available, morpho=Premium()), {}))
    assert isinstance(found, Financed) is enough
    if not enough:
        assert reasons(found, "morpho") == [PassedOver.TOO_LITTLE]


def test_a_lender_that_would_have_to_swap__is_passed_over() -> None:
    sources = lent(balancer_v2=Premium(), aave_v3=Premium(5, 10_000))
    found = funded(cycle(*[Protocol.BALANCER_V2_WEIGHTED] * 2), Liquidity(sources, {}))
    assert found.source.funding is Funding.AAVE_V3
    assert reasons(found, "balancer_v2") == [PassedOver.CUSTODY]
    itself = FlashSource(Lender.UNISWAP_V3, Address(b"\1" * 20), GAIN, 10**12, Premium(100, 10**6))
    stuck = financed(two_cycles(Protocol.UNISWAP_V3), Liquidity({GAIN: (itself,)}, {}))
    assert isinstance(stuck, Unfunded)
    assert reasons(stuck, f"uniswap_v3:0x{'01' * 20}") == [PassedOver.CUSTODY]


def test_uniswap_v4__must_have_every_input_at_once() -> None:
    """What the other lenders give once serves both cycles; the manager's is taken twice."""
    for available, wanted in ((PAID, Funding.MORPHO), (2 * PAID, Funding.UNISWAP_V4)):
        sources = lent(available, uniswap_v4=Premium(), morpho=Premium())
        assert funded(two_cycles(), Liquidity(sources, {})).source.funding is wanted


def test_loans_of_other_tokens__are_morpho_s_or_there_is_no_funding() -> None:
    sells_first = (
        leg(2, Protocol.UNISWAP_V2, (5_000, MADE), buys_gain=True),
        leg(1, Protocol.UNISWAP_V2, (PAID, 5_000), buys_gain=False),
    )
    wanted = cycle(*[Protocol.UNISWAP_V2] * 2, legs=sells_first)
    assert wanted.loans == {OTHER: 5_000}
    for available, is_enough in ((4_999, False), (5_000, True)):
        other = FlashSource(Lender.MORPHO, V3_LENDER, OTHER, available, Premium())
        found = financed(wanted, Liquidity({OTHER: (other,)}, {GAIN: PAID}))
        assert isinstance(found, Financed) is is_enough
        if isinstance(found, Financed):
            assert found.source.gas == POLYGON.sources["morpho"]
        else:
            assert found.passed_over == {f"morpho:0x{OTHER.hex()}": PassedOver.TOO_LITTLE}


def test_a_premium_as_high_as_the_profit__is_no_funding() -> None:
    wanted = cycle(*[Protocol.CURVE_STABLESWAP] * 2)
    found = financed(wanted, Liquidity(lent(aave_v3=Premium(100, 10_000)), {}))
    assert isinstance(found, Unfunded)
    assert reasons(found, "aave_v3") == [PassedOver.TOO_DEAR]


def test_legs_that_nobody_can_encode__raise() -> None:
    first, second = cycle(*[Protocol.UNISWAP_V2] * 2).legs
    wrong_way = replace(first, zero_for_one=not first.zero_for_one)
    wrong = cycle(*[Protocol.UNISWAP_V2] * 2, legs=(wrong_way, second))
    with pytest.raises(ProgramError):
        financed(wrong, Liquidity({}, {GAIN: 10**12}))


def arriving_cycle(**changes: object) -> Opportunity:
    """A pair that states its fee, and a V3 pool, which is paid out of the executor's balance."""
    pair, pool = cycle(Protocol.UNISWAP_V2, Protocol.UNISWAP_V3).legs
    legs = (replace(pair, terms=SwapTerms(fee_pips=3_000)), pool)
    return cycle(Protocol.UNISWAP_V2, Protocol.UNISWAP_V3, legs=legs, **changes)


@pytest.mark.parametrize(("profit_usd", "is_worth_it"), [(10.0, True), (0.03, False)])
def test_what_arrives__is_taken_where_it_saves_more_than_its_gas(
    profit_usd: float, is_worth_it: bool
) -> None:
    wanted = arriving_cycle(profit_usd=profit_usd)
    found = funded(wanted, Liquidity({}, {GAIN: PAID, OTHER: 17}))
    assert (found.source.held == {OTHER: 17}) is is_worth_it
    exact = funded(wanted, Liquidity({}, {GAIN: PAID}))
    assert exact.source.held is None
    more = found.opportunity.gas_estimate - exact.opportunity.gas_estimate
    assert (more > 0) is is_worth_it
    assert found.source.name.endswith(ARRIVES) is is_worth_it
    assert found.opportunity.profit_raw == exact.opportunity.profit_raw == MADE - PAID


def test_what_arrives__is_not_taken_of_a_balance_that_may_have_moved() -> None:
    wanted, liquidity = arriving_cycle(), Liquidity({}, {GAIN: PAID, OTHER: 17})
    for restless, takes in ((frozenset[Address](), True), (frozenset({OTHER}), False)):
        found = financed(wanted, liquidity, restless)
        assert isinstance(found, Financed)
        assert (found.source.held is not None) is takes


def test_what_arrives_from_pair_to_pair__needs_no_balance_and_no_capital() -> None:
    legs = tuple(
        replace(each, terms=SwapTerms(fee_pips=3_000))
        for each in cycle(*[Protocol.UNISWAP_V2] * 2).legs
    )
    found = funded(cycle(*[Protocol.UNISWAP_V2] * 2, legs=legs), None)
    assert (found.source.funding, found.source.held) == (Funding.FLASH_SWAP, {})


def test_cycles_that_run_backwards__do_so() -> None:
    found = funded(cycle(*[Protocol.UNISWAP_V3] * 2), Liquidity({}, {GAIN: PAID, OTHER: 0}))
    assert (found.source.funding, found.source.held) == (Funding.EXACT_OUTPUT, None)
