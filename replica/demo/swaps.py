"""Where tokens are swapped on the replica, and by which call: each venue's own router or pool."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from keeper.chain import Address, Protocol
from replica.abi import encode_call
from replica.manifest import Manifest, Pool
from replica.protocols import algebra, balancer_v2
from replica.protocols.uniswap_v4 import POOL_KEY
from replica.venues import NATIVE, BalancerPool, CurvePool, V4Pool

FAR_DEADLINE = 2**40
V2_SWAP = "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)"
V3_SWAP = "exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))"
V4_SWAP = f"swap({POOL_KEY},(bool,int256,uint160),(bool,bool),bytes)"
ALGEBRA_SWAP = "exactInputSingle((address,address,address,uint256,uint256,uint256,uint160))"
BALANCER_SWAP = (
    "swap((bytes32,uint8,address,address,uint256,bytes),(address,bool,address,bool),"
    "uint256,uint256)"
)
CURVE_SWAP = "exchange(int128,int128,uint256,uint256)"
MIN_PRICE, MAX_PRICE = (
    4_295_128_740,
    1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_341,
)
"""Square-root prices at which a Uniswap V4 swap stops at the latest, one unit within the bounds."""
ROUTER_OF_VENUE = {
    "quickswap-v2": "QuickSwap V2 router",
    "uniswap-v2": "Uniswap V2 router",
    "uniswap-v3": "SwapRouter02",
}

Call = Callable[[Address, Address, int, Address], bytes]
"""Data that sells an amount of the first token for the second, paid out to the last address."""


@dataclass(frozen=True, slots=True)
class Place:
    """A pool as its traders know it: `router` is called, and pulls what is sold."""

    tokens: tuple[Address, ...]
    router: Address
    call: Call


def places(manifest: Manifest) -> list[Place]:
    """Every pool of ERC-20 tokens, in the manifest's order."""
    return list(_places(manifest))


def _places(manifest: Manifest) -> Iterator[Place]:
    for pool in manifest.pools:
        router = manifest.contract(ROUTER_OF_VENUE[pool.venue])
        call = v2_swap if pool.protocol is Protocol.UNISWAP_V2 else partial(_v3, pool)
        yield Place((pool.token0, pool.token1), router, call)
    swapper = manifest.contract("Uniswap V4 PoolSwapTest")
    for v4 in manifest.v4_pools:
        if v4.currency0 != NATIVE:
            yield Place((v4.currency0, v4.currency1), swapper, partial(v4_swap, v4))
    for other in manifest.algebra_pools:
        yield Place((other.token0, other.token1), algebra.ROUTER, algebra_swap)
    for shared in manifest.balancer_pools:
        tokens = tuple(token for token in shared.tokens if token != shared.address)
        yield Place(tokens, balancer_v2.VAULT, partial(balancer_swap, shared))
    for curve in manifest.curve_pools:
        yield Place(curve.coins, curve.address, partial(curve_swap, curve))


def v2_swap(sold: Address, bought: Address, amount: int, recipient: Address) -> bytes:
    """Call of a Uniswap V2 router."""
    return encode_call(V2_SWAP, amount, 0, [sold, bought], recipient, FAR_DEADLINE)


def _v3(pool: Pool, sold: Address, bought: Address, amount: int, recipient: Address) -> bytes:
    return encode_call(V3_SWAP, (sold, bought, pool.fee_pips, recipient, amount, 0, 0))


def v4_swap(pool: V4Pool, sold: Address, _: Address, amount: int, __: Address) -> bytes:
    """Call of V4's own test router, which pays out to its caller."""
    zero_for_one = sold == pool.currency0
    order = (zero_for_one, -amount, MIN_PRICE if zero_for_one else MAX_PRICE)
    return encode_call(V4_SWAP, pool.key, order, (False, False), b"")


def algebra_swap(sold: Address, bought: Address, amount: int, recipient: Address) -> bytes:
    """Call of QuickSwap V3's router."""
    return encode_call(ALGEBRA_SWAP, (sold, bought, recipient, FAR_DEADLINE, amount, 0, 0))


def balancer_swap(
    pool: BalancerPool, sold: Address, bought: Address, amount: int, trader: Address
) -> bytes:
    """Call of the vault, by the trader that is paid."""
    step = (pool.pool_id, 0, sold, bought, amount, b"")
    return encode_call(BALANCER_SWAP, step, (trader, False, trader, False), 0, FAR_DEADLINE)


def curve_swap(pool: CurvePool, sold: Address, bought: Address, amount: int, _: Address) -> bytes:
    """Call of the pool, which pays out to its caller."""
    places = pool.coins.index(sold), pool.coins.index(bought)
    return encode_call(CURVE_SWAP, *places, amount, 0)
