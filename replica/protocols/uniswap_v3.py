"""Uniswap V3: factory, position manager, SwapRouter02, QuoterV2 and pools with many positions."""

from decimal import Decimal

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from keeper.chain import Address, Protocol
from replica.abi import address, create2_address, encode_call
from replica.artifacts import creation_code, package_version
from replica.deploy import GOVERNANCE, WHALE, Site
from replica.liquidity import (
    STABLE,
    VOLATILE,
    Shape,
    amounts,
    shape_bounds,
    sqrt_at,
    sqrt_price_x96,
)
from replica.manifest import Contract, Factory, Pool, Realness, Token
from replica.markets import UNISWAP_V3, WPOL, V3Market, ordered

PROTOCOL = "uniswap-v3"
CORE = "@uniswap/v3-core"
PERIPHERY = "@uniswap/v3-periphery"
ROUTERS = "@uniswap/swap-router-contracts"
FACTORY = address("0x1f98431c8ad98523631ae4a59f267346ea31f984")
V2_FACTORY = address("0x9e5a52f57b3038f1b8eee45f28b3c1967e22799c")
POSITIONS = address("0xc36442b4a4522e871399cd717abdd847ab11fe88")
DESCRIPTOR = address("0x91ae842a5ffd8d12023116943e72a606179294f3")
ROUTER = address("0x68b3465833fb72a70ecdf485e0e4c7bd8665fc45")
QUOTER = address("0x61ffe014ba17989e743c5f6cb21bf9697530b21e")
INIT_CODE_HASH = bytes.fromhex("e34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54")
MAX = 2**256 - 1
BUSY_OBSERVATIONS = 60


def install(site: Site) -> None:
    """Place the contracts, then create, fill and age every pool."""
    _place(site)
    site.factories.append(Factory(PROTOCOL, FACTORY, Protocol.UNISWAP_V3, INIT_CODE_HASH))
    for market in UNISWAP_V3:
        for token in (market.token_a, market.token_b):
            for spender in (POSITIONS, ROUTER):
                site.send(WHALE, token.address, "approve(address,uint256)", spender, MAX)
        pool = _create(site, market)
        _age(site, pool, market)
        site.pools.append(pool)


def _place(site: Site) -> None:
    core, periphery, routers = map(package_version, (CORE, PERIPHERY, ROUTERS))
    wpol = WPOL.address
    site.place(
        Contract("Uniswap V3 factory", FACTORY, PROTOCOL, core, Realness.REAL),
        creation_code(f"{CORE}/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json"),
    )
    _enable_lowest_fee(site)
    name = "NonfungiblePositionManager"
    site.place(
        Contract(name, POSITIONS, PROTOCOL, periphery, Realness.REAL),
        creation_code(f"{PERIPHERY}/artifacts/contracts/{name}.sol/{name}.json"),
        encode(["address"] * 3, [FACTORY, wpol, DESCRIPTOR]),
    )
    note = "its V2 factory argument is the replica's choice"
    site.place(
        Contract("SwapRouter02", ROUTER, PROTOCOL, routers, Realness.PARTLY_REAL, note),
        creation_code(f"{ROUTERS}/artifacts/contracts/SwapRouter02.sol/SwapRouter02.json"),
        encode(["address"] * 4, [V2_FACTORY, FACTORY, POSITIONS, wpol]),
    )
    site.place(
        Contract("QuoterV2", QUOTER, PROTOCOL, routers, Realness.REAL),
        creation_code(f"{ROUTERS}/artifacts/contracts/lens/QuoterV2.sol/QuoterV2.json"),
        encode(["address"] * 2, [FACTORY, wpol]),
    )


def _enable_lowest_fee(site: Site) -> None:
    site.send(GOVERNANCE, FACTORY, "enableFeeAmount(uint24,int24)", 100, 1)


def _create(site: Site, market: V3Market) -> Pool:
    """Create the pool and all its positions in one transaction of the position manager."""
    token0, token1 = ordered(market.token_a, market.token_b)
    fee = market.fee_pips
    key = (token0.address, token1.address, fee)
    spacing = site.rpc.read(FACTORY, "feeAmountTickSpacing(uint24)", ["int24"], fee)[0]
    start = sqrt_price_x96(token0, token1)
    calls = [
        encode_call(
            "createAndInitializePoolIfNecessary(address,address,uint24,uint160)", *key, start
        ),
        *_mints(market, key, start, spacing),
    ]
    site.send(WHALE, POSITIONS, "multicall(bytes[])", calls)
    found = site.rpc.read(FACTORY, "getPool(address,address,uint24)", ["address"], *key)[0]
    salt = keccak(encode(["address", "address", "uint24"], key))
    what = f"Uniswap V3 {token0.symbol}/{token1.symbol} {fee}"
    site.expect(what, address(found), create2_address(FACTORY, salt, INIT_CODE_HASH))
    site.expect(what, address(found), market.pool)
    return Pool(market.pool, Protocol.UNISWAP_V3, PROTOCOL, FACTORY, *key, spacing)


def _mints(
    market: V3Market, key: tuple[Address, Address, int], start: int, spacing: int
) -> list[bytes]:
    signature = (
        "mint((address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256))"
    )
    calls = []
    for shape in STABLE if market.fee_pips == 100 else VOLATILE:
        lower, upper = shape_bounds(shape, start, spacing)
        liquidity = int(shape.share * market.liquidity)
        paid = amounts(liquidity, start, lower, upper)
        calls.append(encode_call(signature, (*key, lower, upper, *paid, 0, 0, WHALE, MAX)))
    return calls


def _age(site: Site, pool: Pool, market: V3Market) -> None:
    """Swap across the nearest initialised ticks both ways and end at the starting price.

    Price limits end each swap at an exact price, so ageing plants no gap between venues; ticks
    once crossed hold nonzero fee growth and cost on the replica what they cost on Polygon.
    """
    if market.busy:
        signature = "increaseObservationCardinalityNext(uint16)"
        site.send(WHALE, pool.address, signature, BUSY_OBSERVATIONS)
    token0, token1 = ordered(market.token_a, market.token_b)
    start = sqrt_price_x96(token0, token1)
    far = Shape(20, 20, Decimal(0))
    lower, upper = shape_bounds(far, start, pool.tick_spacing)
    for limit in (lower, upper):
        turn = int(sqrt_at(limit) * 2**96)
        there = (token0, token1) if turn < start else (token1, token0)
        _swap_until(site, pool, there, turn)
        _swap_until(site, pool, there[::-1], start)


def _swap_until(site: Site, pool: Pool, way: tuple[Token, Token], limit: int) -> None:
    amount = site.rpc.read(way[0].address, "balanceOf(address)", ["uint256"], WHALE)[0] // 2
    order = (way[0].address, way[1].address, pool.fee_pips, WHALE, amount, 0, limit)
    signature = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))"
    site.send(WHALE, ROUTER, signature, order)
