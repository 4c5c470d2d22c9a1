"""Markets of the real factories between any two tokens, so that a cycle through two can earn."""

from math import isqrt

from eth_abi.abi import decode
from executor_world import World

from keeper.chain import Address, Protocol
from replica.abi import encode_call
from replica.deploy import WHALE
from replica.manifest import Pool
from replica.protocols.uniswap_v3 import FACTORY, POSITIONS

SPACINGS = {500: 10, 3_000: 60, 10_000: 200}
WIDEST = 887_272
MAX = 2**256 - 1


def create_pair(world: World, venue: str, holdings: dict[Address, int]) -> Pool:
    """A Uniswap V2 pair of `venue`'s factory with the whale's tokens as its reserves, raw units."""
    factory = next(f.address for f in world.manifest.factories if f.venue == venue)
    token0, token1 = sorted(holdings)
    world.do(WHALE, factory, "createPair(address,address)", token0, token1)
    pair = Address(
        bytes.fromhex(
            world.ask(factory, "getPair(address,address)", ["address"], token0, token1)[2:]
        )
    )
    for token, amount in holdings.items():
        world.do(WHALE, token, "transfer(address,uint256)", pair, amount)
    world.do(WHALE, pair, "mint(address)", WHALE)
    return Pool(pair, Protocol.UNISWAP_V2, venue, factory, token0, token1, 3_000, 0)


def create_v3(world: World, fee_pips: int, holdings: dict[Address, int]) -> Pool:
    """A Uniswap V3 pool with one position over all prices, worth `holdings` in raw units."""
    token0, token1 = sorted(holdings)
    amounts = holdings[token0], holdings[token1]
    spacing = SPACINGS[fee_pips]
    edge = WIDEST // spacing * spacing
    price = isqrt((amounts[1] << 192) // amounts[0])
    for token in (token0, token1):
        world.do(WHALE, token, "approve(address,uint256)", POSITIONS, MAX)
    key = (token0, token1, fee_pips)
    create = "createAndInitializePoolIfNecessary(address,address,uint24,uint160)"
    found = world.do(WHALE, POSITIONS, create, *key, price)
    mint = (
        "mint((address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256))"
    )
    world.do(WHALE, POSITIONS, mint, (*key, -edge, edge, *amounts, 0, 0, WHALE, MAX))
    return Pool(Address(found[12:]), Protocol.UNISWAP_V3, "uniswap-v3", FACTORY, *key, spacing)


def v3_price(world: World, pool: Pool) -> int:
    """The pool's square root price, Q64.96."""
    return int(decode(["uint160"], world.call(WHALE, pool.address, encode_call("slot0()"))[:32])[0])
