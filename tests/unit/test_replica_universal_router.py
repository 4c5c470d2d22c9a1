"""UniversalRouter on the replica: V2, V3 and V4 swaps paid through Permit2, as the quoters say."""

from collections.abc import Callable

import pytest
from eth_abi.abi import encode
from replica_calls import balance, read, transact

from keeper.chain import Address
from replica import Replica
from replica.abi import address, encode_call

KEY = "(address,address,uint24,int24,address)"
V3_SWAP, V2_SWAP, V4_SWAP = b"\x00", b"\x08", b"\x10"
SINGLE, SETTLE_ALL, TAKE_ALL = b"\x06", b"\x0c", b"\x0f"
MAX = 2**256 - 1
PAID = 500 * 10**6
Step = Callable[[Replica, Address, Address, Address], tuple[bytes, int]]


def approve(chain: Replica, trader: Address, token: Address) -> Address:
    """The router, allowed through Permit2 to take `PAID` of the token."""
    router, permit2 = (chain.manifest.contract(name) for name in ("UniversalRouter", "Permit2"))
    transact(chain, trader, token, encode_call("approve(address,uint256)", permit2, MAX))
    signature = "approve(address,address,uint160,uint48)"
    transact(chain, trader, permit2, encode_call(signature, token, router, PAID, 2**48 - 1))
    return router


def v2_step(chain: Replica, trader: Address, paid: Address, got: Address) -> tuple[bytes, int]:
    pool = chain.manifest.pool("uniswap-v2", "USDC.e", "WETH")
    held0, held1, _ = read(chain, pool.address, "getReserves()", ["uint112", "uint112", "uint32"])
    into, out = (held0, held1) if pool.token0 == paid else (held1, held0)
    types = ["address", "uint256", "uint256", "address[]", "bool"]
    wanted = PAID * 997 * out // (into * 1000 + PAID * 997)
    return encode(types, [trader, PAID, 1, [paid, got], True]), wanted


def v3_step(chain: Replica, trader: Address, paid: Address, got: Address) -> tuple[bytes, int]:
    quoter = chain.manifest.contract("QuoterV2")
    quote = "quoteExactInputSingle((address,address,uint256,uint24,uint160))"
    words = ["uint256", "uint160", "uint32", "uint256"]
    wanted = read(chain, quoter, quote, words, (paid, got, PAID, 500, 0))[0]
    path = paid + (500).to_bytes(3, "big") + got
    types = ["address", "uint256", "uint256", "bytes", "bool"]
    return encode(types, [trader, PAID, 1, path, True]), wanted


def v4_step(chain: Replica, _: Address, paid: Address, got: Address) -> tuple[bytes, int]:
    pair = {paid, got}
    (pool,) = (p for p in chain.manifest.v4_pools if {p.currency0, p.currency1} == pair)
    zero_for_one = pool.currency0 == paid
    quoter = chain.manifest.contract("Uniswap V4 V4Quoter")
    quote = f"quoteExactInputSingle(({KEY},bool,uint128,bytes))"
    words = ["uint256", "uint256"]
    wanted = read(chain, quoter, quote, words, (pool.key, zero_for_one, PAID, b""))[0]
    swap = encode([f"({KEY},bool,uint128,uint128,bytes)"], [(pool.key, zero_for_one, PAID, 1, b"")])
    ends = [encode(["address", "uint256"], [paid, PAID]), encode(["address", "uint256"], [got, 1])]
    plan = SINGLE + SETTLE_ALL + TAKE_ALL
    return encode(["bytes", "bytes[]"], [plan, [swap, *ends]]), wanted


@pytest.mark.parametrize(
    ("command", "step"), [(V2_SWAP, v2_step), (V3_SWAP, v3_step), (V4_SWAP, v4_step)]
)
def test_a_swap_gives_what_the_venue_says(
    chain: Replica, trader: Address, command: bytes, step: Step
) -> None:
    paid, got = (chain.manifest.token(symbol).address for symbol in ("USDC.e", "WETH"))
    router = approve(chain, trader, paid)
    assert router == address("0x1095692a6237d83c6a72f3f5efedb9a670c49223")
    order, wanted = step(chain, trader, paid, got)
    before = balance(chain, got, trader), balance(chain, paid, trader)
    signature = "execute(bytes,bytes[],uint256)"
    transact(chain, trader, router, encode_call(signature, command, [order], 2**48 - 1))
    assert balance(chain, got, trader) - before[0] == wanted
    assert before[1] - balance(chain, paid, trader) == PAID
