"""Balancer V2: the vault, weighted and composable stable pools of its factories, joined."""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_abi.abi import encode

from keeper.chain import Address
from replica.abi import address, create_address
from replica.artifacts import creation_code, package_version
from replica.deploy import GOVERNANCE, WHALE, Site
from replica.manifest import Contract, Realness, Token
from replica.markets import DAI, USDC_E, USDT, WETH, WPOL, raw_amount
from replica.venues import BalancerPool

PROTOCOL = "balancer-v2"
PACKAGE = "@balancer-labs/v2-deployments"
TASKS = f"{PACKAGE}/dist/tasks"
VAULT = address("0xba12222222228d8ba445958a75a0704d566bf2c8")
FEES_COLLECTOR = address("0xce88686553686da562ce7cea497ce749da109f9f")
AUTHORIZER = address("0xa331d84ec860bf466b4cdccfb4ac09a1b43f3ae6")
FEE_PROVIDER = address("0x42ac0e6fa47385d55aff070d79ef0079868c48a6")
WEIGHTED_FACTORY = address("0x82e4cfaef85b1b6299935340c964c942280327f4")
STABLE_FACTORY = address("0x7bc6c0e73edaa66ef3f6e2f27b0ee8661834c6c9")
QUERIES = address("0xe39b5e3b6d74016b2f6a9673d7d7493b6df549d5")
WEIGHTED_TASK = "20230206-weighted-pool-v3"
STABLE_TASK = "20230206-composable-stable-pool-v3"
PAUSE_WINDOW_S, BUFFER_S = 90 * 86_400, 30 * 86_400
ONE = 10**18
MAX = 2**256 - 1
INIT, GIVEN_IN = 0, 0
AGEING_USD = 200
NOBODY = Address(bytes(20))
AMPLIFICATION_PRECISION = 1000


@dataclass(frozen=True, slots=True)
class Market:
    """A pool's tokens and worth; stable ones have an amplification instead of weights (in %)."""

    symbol: str
    tokens: tuple[Token, ...]
    total_usd: int
    fee_e18: int
    weights: tuple[int, ...] = ()
    amplification: int = 0


MARKETS = (
    Market("B-33WPOL-33USDC-33WETH", (WPOL, USDC_E, WETH), 1_500_000, 25 * 10**14, (1, 1, 1)),
    Market("B-20USDC-80WETH", (USDC_E, WETH), 600_000, 3 * 10**15, (1, 4)),
    Market("B-STABLE", (USDC_E, DAI, USDT), 2_400_000, 10**14, amplification=500),
)


def install(site: Site) -> None:
    """Place vault and factories, then create, join and age every pool."""
    _place_vault(site)
    _place_factories(site)
    for market in MARKETS:
        pool = _create(site, market)
        _join(site, pool, market)
        _age(site, pool, market)
        site.balancer_pools.append(pool)


def _place(site: Site, task: str, name: str, where: Address, constructor: bytes) -> None:
    entry = Contract(f"Balancer {name}", where, PROTOCOL, package_version(PACKAGE), Realness.REAL)
    site.place(entry, creation_code(f"{TASKS}/{task}/artifact/{name}.json"), constructor)


def _place_vault(site: Site) -> None:
    admin = encode(["address"], [GOVERNANCE])
    _place(site, "20210418-authorizer", "Authorizer", AUTHORIZER, admin)
    windows = (PAUSE_WINDOW_S, BUFFER_S)
    types = ["address", "address", "uint256", "uint256"]
    arguments = encode(types, [AUTHORIZER, WPOL.address, *windows])
    _place(site, "20210418-vault", "Vault", VAULT, arguments)
    (found,) = site.rpc.read(VAULT, "getProtocolFeesCollector()", ["address"])
    name = "Balancer ProtocolFeesCollector"
    site.expect(name, address(found), create_address(VAULT, 1))
    site.expect(name, address(found), FEES_COLLECTOR)
    package = package_version(PACKAGE)
    site.enter(Contract(name, FEES_COLLECTOR, PROTOCOL, package, Realness.REAL))


