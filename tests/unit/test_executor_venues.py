"""Every venue in a cycle and in a basket, as the encoder writes it: profit equal to the wei."""

from collections.abc import Sequence
from typing import Any

import pytest
from executor_world import (
    BASE_FEE_WEI,
    FAR,
    OWNER,
    STRANGER,
    World,
    new_world,
)

from keeper.chain import Address, Protocol, SwapTerms
from keeper.execution.program import Funding, LendingPool, ProgramError, encode_basket
from keeper.execution.program_routes import arriving_tokens, takes_what_arrived
from keeper.strategies.opportunity import Leg
from replica.abi import encode_call
from replica.protocols import algebra, balancer_v2, uniswap_v4
from replica.protocols.morpho_blue import MORPHO

AMOUNT = 200 * 10**6
FUNDINGS = (
    *(Funding.OWN_CAPITAL, Funding.FLASH_SWAP, Funding.MORPHO),
    *(Funding.UNISWAP_V4, Funding.BALANCER_V2),
)
LISTING = "setListedPool(address,bool)"


@pytest.fixture(scope="module")
def built() -> World:
    world = new_world()
    world.do(OWNER, world.executor, LISTING, world.manifest.curve_pools[0].address, True)
    return world


def token(world: World, symbol: str) -> Address:
    return world.manifest.token(symbol).address


def ask(world: World, to: Address, signature: str, *args: object) -> int:
    return int.from_bytes(world.call(STRANGER, to, encode_call(signature, *args))[:32], "big")


def leg(world: World, kind: str, sold: str, bought: str, amount: int) -> Leg:
    """An exact leg through the replica's pool of that kind."""
    pair = (token(world, sold), token(world, bought))
    pool, protocol, terms, out = QUOTES[kind](world, pair, amount)
    return Leg(pool, protocol, pair[0] < pair[1], *pair, amount, out, terms)


Quote = tuple[Address, Protocol, SwapTerms, int]
Pair = tuple[Address, Address]


def v2(world: World, pair: Pair, amount: int) -> Quote:
    pool = next(p for p in world.manifest.pools if {p.token0, p.token1} == {*pair})
    world.cheapen(pool, pair[0])
    terms = SwapTerms(fee_pips=pool.fee_pips)
    return pool.address, Protocol.UNISWAP_V2, terms, world.quote(pool, pair[0], amount)


def v3(world: World, pair: Pair, amount: int) -> Quote:
    found = (p for p in world.manifest.pools if p.protocol is Protocol.UNISWAP_V3)
    pool = next(p for p in found if {p.token0, p.token1} == {*pair})
    world.cheapen(pool, pair[0])
    return pool.address, Protocol.UNISWAP_V3, SwapTerms(), world.quote(pool, pair[0], amount)


def algebra_v1(world: World, pair: Pair, amount: int) -> Quote:
    pool = next(p for p in world.manifest.algebra_pools if {p.token0, p.token1} == {*pair})
    signature = "quoteExactInputSingle(address,address,uint256,uint160)"
    out = ask(world, algebra.QUOTER, signature, *pair, amount, 0)
    return pool.address, Protocol.ALGEBRA_V1, SwapTerms(), out


def v4(world: World, pair: Pair, amount: int) -> Quote:
    pool = next(p for p in world.manifest.v4_pools if {p.currency0, p.currency1} == {*pair})
    signature = "quoteExactInputSingle(((address,address,uint24,int24,address),bool,uint128,bytes))"
    order = (pool.key, pair[0] < pair[1], amount, b"")
    out = ask(world, uniswap_v4.QUOTER, signature, order)
    terms = SwapTerms(fee_pips=pool.fee_pips, tick_spacing=pool.tick_spacing)
    return Address(pool.pool_id[:20]), Protocol.UNISWAP_V4, terms, out


def balancer(world: World, pair: Pair, amount: int) -> Quote:
    pool = next(p for p in world.manifest.balancer_pools if {*pair} <= {*p.tokens})
    stable = bool(pool.amplification)
    protocol = Protocol.BALANCER_V2_STABLE if stable else Protocol.BALANCER_V2_WEIGHTED
    signature = (
        "querySwap((bytes32,uint8,address,address,uint256,bytes),(address,bool,address,bool))"
    )
    order = (pool.pool_id, 0, *pair, amount, b"")
    funds = (STRANGER, False, STRANGER, False)
    out = ask(world, balancer_v2.QUERIES, signature, order, funds)
    return pool.address, protocol, SwapTerms(pool_id=pool.pool_id), out


