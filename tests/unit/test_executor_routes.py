"""Routes of 2 to 12 hops on real bytecode, in each funding: profit equal to the wei."""

from itertools import islice

import pytest
from executor_world import (
    KEEPER,
    OWNER,
    RevertedError,
    World,
    cycles,
    new_world,
    premium,
    root_cause,
    script,
    scripted,
    with_leg,
)

from keeper.execution.program import Funding
from keeper.strategies.opportunity import Leg
from replica.manifest import Pool

AMOUNT = 300 * 10**18
PLAIN = (Funding.OWN_CAPITAL, Funding.FLASH_SWAP)
LOANS = (
    *(Funding.AAVE_V3, Funding.MORPHO, Funding.BALANCER_V2),
    *(Funding.UNISWAP_V4, Funding.UNISWAP_V3),
)


@pytest.fixture(scope="module")
def built() -> World:
    return new_world()


def wpol_route(world: World, *venues: str) -> tuple[Pool, ...]:
    """WPOL to USDC.e and back through one pool each of two venues."""
    return tuple(world.manifest.pool(venue, "WPOL", "USDC.e") for venue in venues)


def gap(world: World, *venues: str) -> tuple[Leg, ...]:
    return world.gap(world.manifest.token("WPOL").address, wpol_route(world, *venues), AMOUNT)


def routes_of(world: World, hops: int) -> list[tuple[Pool, ...]]:
    wpol = world.manifest.token("WPOL").address
    found = (r for r in cycles(world.manifest, wpol, hops) if len(r) == hops)
    mixed = (r for r in found if hops < 3 or len({p.protocol for p in r}) == 2)
    return list(islice(mixed, 2))


CASES = [
    *((hops, funding) for hops in (*range(2, 13), 16) for funding in PLAIN),
    *((hops, funding) for hops in (2, 5) for funding in LOANS),
]


@pytest.mark.parametrize(("hops", "funding"), CASES)
def test_a_route_earns_exactly_what_was_predicted(
    world: World, hops: int, funding: Funding
) -> None:
    for route in routes_of(world, hops):
        mark = world.evm.snapshot()
        token = world.manifest.token("WPOL").address
        legs = world.gap(token, route, AMOUNT)
        if funding is Funding.OWN_CAPITAL:
            world.fund(token, AMOUNT)
        profit = legs[-1].amount_out_raw - AMOUNT - cost(world, legs, funding)
        before = world.holdings()
        world.run(world.program(legs, funding, min_profit_raw=profit))
        assert world.holdings() == before | {token: before[token] + profit}
        assert world.allowances() == {0}
        world.evm.revert(mark)


def cost(world: World, legs: tuple[Leg, ...], funding: Funding) -> int:
    """What a loan of the route's input costs."""
    if funding is Funding.AAVE_V3:
        return premium(legs)
    return world.lender(legs).fee_raw(AMOUNT) if funding is Funding.UNISWAP_V3 else 0


def test_an_exact_output_cycle_earns_no_less_and_keeps_all_its_input_limits(world: World) -> None:
    token = world.manifest.token("WPOL").address
    route = (
        world.manifest.pool("uniswap-v3", "WPOL", "USDC.e", 500),
        world.manifest.pool("uniswap-v3", "USDC.e", "WETH", 500),
        world.manifest.pool("uniswap-v3", "WPOL", "WETH", 3000),
    )
    legs = world.gap(token, route, AMOUNT)
    predicted = legs[-1].amount_out_raw - AMOUNT
    world.run(world.program(legs, Funding.EXACT_OUTPUT, min_profit_raw=predicted))
    assert 0 <= world.balance(token) - predicted < AMOUNT // 10**6  # a unit of USDC.e, of WETH


