"""Uniswap V2 and QuickSwap V2: the same code with two factories and two routers."""

from dataclasses import dataclass

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from keeper.chain import Address, Protocol
from replica.abi import address, create2_address
from replica.artifacts import creation_code, package_version
from replica.deploy import GOVERNANCE, WHALE, Site
from replica.manifest import Contract, Factory, Pool, Realness
from replica.markets import QUICKSWAP_V2, UNISWAP_V2, WPOL, V2Market, ordered, raw_amount

CORE = "@uniswap/v2-core"
PERIPHERY = "@uniswap/v2-periphery"
INIT_CODE_HASH = bytes.fromhex("96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f")
FEE_PIPS = 3000
MAX = 2**256 - 1
AGEING_USD = 200


@dataclass(frozen=True, slots=True)
class Venue:
    """One deployment of the code."""

    name: str
    title: str
    factory: Address
    router: Address
    markets: tuple[V2Market, ...]


VENUES = (
    Venue(
        "quickswap-v2",
        "QuickSwap V2",
        address("0x5757371414417b8c6caad45baef941abc7d3ab32"),
        address("0xa5e0829caced8ffdd4de3c43696c57f7d7a678ff"),
        QUICKSWAP_V2,
    ),
    Venue(
        "uniswap-v2",
        "Uniswap V2",
        address("0x9e5a52f57b3038f1b8eee45f28b3c1967e22799c"),
        address("0xedf6066a2b290c185783862c7f4776a2c8077ad1"),
        UNISWAP_V2,
    ),
)


def install(site: Site) -> None:
    """Place factories and routers, then create, fill and age every pair."""
    for venue in VENUES:
        _place(site, venue)
        for market in venue.markets:
            open_pair(site, venue, market)


def open_pair(site: Site, venue: Venue, market: V2Market) -> Pool:
    """Create a pair with the venue's own factory, fill and age it, and enter it among the pools."""
    pool = _create(site, venue, market)
    _fill(site, pool, market)
    _age(site, venue, market)
    site.pools.append(pool)
    return pool


def _place(site: Site, venue: Venue) -> None:
    core, periphery = package_version(CORE), package_version(PERIPHERY)
    factory = Contract(f"{venue.title} factory", venue.factory, venue.name, core, Realness.REAL)
    code = creation_code(f"{CORE}/build/UniswapV2Factory.json")
    site.place(factory, code, encode(["address"], [GOVERNANCE]))
    router = Contract(f"{venue.title} router", venue.router, venue.name, periphery, Realness.REAL)
    code = creation_code(f"{PERIPHERY}/build/UniswapV2Router02.json")
    site.place(router, code, encode(["address", "address"], [venue.factory, WPOL.address]))
    site.factories.append(Factory(venue.name, venue.factory, Protocol.UNISWAP_V2, INIT_CODE_HASH))


def _create(site: Site, venue: Venue, market: V2Market) -> Pool:
    token0, token1 = ordered(market.token_a, market.token_b)
    pair_of = (token0.address, token1.address)
    site.send(WHALE, venue.factory, "createPair(address,address)", *pair_of)
    (found,) = site.rpc.read(venue.factory, "getPair(address,address)", ["address"], *pair_of)
    derived = create2_address(venue.factory, keccak(b"".join(pair_of)), INIT_CODE_HASH)
    what = f"{venue.title} {token0.symbol}/{token1.symbol}"
    site.expect(what, address(found), derived)
    site.expect(what, derived, market.pair or derived)
    return Pool(derived, Protocol.UNISWAP_V2, venue.name, venue.factory, *pair_of, FEE_PIPS, 0)


def _fill(site: Site, pool: Pool, market: V2Market) -> None:
    for token in (market.token_a, market.token_b):
        amount = raw_amount(token, market.side_usd)
        site.send(WHALE, token.address, "transfer(address,uint256)", pool.address, amount)
    site.send(WHALE, pool.address, "mint(address)", WHALE)


def _age(site: Site, venue: Venue, market: V2Market) -> None:
    """A swap each way of equal worth, so that no storage slot is written for the first time."""
    tokens = (market.token_a, market.token_b)
    for token in tokens:
        site.send(WHALE, token.address, "approve(address,uint256)", venue.router, MAX)
    for token, other in (tokens, tokens[::-1]):
        site.send(
            WHALE,
            venue.router,
            "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)",
            raw_amount(token, AGEING_USD),
            1,
            [token.address, other.address],
            WHALE,
            MAX,
        )
