"""Markets that two worlds and the model hold alike: real pools, and stand-ins where those are slow.

`disturb` is a trade of the whale's, on chain or in the model: it opens the gap that a cycle closes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isqrt

from eth_abi.abi import encode
from executor_world import World, usd
from model_pools import (
    AlgebraPool,
    ConcentratedPool,
    CurvePool,
    Ledger,
    Manager,
    OddPool,
    Pair,
    Vault,
    WideRange,
    pool_key,
    product,
)
from odd_markets import WIDEST, create_v3, v3_price

from keeper.chain import Address
from keeper.market.venues.v3_tick_math import get_sqrt_ratio_at_tick
from replica.contracts import compile_contract
from replica.deploy import WHALE
from replica.manifest import Token
from replica.protocols import balancer_v2, uniswap_v3, uniswap_v4

STAND_INS = "tests/contracts/StandIns.sol"
ODD_POOL = "tests/contracts/OddPool.sol:OddPool"
WIDE_FEE, WIDE_SPACING = 10_000, 200
SIDE_USD = 400_000
MAX = 2**256 - 1
NOBODY = Address(bytes(20))
Tokens = tuple[Token, Token]


def stand_in(world: World, kind: str, *args: Address) -> Address:
    """A deployed stand-in of that kind."""
    code = compile_contract(f"{STAND_INS}:{kind}").creation_code
    return world.deploy(code + encode(["address"] * len(args), args))


def sides(tokens: Tokens) -> dict[Address, int]:
    """What each side of a new market holds, raw units, by token in order of address."""
    return dict(sorted((token.address, usd(token, SIDE_USD)) for token in tokens))


EDGE = WIDEST // WIDE_SPACING * WIDE_SPACING
WORD = 256 * WIDE_SPACING
FALLING = [*range(EDGE // WORD * WORD, -EDGE, -WORD), -EDGE]
RISING = [*range(-EDGE // WORD * WORD + WORD - WIDE_SPACING, EDGE, WORD), EDGE]
STOPS = (
    tuple(get_sqrt_ratio_at_tick(tick) for tick in FALLING),
    tuple(get_sqrt_ratio_at_tick(tick) for tick in RISING),
)


def wide_range(price: int, liquidity: int) -> WideRange:
    """Liquidity over all prices."""
    return WideRange(price, liquidity, WIDE_FEE, STOPS)


@dataclass
class Market:
    """A market in the model, and the whale's way to trade in it: a gift that shifts the price."""

    kind: str
    pool: Pair | ConcentratedPool | AlgebraPool | CurvePool | OddPool

    @property
    def tokens(self) -> tuple[Address, Address]:
        """Token0 and token1."""
        return self.pool.token0, self.pool.token1

    def paid(self, zero_for_one: bool) -> Address:
        """The token that a swap in that direction takes."""
        return self.tokens[not zero_for_one]

    def got(self, zero_for_one: bool) -> Address:
        """The token that a swap in that direction gives."""
        return self.tokens[zero_for_one]

    def quote(self, ledger: Ledger, zero_for_one: bool, amount_in: int) -> int:
        """Output of an exact input."""
        return self.pool.quote(ledger, zero_for_one, amount_in)

    def depth(self, ledger: Ledger, token: Address) -> int:
        """About how much of the token the market holds, raw units."""
        return ledger.of(token, self.pool.address)

    def disturb(self, world: World, zero_for_one: bool, amount: int) -> None:
        """Trade on chain."""
        world.fund(self.paid(zero_for_one), amount, self.pool.address)
        if self.kind in {"v2", "curve"}:
            world.do(WHALE, self.pool.address, "sync()")

    def disturb_model(self, ledger: Ledger, zero_for_one: bool, amount: int) -> None:
        """The same in the model."""
        pool = self.pool
        ledger.add(self.paid(zero_for_one), pool.address, amount)
        if isinstance(pool, Pair | CurvePool):
            held = [ledger.of(token, pool.address) for token in self.tokens]
            pool.reserves = (held[0], held[1])