def test_an_exact_output_cycle_lives_on_until_the_least_profit_is_gone(world: World) -> None:
    """Others took a part: exact amounts fail at once, this one where too little is left."""
    token = world.manifest.token("WPOL").address
    route = (
        world.manifest.pool("uniswap-v3", "WPOL", "USDC.e", 500),
        world.manifest.pool("uniswap-v3", "WPOL", "USDC.e", 3000),
    )
    legs = world.gap(token, route, AMOUNT)
    predicted = legs[-1].amount_out_raw - AMOUNT
    world.run(world.program(world.legs(token, route, AMOUNT // 4), Funding.FLASH_SWAP))
    earned = world.balance(token)
    for funding, least in ((Funding.FLASH_SWAP, 1), (Funding.EXACT_OUTPUT, predicted)):
        with pytest.raises(RevertedError):
            world.run(world.program(legs, funding, min_profit_raw=least))
    world.run(world.program(legs, Funding.EXACT_OUTPUT, min_profit_raw=predicted // 10))
    assert predicted // 10 <= world.balance(token) - earned < predicted


@pytest.mark.parametrize("first", ["quickswap-v2", "uniswap-v3"])
@pytest.mark.parametrize("last", ["uniswap-v2", "uniswap-v3"])
def test_every_pairing_of_venues_needs_no_capital_with_a_flash_swap(
    world: World, first: str, last: str
) -> None:
    token = world.manifest.token("WPOL").address
    fees = {"quickswap-v2": 3000, "uniswap-v2": 3000, "uniswap-v3": 500}
    route = (
        world.manifest.pool(first, "WPOL", "USDC.e", fees[first]),
        world.manifest.pool(last, "WPOL", "USDC.e", 3000),
    )
    legs = world.gap(token, route, AMOUNT // 100)
    world.run(world.program(legs, Funding.FLASH_SWAP, min_profit_raw=1))
    assert world.balance(token) == legs[-1].amount_out_raw - AMOUNT // 100


@pytest.mark.parametrize("funding", [Funding.FLASH_SWAP, Funding.AAVE_V3])
def test_two_runs_in_one_transaction(world: World, funding: Funding) -> None:
    batch = scripted(world)
    world.do(OWNER, world.executor, "setExecutor(address,bool)", batch, True)
    token = world.manifest.token("WPOL").address
    forth = gap(world, "quickswap-v2", "uniswap-v3")
    usdc_weth = [
        world.manifest.pool(venue, "WPOL", "WETH", 3000) for venue in ("quickswap-v2", "uniswap-v2")
    ]
    other = world.gap(token, usdc_weth, AMOUNT)
    programs = [world.program(legs, funding) for legs in (forth, other)]
    script(world, batch, *((world.executor, program, True) for program in programs))
    world.do(KEEPER, batch, "play()")
    costs = 0 if funding is Funding.FLASH_SWAP else 2 * premium(forth)
    gains = sum(legs[-1].amount_out_raw - AMOUNT for legs in (forth, other))
    assert world.balance(token) == gains - costs


def test_a_wei_less_than_the_minimum_reverts(world: World) -> None:
    legs = gap(world, "uniswap-v3", "quickswap-v2")
    least = (legs[-1].amount_out_raw - AMOUNT) >> 60 << 60  # as a header can say it
    exact = with_leg(legs, 1, amount_out_raw=AMOUNT + least)
    less = with_leg(legs, 1, amount_out_raw=AMOUNT + least - 1)
    error = world.refused(world.program(less, Funding.FLASH_SWAP, min_profit_raw=least))
    assert (error.name, error.args_) == ("Unprofitable", (0, least - 1))
    world.run(world.program(exact, Funding.FLASH_SWAP, min_profit_raw=least))


def test_own_capital_may_not_shrink(world: World) -> None:
    world.fund_all()
    route = wpol_route(world, "quickswap-v2", "uniswap-v2")
    legs = world.legs(world.manifest.token("WPOL").address, route, AMOUNT)
    assert legs[-1].amount_out_raw < AMOUNT
    error = world.refused(world.program(legs, Funding.OWN_CAPITAL))
    assert error.name == "BalanceFell"


def test_a_stale_v2_hop_is_named(world: World) -> None:
    legs = gap(world, "uniswap-v3", "quickswap-v2")
    stale = with_leg(legs, 1, amount_out_raw=legs[1].amount_out_raw + 1)
    error = world.refused(world.program(stale, Funding.FLASH_SWAP))
    assert error.name == "HopFailed"
    assert bytes.fromhex(error.args_[0][2:]) == legs[1].pool
    assert b"UniswapV2: K" in error.args_[1]


def test_the_innermost_failing_hop_is_named(world: World) -> None:
    legs = gap(world, "quickswap-v2", "uniswap-v3")
    high = legs[0].amount_out_raw * 2
    stale = with_leg(with_leg(legs, 0, amount_out_raw=high), 1, amount_in_raw=high)
    error = world.refused(world.program(stale, Funding.FLASH_SWAP))
    assert bytes.fromhex(error.args_[0][2:]) == legs[0].pool
    assert b"UniswapV2: K" in error.args_[1]


def test_a_premium_above_the_maximum_reverts(world: World) -> None:
    legs = gap(world, "quickswap-v2", "uniswap-v3")
    highest = premium(legs) - 1
    error = world.refused(world.program(legs, Funding.AAVE_V3, max_premium_raw=highest))
    assert root_cause(error) == "WrongLoan"


def test_the_deadline_block_is_the_last(world: World) -> None:
    legs = gap(world, "quickswap-v2", "uniswap-v3")
    block = world.manifest.built_block + 1
    late = world.program(legs, Funding.FLASH_SWAP, deadline_block=block - 1)
    error = world.refused(late)
    assert (error.name, error.args_) == ("DeadlinePassed", (block - 1,))
    world.run(world.program(legs, Funding.FLASH_SWAP, deadline_block=block))
