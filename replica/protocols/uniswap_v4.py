"""Uniswap V4: the pool manager, its position manager and lenses, and pools without hooks."""

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from keeper.chain import Address
from replica.abi import address
from replica.artifacts import creation_code, package_version
from replica.deploy import GOVERNANCE, WHALE, BuildError, Site
from replica.liquidity import STABLE, VOLATILE, amounts, shape_bounds, sqrt_at, sqrt_price_x96
from replica.manifest import Contract, Realness, Token
from replica.markets import UNISWAP_V4, WPOL, V4Market, ordered
from replica.protocols.permit2 import PERMIT2
from replica.venues import NATIVE, V4Pool

PROTOCOL = "uniswap-v4"
CORE = "@uniswap/v4-core"
PERIPHERY = "@uniswap/v4-periphery"
MANAGER = address("0x67366782805870060151383f4bbff9dab53e5cd6")
POSITIONS = address("0x1ec2ebf4f37e7363fdfe3551602425af0b3ceef9")
DESCRIPTOR = address("0x0892771f0c1b78ad6013d6e5536007e1c16e6794")
QUOTER = address("0xb3d5c3dfc3a7aebff71895a7191796bffc2c81b9")
STATE_VIEW = address("0x5ea1bd7974c8a611cbab0bdcafcb1d9cc9b3ba5a")
UNSUBSCRIBE_GAS = 300_000
MAX = 2**256 - 1
MAX_PERMIT, MAX_EXPIRY = 2**160 - 1, 2**48 - 1
MINT_POSITION, SETTLE_PAIR, SWEEP = b"\x02", b"\x0d", b"\x14"
TURNING_POL_WEI = 2_000_000 * 10**18
POOL_KEY = "(address,address,uint24,int24,address)"


def install(site: Site) -> None:
    """Place the contracts, then create, fill and age every pool."""
    _place(site)
    swapper = _swapper(site)
    _approve(site, swapper)
    for market in UNISWAP_V4:
        pool = _create(site, market)
        _fill(site, pool, market)
        _age(site, pool, market, swapper)
        site.v4_pools.append(pool)


def _place(site: Site) -> None:
    core, periphery = package_version(CORE), package_version(PERIPHERY)
    site.place(
        Contract("Uniswap V4 PoolManager", MANAGER, PROTOCOL, core, Realness.REAL),
        creation_code(f"{CORE}/out/PoolManager.sol/PoolManager.json"),
        encode(["address"], [GOVERNANCE]),
    )
    note = "the package's build, not shown to be the deployed one"
    wired = (MANAGER, PERMIT2, UNSUBSCRIBE_GAS, DESCRIPTOR, WPOL.address)
    arguments = {
        ("PositionManager", POSITIONS): encode(
            ["address", "address", "uint256", "address", "address"], wired
        ),
        ("V4Quoter", QUOTER): encode(["address"], [MANAGER]),
        ("StateView", STATE_VIEW): encode(["address"], [MANAGER]),
    }
    for (name, where), constructor in arguments.items():
        entry = Contract(
            f"Uniswap V4 {name}", where, PROTOCOL, periphery, Realness.PARTLY_REAL, note
        )
        code = creation_code(f"{PERIPHERY}/foundry-out/{name}.sol/{name}.json")
        site.place(entry, code, constructor)


def _swapper(site: Site) -> Address:
    code = creation_code(f"{CORE}/out/PoolSwapTest.sol/PoolSwapTest.json")
    manager = encode(["address"], [MANAGER])
    name = "Uniswap V4 PoolSwapTest"
    return site.place_own(name, PROTOCOL, package_version(CORE), code, manager)


def _approve(site: Site, swapper: Address) -> None:
    traded = {token.address for market in UNISWAP_V4 for token in (market.token_a, market.token_b)}
    for token in sorted(traded - {NATIVE}):
        for spender in (PERMIT2, swapper):
            site.send(WHALE, token, "approve(address,uint256)", spender, MAX)
        signature = "approve(address,address,uint160,uint48)"
        site.send(WHALE, PERMIT2, signature, token, POSITIONS, MAX_PERMIT, MAX_EXPIRY)


