"""Chains whose legs take whatever has arrived, on real pools: exact where nobody moved them."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from executor_world import RevertedError, World, other, premium

from keeper.chain import Address, Protocol, SwapTerms
from keeper.execution.program import Funding
from keeper.execution.program_routes import arriving_tokens
from keeper.execution.program_stream import CustodyError
from keeper.strategies.opportunity import Leg
from replica.manifest import Pool

AMOUNT = 300 * 10**18
PAIR_FEE = SwapTerms(fee_pips=3_000)
VENUES = [
    ("quickswap-v2", "uniswap-v2"),
    ("quickswap-v2", "uniswap-v3"),
    ("uniswap-v3", "uniswap-v2"),
]
FUNDINGS = (
    Funding.OWN_CAPITAL,
    Funding.FLASH_SWAP,
    Funding.MORPHO,
    Funding.BALANCER_V2,
    Funding.AAVE_V3,
    Funding.UNISWAP_V3,
)


def route(world: World, venues: Sequence[str]) -> tuple[tuple[Pool, ...], tuple[Leg, ...]]:
    pools = tuple(world.manifest.pool(venue, "WPOL", "USDC.e") for venue in venues)
    legs = world.gap(world.manifest.token("WPOL").address, pools, AMOUNT)
    return pools, with_fees(legs)


def with_fees(legs: Sequence[Leg]) -> tuple[Leg, ...]:
    v2 = Protocol.UNISWAP_V2
    return tuple(replace(leg, terms=PAIR_FEE) if leg.protocol is v2 else leg for leg in legs)


def held(world: World, legs: Sequence[Leg]) -> dict[Address, int]:
    return {token: world.balance(token) for token in arriving_tokens(legs)}


def earned(world: World, program: bytes, token: Address) -> int:
    """What the run makes of the profit token; all else must stay as it was."""
    before = world.holdings()
    world.run(program)
    after = world.holdings()
    assert {k: v for k, v in after.items() if k != token} == {
        k: v for k, v in before.items() if k != token
    }
    return after[token] - before[token]


@pytest.mark.parametrize("venues", VENUES)
@pytest.mark.parametrize("funding", FUNDINGS)
def test_nobody_intervenes__the_prediction_to_the_unit(
    world: World, venues: Sequence[str], funding: Funding
) -> None:
    _, legs = route(world, venues)
    profit = legs[-1].amount_out_raw - AMOUNT
    if funding is Funding.AAVE_V3:
        profit -= premium(legs)
    if funding is Funding.UNISWAP_V3:
        profit -= world.lender(legs).fee_raw(AMOUNT)
    limits = {"min_profit_raw": profit * 99 // 100, "held": held(world, legs)}
    program = world.program(legs, funding, **limits)
    assert earned(world, program, legs[0].token_in) == profit


@pytest.mark.parametrize("venues", VENUES)
def test_first_pool_worsens__exact_amounts_revert_and_the_rest_is_earned(
    world: World,
    venues: Sequence[str],
) -> None:
    pools, legs = route(world, venues)
    token, profit = legs[0].token_in, legs[-1].amount_out_raw - AMOUNT
    kept = held(world, legs)
    world.cheapen(pools[0], other(pools[0], token))
    with pytest.raises(RevertedError):
        world.run(world.program(legs, Funding.OWN_CAPITAL))
    left = world.legs(token, pools, AMOUNT)[-1].amount_out_raw - AMOUNT
    assert 0 < left < profit
    before = world.holdings()
    greedy = world.program(legs, Funding.OWN_CAPITAL, min_profit_raw=profit, held=kept)
    with pytest.raises(RevertedError):
        world.run(greedy)
    assert world.holdings() == before
    program = world.program(legs, Funding.OWN_CAPITAL, min_profit_raw=left // 2, held=kept)
    assert earned(world, program, token) == left


@pytest.mark.parametrize("venues", VENUES)
def test_first_pool_improves__what_more_arrives_is_earned(
    world: World, venues: Sequence[str]
) -> None:
    pools, legs = route(world, venues)
    token, profit = legs[0].token_in, legs[-1].amount_out_raw - AMOUNT
    kept = held(world, legs)
    world.cheapen(pools[0], token)
    more = world.legs(token, pools, AMOUNT)[-1].amount_out_raw - AMOUNT
    program = world.program(legs, Funding.OWN_CAPITAL, held=kept)
    assert earned(world, program, token) == more > profit


def test_more_is_held_than_was_read__reverts_and_takes_none_of_it(world: World) -> None:
    _, legs = route(world, VENUES[1])
    kept = held(world, legs)
    world.fund(legs[1].token_in, 1)
    before = world.holdings()
    program = world.program(legs, Funding.OWN_CAPITAL, min_profit_raw=1, held=kept)
    with pytest.raises(RevertedError):
        world.run(program)
    assert world.holdings() == before


def test_less_is_held_than_was_read__the_difference_stays(world: World) -> None:
    _, legs = route(world, VENUES[1])
    believed = {token: amount + 10**6 for token, amount in held(world, legs).items()}
    before, token = world.holdings(), legs[0].token_in
    world.run(world.program(legs, Funding.OWN_CAPITAL, min_profit_raw=1, held=believed))
    assert world.balance(legs[1].token_in) - before[legs[1].token_in] == 10**6
    assert 0 < world.balance(token) - before[token] < legs[-1].amount_out_raw - AMOUNT


def test_what_cannot_take_what_arrived__is_refused(world: World) -> None:
    _, legs = route(world, VENUES[1])
    pair, pool = legs
    kept = held(world, legs)
    for wrong, known in (
        (legs, {}),
        ((replace(pair, terms=SwapTerms()), pool), kept),
        ((replace(pair, terms=SwapTerms(fee_pips=3_050)), pool), kept),
        ((pair, replace(pool, protocol=Protocol.UNISWAP_V4)), kept),
    ):
        with pytest.raises(CustodyError):
            world.program(wrong, Funding.OWN_CAPITAL, held=known)
    with pytest.raises(CustodyError):
        world.program(legs, Funding.UNISWAP_V4, held=kept)