@dataclass
class V3Market(Market):
    """The whale swaps: a gift does not move concentrated liquidity."""

    pool: ConcentratedPool

    def disturb(self, world: World, zero_for_one: bool, amount: int) -> None:
        way = (self.paid(zero_for_one), self.got(zero_for_one))
        signature = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))"
        world.do(WHALE, uniswap_v3.ROUTER, signature, (*way, WIDE_FEE, WHALE, amount, 0, 0))

    def disturb_model(self, ledger: Ledger, zero_for_one: bool, amount: int) -> None:
        def pay(_asked: int) -> None:
            ledger.add(self.paid(zero_for_one), self.pool.address, amount)

        self.pool.swap(ledger, zero_for_one, amount, WHALE, pay)


@dataclass
class OddMarket(Market):
    """A pool that follows a plan. Nobody moves its price."""

    pool: OddPool

    def disturb(self, world: World, zero_for_one: bool, amount: int) -> None:
        world.fund(self.paid(zero_for_one), amount, self.pool.address)

    def plan(self, worlds: Iterable[World], habits: int, percents: tuple[int, ...]) -> None:
        """What it does from now on, everywhere."""
        for world in worlds:
            world.do(WHALE, self.pool.address, "plan(uint256,int256[])", habits, list(percents))
        self.pool.habits, self.pool.percents = habits, percents


@dataclass
class V4Market(Market):
    """A pool of the manager's."""

    pool: Manager
    key: bytes

    @property
    def tokens(self) -> tuple[Address, Address]:
        return Address(self.key[:20]), Address(self.key[20:40])

    def quote(self, _ledger: Ledger, zero_for_one: bool, amount_in: int) -> int:
        return self.pool.pools[self.key].step(zero_for_one, amount_in)[1]

    def depth(self, _ledger: Ledger, token: Address) -> int:
        curve = self.pool.pools[self.key]
        if token == self.tokens[0]:
            return (curve.liquidity << 96) // curve.price
        return curve.liquidity * curve.price >> 96

    def disturb(self, world: World, zero_for_one: bool, amount: int) -> None:
        limit = 4295128740 if zero_for_one else 1461446703485210103287273052203988822378723970341
        key = (*self.tokens, WIDE_FEE, WIDE_SPACING, NOBODY)
        signature = f"swap({uniswap_v4.POOL_KEY},(bool,int256,uint160),(bool,bool),bytes)"
        order = (zero_for_one, -amount, limit)
        swapper = world.manifest.contract("Uniswap V4 PoolSwapTest")
        world.do(WHALE, swapper, signature, key, order, (False, False), b"")

    def disturb_model(self, ledger: Ledger, zero_for_one: bool, amount: int) -> None:
        used, out, price = self.pool.pools[self.key].step(zero_for_one, amount)
        ledger.add(self.paid(zero_for_one), self.pool.address, used)
        ledger.add(self.got(zero_for_one), self.pool.address, -out)
        moved = wide_range(price, self.pool.pools[self.key].liquidity)
        self.pool.pools = self.pool.pools | {self.key: moved}


@dataclass
class BalancerMarket(Market):
    """A stand-in pool of the real vault."""

    pool: Vault
    pool_id: int

    @property
    def tokens(self) -> tuple[Address, Address]:
        token0, token1, _, _ = self.pool.pools[self.pool_id]
        return token0, token1

    def quote(self, _ledger: Ledger, zero_for_one: bool, amount_in: int) -> int:
        _, _, held0, held1 = self.pool.pools[self.pool_id]
        return product((held0, held1), zero_for_one, amount_in)

    def depth(self, _ledger: Ledger, token: Address) -> int:
        token0, _, held0, held1 = self.pool.pools[self.pool_id]
        return held0 if token == token0 else held1

    def disturb(self, world: World, zero_for_one: bool, amount: int) -> None:
        signature = (
            "swap((bytes32,uint8,address,address,uint256,bytes),(address,bool,address,bool),"
            "uint256,uint256)"
        )
        pool_id = self.pool_id.to_bytes(32, "big")
        step = (pool_id, 0, self.paid(zero_for_one), self.got(zero_for_one), amount, b"")
        funds = (WHALE, False, WHALE, False)
        world.do(WHALE, balancer_v2.VAULT, signature, step, funds, 0, MAX)

    def disturb_model(self, ledger: Ledger, zero_for_one: bool, amount: int) -> None:
        ledger.add(self.paid(zero_for_one), WHALE, amount)
        way = (self.paid(zero_for_one), self.got(zero_for_one))
        self.pool.swap(ledger, self.pool_id, way, amount, payer=WHALE, to=WHALE)