def _create(site: Site, market: V4Market) -> V4Pool:
    token0, token1 = ordered(market.token_a, market.token_b)
    key = (token0.address, token1.address, market.fee_pips, market.tick_spacing, NATIVE)
    pool_id = keccak(encode([POOL_KEY], [key]))
    signature = f"initialize({POOL_KEY},uint160)"
    site.send(WHALE, MANAGER, signature, key, sqrt_price_x96(token0, token1))
    state = site.rpc.read(STATE_VIEW, "getSlot0(bytes32)", ["uint160"], pool_id)
    if state != (sqrt_price_x96(token0, token1),):
        raise BuildError(f"Uniswap V4 pool {market} has not the id 0x{pool_id.hex()}")
    return V4Pool(PROTOCOL, MANAGER, pool_id, *key[:4])


def _fill(site: Site, pool: V4Pool, market: V4Market) -> None:
    """Mint all positions in one unlock, settle once, and take the unspent native coin back."""
    start = sqrt_price_x96(*ordered(market.token_a, market.token_b))
    shapes = STABLE if market.fee_pips == 100 else VOLATILE
    mints, native = [], 0
    for shape in shapes:
        lower, upper = shape_bounds(shape, start, pool.tick_spacing)
        liquidity = int(shape.share * market.liquidity)
        native += amounts(liquidity, start, lower, upper)[0]
        limits = (2**128 - 1, 2**128 - 1)
        types = [POOL_KEY, "int24", "int24", "uint256", "uint128", "uint128", "address", "bytes"]
        mints.append(encode(types, [pool.key, lower, upper, liquidity, *limits, WHALE, b""]))
    pair = encode(["address", "address"], [pool.currency0, pool.currency1])
    plan = MINT_POSITION * len(mints) + SETTLE_PAIR + SWEEP
    steps = [*mints, pair, encode(["address", "address"], [NATIVE, WHALE])]
    unlock = encode(["bytes", "bytes[]"], [plan, steps])
    value = native + 10**18 if pool.currency0 == NATIVE else 0
    site.send(WHALE, POSITIONS, "modifyLiquidities(bytes,uint256)", unlock, MAX, value=value)


def _age(site: Site, pool: V4Pool, market: V4Market, swapper: Address) -> None:
    """As the V3 pools: cross the nearest ticks both ways and end at the starting price."""
    pair = ordered(market.token_a, market.token_b)
    start = sqrt_price_x96(*pair)
    lower, upper = (_turn(start, pool.tick_spacing, side) for side in (-20, 21))
    for limit in (lower, start, upper, start):
        current = site.rpc.read(STATE_VIEW, "getSlot0(bytes32)", ["uint160"], pool.pool_id)[0]
        _swap_until(site, pool, pair[0 if limit < current else 1], limit, swapper)


def _turn(start: int, spacing: int, steps: int) -> int:
    tick = _centre(start, spacing) + steps * spacing
    return int(sqrt_at(tick) * 2**96)


def _centre(start: int, spacing: int) -> int:
    lower, upper = shape_bounds(VOLATILE[0], start, spacing)
    return (lower + upper - spacing) // 2


def _swap_until(site: Site, pool: V4Pool, paid: Token, limit: int, swapper: Address) -> None:
    native = paid.address == NATIVE
    if native:
        amount = TURNING_POL_WEI
    else:
        amount = site.rpc.read(paid.address, "balanceOf(address)", ["uint256"], WHALE)[0] // 2
    signature = f"swap({POOL_KEY},(bool,int256,uint160),(bool,bool),bytes)"
    order = (paid.address == pool.currency0, -amount, limit)
    value = amount if native else 0
    site.send(WHALE, swapper, signature, pool.key, order, (False, False), b"", value=value)
