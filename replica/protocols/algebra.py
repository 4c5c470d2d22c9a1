"""QuickSwap V3 (Algebra 1.x), as near as the published artifacts come to it.

They are unoptimised builds larger than EIP-170 allows, and their init code hash is not the deployed
one. So the factory makes a pool, whose constructor is then run again at the address that the
deployed hash derives: there the factory's own constants, its volatility oracle and the periphery
expect it. Behaviour is Algebra's; gas is higher than on Polygon.
"""

from dataclasses import dataclass
from decimal import Decimal

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from keeper.chain import Address
from replica.abi import address, create2_address, encode_call
from replica.artifacts import creation_code, package_version
from replica.deploy import GOVERNANCE, WHALE, BuildError, Site
from replica.liquidity import VOLATILE, Shape, amounts, shape_bounds, sqrt_at, sqrt_price_x96
from replica.manifest import Contract, Realness, Token
from replica.markets import USDC_E, WETH, WPOL, ordered
from replica.venues import AlgebraPool

VENUE = "quickswap-v3"
CORE = "@cryptoalgebra/core"
PERIPHERY = "@cryptoalgebra/periphery"
FACTORY = address("0x411b0facc3489691f28ad58c47006af5e3ab3a28")
DEPLOYER = address("0x2d98e2fa9da15aa6dc9581ab097ced7af697cb92")
POSITIONS = address("0x8ef88e4c7cfbbac1c163f7eddd4b578792201de6")
ROUTER = address("0xf5b509bb0909a69b1c207e495f687a596c168e12")
QUOTER = address("0xa15f0d7377b2a0c0c10db057f641bed21028fc89")
INIT_CODE_HASH = bytes.fromhex("6ec6c9c8091d160c0aa74b2b14ba9c1717e95093bd3ac085cee99a49aab294a4")
NOTE = "approximation: the package's unoptimised build, whose init code hash is not Polygon's"
SPACING = 60
MAPPING_SLOTS = 16
MAX = 2**256 - 1
NOBODY = Address(bytes(20))


@dataclass(frozen=True, slots=True)
class Market:
    """A pool with the liquidity in range and its address on Polygon, if known."""

    token_a: Token
    token_b: Token
    liquidity: int
    pool: Address | None = None


MARKETS = (
    Market(WPOL, USDC_E, 8 * 10**17, address("0xae81fac689a1b4b1e06e7ef4a2ab4cd8ac0a087d")),
    Market(USDC_E, WETH, 28 * 10**15),
)


def install(site: Site) -> None:
    """Place the contracts, then create, fill and age every pool."""
    _place_all(site)
    for market in MARKETS:
        for token in (market.token_a, market.token_b):
            for spender in (POSITIONS, ROUTER):
                site.send(WHALE, token.address, "approve(address,uint256)", spender, MAX)
        pool = _create(site, market)
        _fill(site, pool, market)
        _age(site, pool, market)
        site.algebra_pools.append(pool)


def _place(site: Site, package: str, path: str, where: Address, *arguments: Address) -> None:
    name = path.rsplit("/", 1)[-1]
    title = f"QuickSwap V3 {name.removeprefix('Algebra')}"
    entry = Contract(title, where, VENUE, package_version(package), Realness.PARTLY_REAL, NOTE)
    code = creation_code(f"{package}/artifacts/contracts/{path}.sol/{name}.json")
    site.place(entry, code, encode(["address"] * len(arguments), arguments))


def _place_all(site: Site) -> None:
    _place(site, CORE, "AlgebraPoolDeployer", DEPLOYER)
    _place(site, CORE, "AlgebraFactory", FACTORY, DEPLOYER, GOVERNANCE)
    site.send(GOVERNANCE, DEPLOYER, "setFactory(address)", FACTORY)
    wired = (FACTORY, WPOL.address)
    name = "NonfungiblePositionManager"
    _place(site, PERIPHERY, name, POSITIONS, *wired, NOBODY, DEPLOYER)
    _place(site, PERIPHERY, "SwapRouter", ROUTER, *wired, DEPLOYER)
    _place(site, PERIPHERY, "lens/Quoter", QUOTER, *wired, DEPLOYER)