def _place_factories(site: Site) -> None:
    vault = encode(["address"], [VAULT])
    _place(site, "20220721-balancer-queries", "BalancerQueries", QUERIES, vault)
    provider = "ProtocolFeePercentagesProvider"
    limits = encode(["address", "uint256", "uint256"], [VAULT, ONE // 2, ONE // 2])
    task = "20220725-protocol-fee-percentages-provider"
    _place(site, task, provider, FEE_PROVIDER, limits)
    for task, pool, where in (
        (WEIGHTED_TASK, "WeightedPool", WEIGHTED_FACTORY),
        (STABLE_TASK, "ComposableStablePool", STABLE_FACTORY),
    ):
        versions = [_version(name, task) for name in (f"{pool}Factory", pool)]
        types = ["address", "address", "string", "string"]
        arguments = encode(types, [VAULT, FEE_PROVIDER, *versions])
        _place(site, task, f"{pool}Factory", where, arguments)


def _version(name: str, task: str) -> str:
    return f'{{"name":"{name}","version":3,"deployment":"{task}"}}'


def _create(site: Site, market: Market) -> BalancerPool:
    tokens = sorted(token.address for token in market.tokens)
    factory = STABLE_FACTORY if market.amplification else WEIGHTED_FACTORY
    nonce = int(site.rpc("eth_getTransactionCount", [factory, "latest"]), 16)
    signature, arguments = _order(market, tokens)
    fee = market.fee_e18
    site.send(WHALE, factory, signature, market.symbol, market.symbol, *arguments, fee, GOVERNANCE)
    where = create_address(factory, nonce)
    site.expect(market.symbol, where, where)
    (pool_id,) = site.rpc.read(where, "getPoolId()", ["bytes32"])
    words = ["address[]", "uint256[]", "uint256"]
    held, _, _ = site.rpc.read(VAULT, "getPoolTokens(bytes32)", words, pool_id)
    return BalancerPool(
        f"{PROTOCOL}-{'stable' if market.amplification else 'weighted'}",
        VAULT,
        where,
        pool_id,
        tuple(map(address, held)),
        fee,
        tuple(_weights(market, tokens)),
        market.amplification * AMPLIFICATION_PRECISION,
    )


def _order(market: Market, tokens: Sequence[Address]) -> tuple[str, tuple[object, ...]]:
    nothing = [NOBODY] * len(tokens)
    if market.amplification:
        signature = (
            "create(string,string,address[],uint256,address[],uint256[],bool[],uint256,address)"
        )
        caches = ([0] * len(tokens), [False] * len(tokens))
        return signature, (tokens, market.amplification, nothing, *caches)
    signature = "create(string,string,address[],uint256[],address[],uint256,address)"
    return signature, (tokens, _weights(market, tokens), nothing)


def _weights(market: Market, tokens: Sequence[Address]) -> list[int]:
    """Normalised weights in the tokens' order; the last one takes what rounding left."""
    if not market.weights:
        return []
    parts = {t.address: w for t, w in zip(market.tokens, market.weights, strict=True)}
    weights = [ONE * parts[token] // sum(parts.values()) for token in tokens]
    return [*weights[:-1], ONE - sum(weights[:-1])]


def _join(site: Site, pool: BalancerPool, market: Market) -> None:
    parts = market.weights or (1,) * len(market.tokens)
    amounts = {
        token.address: raw_amount(token, 1) * market.total_usd * part // sum(parts)
        for token, part in zip(market.tokens, parts, strict=True)
    }
    for token in market.tokens:
        site.send(WHALE, token.address, "approve(address,uint256)", VAULT, MAX)
    # the stable pool's own token stands among its tokens and is not paid in
    paid = [amounts.get(token, 0) for token in pool.tokens]
    data = encode(["uint256", "uint256[]"], [INIT, paid])
    request = (pool.tokens, [MAX] * len(pool.tokens), data, False)
    signature = "joinPool(bytes32,address,address,(address[],uint256[],bytes,bool))"
    site.send(WHALE, VAULT, signature, pool.pool_id, WHALE, WHALE, request)


def _age(site: Site, pool: BalancerPool, market: Market) -> None:
    """Swaps of equal worth around the whole pool, so that no slot is written the first time."""
    signature = (
        "swap((bytes32,uint8,address,address,uint256,bytes),(address,bool,address,bool),"
        "uint256,uint256)"
    )
    funds = (WHALE, False, WHALE, False)
    for paid, got in zip(market.tokens, (*market.tokens[1:], market.tokens[0]), strict=True):
        amount = raw_amount(paid, AGEING_USD)
        step = (pool.pool_id, GIVEN_IN, paid.address, got.address, amount, b"")
        site.send(WHALE, VAULT, signature, step, funds, 0, MAX)