# ------------------------------------------------------------------------------- making them


def pair(world: World, venue: str, tokens: Tokens) -> Market:
    """An existing pair of the replica."""
    found = world.manifest.pool(venue, *(token.symbol for token in tokens))
    held = [world.balance(token, found.address) for token in (found.token0, found.token1)]
    return Market("v2", Pair(found.address, found.token0, found.token1, (held[0], held[1])))


def v3(world: World, tokens: Tokens) -> Market:
    """A new pool of the real factory with one position over all prices."""
    found = create_v3(world, WIDE_FEE, sides(tokens))
    curve = wide_range(v3_price(world, found), world.ask(found.address, "liquidity()", ["uint128"]))
    return V3Market("v3", ConcentratedPool(found.address, found.token0, found.token1, curve))


def algebra(world: World, tokens: Tokens) -> Market:
    """An Algebra stand-in."""
    held = sides(tokens)
    where = stand_in(world, "AlgebraStandIn", *held)
    for token, amount in held.items():
        world.fund(token, amount, where)
    return Market("algebra", AlgebraPool(where, *held))


def odd(world: World, tokens: Tokens) -> OddMarket:
    """A pool that is at first no odder than its price."""
    held = sides(tokens)
    types, values = ["address"] * 2 + ["uint256"] * 2, [*held, *held.values()]
    where = world.deploy(compile_contract(ODD_POOL).creation_code + encode(types, values))
    for token, amount in held.items():
        world.fund(token, amount, where)
    (token0, value0), (token1, value1) = held.items()
    return OddMarket("odd", OddPool(where, token0, token1, (value0, value1)))


def curve(world: World, tokens: Tokens) -> Market:
    """A Curve stand-in."""
    held = sides(tokens)
    where = stand_in(world, "CurveStandIn", *held)
    for token, amount in held.items():
        world.fund(token, amount, where)
    world.do(WHALE, where, "sync()")
    token0, token1 = held
    return Market("curve", CurvePool(where, token0, token1, (held[token0], held[token1])))


def v4(world: World, manager: Manager, tokens: Tokens) -> Market:
    """A new pool of the real manager with one position over all prices."""
    held = sides(tokens)
    token0, token1 = held
    price = isqrt((held[token1] << 192) // held[token0])
    liquidity = isqrt(held[token0] * held[token1])
    key = (token0, token1, WIDE_FEE, WIDE_SPACING, NOBODY)
    initialize = f"initialize({uniswap_v4.POOL_KEY},uint160)"
    world.do(WHALE, uniswap_v4.MANAGER, initialize, key, price)
    types = [uniswap_v4.POOL_KEY, "int24", "int24", "uint256", "uint128", "uint128", "address"]
    values = [key, -EDGE, EDGE, liquidity, 2**128 - 1, 2**128 - 1, WHALE, b""]
    steps = [encode([*types, "bytes"], values), encode(["address"] * 2, [token0, token1])]
    plan = encode(["bytes", "bytes[]"], [uniswap_v4.MINT_POSITION + uniswap_v4.SETTLE_PAIR, steps])
    world.do(WHALE, uniswap_v4.POSITIONS, "modifyLiquidities(bytes,uint256)", plan, MAX)
    name = pool_key(token0, token1, WIDE_FEE, WIDE_SPACING)
    manager.pools[name] = wide_range(price, liquidity)
    return V4Market("v4", manager, name)


def balancer(world: World, vault: Vault, tokens: Tokens) -> Market:
    """A stand-in pool, registered with the real vault and joined by the whale."""
    held = sides(tokens)
    where = stand_in(world, "BalancerStandIn", balancer_v2.VAULT, *held)
    pool_id = world.ask(where, "poolId()", ["bytes32"])
    amounts = list(held.values())
    request = (list(held), [MAX, MAX], encode(["uint256[]"], [amounts]), False)
    signature = "joinPool(bytes32,address,address,(address[],uint256[],bytes,bool))"
    world.do(WHALE, balancer_v2.VAULT, signature, pool_id, WHALE, WHALE, request)
    number = int.from_bytes(pool_id, "big")
    token0, token1 = held
    vault.pools[number] = (token0, token1, held[token0], held[token1])
    return BalancerMarket("balancer", vault, number)