def _create(site: Site, market: Market) -> AlgebraPool:
    token0, token1 = ordered(market.token_a, market.token_b)
    pair = (token0.address, token1.address)
    where = create2_address(DEPLOYER, keccak(encode(["address"] * 2, pair)), INIT_CODE_HASH)
    if where != (market.pool or where):
        raise BuildError(f"the QuickSwap V3 pool {market} derives 0x{where.hex()}")
    site.send(WHALE, FACTORY, "createPool(address,address)", *pair)
    made = address(_pool_of(site, pair))
    _stand_in_its_place(site, where, f"QuickSwap V3 {token0.symbol}/{token1.symbol}")
    for ways in (pair, pair[::-1]):
        _rewrite(site, ways, made, where)
    site.rpc("anvil_setCode", [made, "0x"])
    if _pool_of(site, pair) != "0x" + where.hex():
        raise BuildError("QuickSwap V3's factory does not know the pool that was moved")
    return AlgebraPool(VENUE, where, FACTORY, DEPLOYER, *pair, SPACING)


def _pool_of(site: Site, pair: tuple[Address, Address]) -> str:
    found: str = site.rpc.read(FACTORY, "poolByPair(address,address)", ["address"], *pair)[0]
    return found


def _stand_in_its_place(site: Site, where: Address, name: str) -> None:
    # the constructor asks its sender, the deployer, for the parameters of the last deployment
    path = f"{CORE}/artifacts/contracts/AlgebraPool.sol/AlgebraPool.json"
    package = package_version(CORE)
    entry = Contract(name, where, VENUE, package, Realness.PARTLY_REAL, NOTE)
    site.place(entry, creation_code(path), sender=DEPLOYER)


def _rewrite(site: Site, pair: tuple[Address, ...], made: Address, where: Address) -> None:
    """Let the factory's mapping name the moved pool; its slot is found by what it holds."""
    for slot in range(MAPPING_SLOTS):
        outer = keccak(encode(["address", "uint256"], [pair[0], slot]))
        place = keccak(encode(["address", "bytes32"], [pair[1], outer]))
        if bytes.fromhex(site.rpc("eth_getStorageAt", [FACTORY, place, "latest"])[26:]) == made:
            site.rpc("anvil_setStorageAt", [FACTORY, place, bytes(12) + where])
            return
    raise BuildError("QuickSwap V3's factory holds the pool in no known slot")


def _fill(site: Site, pool: AlgebraPool, market: Market) -> None:
    start = sqrt_price_x96(*ordered(market.token_a, market.token_b))
    pair = (pool.token0, pool.token1)
    site.send(WHALE, pool.address, "initialize(uint160)", start)
    signature = (
        "mint((address,address,int24,int24,uint256,uint256,uint256,uint256,address,uint256))"
    )
    calls = []
    for shape in VOLATILE:
        lower, upper = shape_bounds(shape, start, SPACING)
        paid = amounts(int(shape.share * market.liquidity), start, lower, upper)
        calls.append(encode_call(signature, (*pair, lower, upper, *paid, 0, 0, WHALE, MAX)))
    site.send(WHALE, POSITIONS, "multicall(bytes[])", calls)


def _age(site: Site, pool: AlgebraPool, market: Market) -> None:
    """As the Uniswap V3 pools: cross the nearest ticks and end at the starting price."""
    pair = (pool.token0, pool.token1)
    start = sqrt_price_x96(*ordered(market.token_a, market.token_b))
    bounds = shape_bounds(Shape(20, 20, Decimal(0)), start, SPACING)
    for limit in bounds:
        turn = int(sqrt_at(limit) * 2**96)
        there = pair if turn < start else pair[::-1]
        _swap_until(site, there, turn)
        _swap_until(site, there[::-1], start)


def _swap_until(site: Site, way: tuple[Address, ...], limit: int) -> None:
    amount = site.rpc.read(way[0], "balanceOf(address)", ["uint256"], WHALE)[0] // 2
    order = (*way, WHALE, MAX, amount, 0, limit)
    signature = "exactInputSingle((address,address,address,uint256,uint256,uint256,uint160))"
    site.send(WHALE, ROUTER, signature, order)