def curve(world: World, pair: Pair, amount: int) -> Quote:
    pool = world.manifest.curve_pools[0]
    places = (pool.coins.index(pair[0]), pool.coins.index(pair[1]))
    out = ask(world, pool.address, "get_dy(int128,int128,uint256)", *places, amount)
    terms = SwapTerms(index_in=places[0], index_out=places[1])
    return pool.address, Protocol.CURVE_STABLESWAP, terms, out


def curve_ng(world: World, pair: Pair, amount: int) -> Quote:
    pool, _, terms, out = curve(world, pair, amount)
    return pool, Protocol.CURVE_STABLESWAP_NG, terms._replace(push=True), out


QUOTES = {each.__name__: each for each in (v2, v3, algebra_v1, v4, balancer, curve, curve_ng)}
CYCLES = [
    [("v2", "USDC.e", "WPOL"), ("algebra_v1", "WPOL", "USDC.e")],
    [("algebra_v1", "USDC.e", "WPOL"), ("v2", "WPOL", "USDC.e")],
    [("v2", "USDC.e", "WPOL"), ("v4", "WPOL", "USDC.e")],
    [("v4", "USDC.e", "WPOL"), ("v2", "WPOL", "USDC.e")],
    [("v3", "USDC.e", "WPOL"), ("balancer", "WPOL", "USDC.e")],
    [("balancer", "USDC.e", "WPOL"), ("v3", "WPOL", "USDC.e")],
    [("v2", "USDC.e", "DAI"), ("curve", "DAI", "USDC.e")],
    [("curve", "USDC.e", "DAI"), ("v3", "DAI", "USDC.e")],
    [("curve_ng", "USDC.e", "DAI"), ("v2", "DAI", "USDC.e")],
    [("v3", "USDC.e", "DAI"), ("curve_ng", "DAI", "USDC.e")],
    [("balancer", "USDC.e", "DAI"), ("curve", "DAI", "USDT"), ("v2", "USDT", "USDC.e")],
    [("v2", "USDC.e", "WETH"), ("v2", "WETH", "WPOL"), ("balancer", "WPOL", "USDC.e")],
    [("v4", "USDC.e", "WETH"), ("balancer", "WETH", "WPOL"), ("v3", "WPOL", "USDC.e")],
    [
        *(("v2", "USDC.e", "WETH"), ("v4", "WETH", "USDC.e"), ("v4", "USDC.e", "WPOL")),
        *(("v3", "WPOL", "WETH"), ("algebra_v1", "WETH", "USDC.e")),
    ],
]


def route(world: World, steps: Sequence[tuple[str, str, str]], amount: int) -> tuple[Leg, ...]:
    legs: list[Leg] = []
    for kind, sold, bought in steps:
        legs.append(leg(world, kind, sold, bought, amount))
        amount = legs[-1].amount_out_raw
    return tuple(legs)


def lends(each: Leg) -> bool:
    return each.protocol in (Protocol.UNISWAP_V2, Protocol.UNISWAP_V3, Protocol.ALGEBRA_V1)


@pytest.mark.parametrize("funding", FUNDINGS, ids=lambda funding: funding.value)
@pytest.mark.parametrize("steps", CYCLES, ids=lambda steps: "-".join(kind for kind, *_ in steps))
def test_a_cycle_through_any_venue_earns_what_was_predicted(
    world: World, steps: list[tuple[str, str, str]], funding: Funding
) -> None:
    usdc = token(world, "USDC.e")
    legs = route(world, steps, AMOUNT)
    gained = legs[-1].amount_out_raw - AMOUNT
    assert gained > 0
    if funding is Funding.OWN_CAPITAL:
        world.fund(usdc, AMOUNT)
    before = world.holdings()
    neither = funding is Funding.FLASH_SWAP and not (lends(legs[0]) or lends(legs[-1]))
    locked = funding is Funding.BALANCER_V2 and any(each.terms.pool_id for each in legs)
    if neither or locked:
        with pytest.raises(ProgramError, match=r"neither|while it lends"):
            world.program(legs, funding)
        return
    world.run(world.program(legs, funding, min_profit_raw=gained))
    assert world.holdings() == before | {usdc: before[usdc] + gained}
    assert allowances(world) == {0}


@pytest.mark.parametrize("funding", [Funding.OWN_CAPITAL, Funding.FLASH_SWAP, Funding.MORPHO])
@pytest.mark.parametrize("steps", CYCLES, ids=lambda steps: "-".join(kind for kind, *_ in steps))
def test_a_cycle_that_takes_what_arrives_earns_what_was_predicted(
    world: World, steps: list[tuple[str, str, str]], funding: Funding
) -> None:
    usdc, legs = token(world, "USDC.e"), route(world, steps, AMOUNT)
    gained = legs[-1].amount_out_raw - AMOUNT
    if funding is Funding.OWN_CAPITAL:
        world.fund(usdc, AMOUNT)
    before = world.holdings()
    limits = {"min_profit_raw": gained, "held": before}
    lender_fails = funding is Funding.FLASH_SWAP and not lends(legs[0])
    if lender_fails or not all(map(takes_what_arrived, legs)) or usdc in arriving_tokens(legs):
        with pytest.raises(ProgramError):
            world.program(legs, funding, **limits)
        return
    world.run(world.program(legs, funding, **limits))
    assert world.holdings() == before | {usdc: before[usdc] + gained}
    assert allowances(world) == {0}


def allowances(world: World) -> set[int]:
    """What anyone who pulls may still take."""
    spenders = (balancer_v2.VAULT, world.manifest.curve_pools[0].address, MORPHO)
    signature = "allowance(address,address)"
    return {
        ask(world, each.address, signature, world.executor, spender)
        for each in world.manifest.tokens
        for spender in spenders
    }


BASKET_FUNDINGS = (
    *(Funding.OWN_CAPITAL, Funding.MORPHO, Funding.BALANCER_V2),
    *(Funding.UNISWAP_V4, Funding.AAVE_V3, Funding.UNISWAP_V3),
)


def basket(world: World, funding: Funding) -> tuple[Leg, ...]:
    """Two ways to WPOL, merged into one to WETH, split over four ways back, or three."""
    first = leg(world, "v2", "USDC.e", "WPOL", AMOUNT)
    second = leg(world, "v3", "USDC.e", "WPOL", AMOUNT // 2)
    merged = first.amount_out_raw + second.amount_out_raw
    middle = leg(world, "v2", "WPOL", "WETH", merged)
    quarter = middle.amount_out_raw // 4
    kinds = ("algebra_v1", "v4", "balancer")[: 2 if funding is Funding.BALANCER_V2 else 3]
    back = [leg(world, kind, "WETH", "USDC.e", quarter) for kind in kinds]
    rest = middle.amount_out_raw - len(kinds) * quarter
    return (first, second, middle, *back, leg(world, "v3", "WETH", "USDC.e", rest))


@pytest.mark.parametrize("funding", BASKET_FUNDINGS, ids=lambda funding: funding.value)
def test_a_basket_splits_merges_and_settles_once(world: World, funding: Funding) -> None:
    usdc = token(world, "USDC.e")
    legs = basket(world, funding)
    capital = AMOUNT + AMOUNT // 2
    lender = lender_of(world)
    costs = {Funding.AAVE_V3: (capital * 5 + 5_000) // 10_000}
    costs[Funding.UNISWAP_V3] = lender.fee_raw(capital)
    out = sum(each.amount_out_raw for each in legs if each.token_out == usdc)
    gained = out - capital - costs.get(funding, 0)
    assert gained > 0
    if funding is Funding.OWN_CAPITAL:
        world.fund(usdc, capital)
    before = world.holdings()
    program = encode_basket(
        legs,
        funding=funding,
        profit_token=usdc,
        min_profit_raw=gained,
        deadline_block=FAR,
        max_base_fee_wei=BASE_FEE_WEI,
        max_premium_raw=costs[Funding.AAVE_V3],
        lender=lender,
    )
    world.run(program)
    assert world.holdings() == before | {usdc: before[usdc] + gained}
    assert allowances(world) == {0}


def lender_of(world: World) -> LendingPool:
    """A Uniswap V3 pool that no basket uses."""
    pool = world.manifest.pool("uniswap-v3", "USDC.e", "USDC", 100)
    return LendingPool(pool.address, pool.fee_pips, pool.token0 == token(world, "USDC.e"))


LIMITS: dict[str, Any] = {
    "funding": Funding.OWN_CAPITAL,
    "min_profit_raw": 0,
    "deadline_block": FAR,
    "max_base_fee_wei": BASE_FEE_WEI,
}


def test_a_basket_may_not_take_what_it_has_not_made(world: World) -> None:
    first, *others = basket(world, Funding.OWN_CAPITAL)
    with pytest.raises(ProgramError, match="more than earlier legs have made"):
        encode_basket(others, profit_token=first.token_in, **LIMITS)


def test_a_pool_that_pulls_must_be_listed(world: World) -> None:
    world.do(OWNER, world.executor, LISTING, world.manifest.curve_pools[0].address, False)
    legs = route(world, [("v2", "USDC.e", "DAI"), ("curve", "DAI", "USDC.e")], AMOUNT)
    assert world.cause_of(world.program(legs, Funding.FLASH_SWAP)) == "UnlistedPool"
