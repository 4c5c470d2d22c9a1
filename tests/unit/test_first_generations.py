"""Pools of the first generations of Curve and Balancer: found, read, and quoted to the wei.

Balancer's is the real bytecode of 2021; Curve's, of which nothing is published, a stand-in.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from eth_abi.abi import encode
from replica_calls import balance, read, transact

from keeper.chain import Address, Protocol
from keeper.collector.bootstrap import Reader
from keeper.collector.discovery import Discovery
from keeper.collector.lens import Lens
from keeper.collector.origins import Factory, PoolRef
from keeper.market.venues.pairs import TokenPool
from keeper.market.venues.registry import freeze_reading
from keeper.node import Node
from keeper.relay.messages import PoolReading
from keeper.relay.tlv import BalancesHint
from replica import Replica
from replica.abi import address, encode_call
from replica.artifacts import package_file
from replica.demo.swaps import BALANCER_SWAP, CURVE_SWAP, FAR_DEADLINE
from replica.deploy import WHALE
from replica.manifest import Token
from replica.protocols import balancer_v2

FIRST_CURVE = Path(__file__).parents[1] / "first_curve.vy"
FIRST_WEIGHTED = f"{balancer_v2.TASKS}/20210418-weighted-pool/bytecode/WeightedPool.json"
FIRST_STABLE = f"{balancer_v2.TASKS}/deprecated/20210624-stable-pool/bytecode/StablePool.json"
ONE = 10**18
AMOUNTS_USD = (1, 777, 50_000)


@pytest.fixture(autouse=True)
def _whale(chain: Replica) -> None:
    chain.rpc("anvil_impersonateAccount", [WHALE])
    chain.rpc("anvil_setBalance", [WHALE, hex(10**24)])


def first_curve() -> bytes:
    vyper = [sys.executable, "-m", "vyper.cli.vyper_compile", "--evm-version", "cancun"]
    done = subprocess.run([*vyper, str(FIRST_CURVE)], capture_output=True, text=True, check=True)
    return bytes.fromhex(done.stdout.strip()[2:])


def first_balancer(path: str) -> bytes:
    return bytes.fromhex(
        json.loads(package_file(path).read_text())["creationCode"].removeprefix("0x")
    )


def raw(token: Token, usd: int) -> int:
    return int(usd * 10**token.decimals / float(token.usd_price))


def made(chain: Replica, code: bytes, types: Sequence[str], values: Sequence[object]) -> Address:
    order = {"from": WHALE, "data": code + encode(types, values), "gas": hex(8_000_000)}
    receipt = chain.receipt(chain.rpc("eth_sendTransaction", [order]))
    assert receipt["status"] == "0x1"
    return address(receipt["contractAddress"])


async def reading_of(node: Node, ref: PoolRef) -> PoolReading:
    (state,) = await Reader(node, [ref]).read(await node.block("latest"))
    assert isinstance(state, PoolReading)
    return state


async def quoted(node: Node, ref: PoolRef, sold: Token, bought: Token, amount: int) -> int:
    """What the pool, as it is read now, pays by our arithmetic."""
    reading = await reading_of(node, ref)
    pool: TokenPool = freeze_reading(reading)
    places = [held.token for held in reading.tokens]
    way = places.index(sold.address), places.index(bought.address)
    quote = pool.quote_tokens(*way, amount, exact_in=True)
    assert quote.refusal is None
    return quote.amount_out


def received(chain: Replica, bought: Token, to: Address, data: bytes) -> int:
    before = balance(chain, bought.address, WHALE)
    transact(chain, WHALE, to, data)
    return balance(chain, bought.address, WHALE) - before


async def test_a_curve_pool_of_2020_is_listed_read_and_quoted(node: Node, chain: Replica) -> None:
    coins = [chain.manifest.token(symbol) for symbol in ("DAI", "USDC.e")]
    types = ["address[2]", "uint256[2]", "uint256", "uint256", "uint256"]
    terms = [c.address for c in coins], [c.decimals for c in coins], 200, 4 * 10**6, 5 * 10**9
    where = made(chain, first_curve(), types, terms)
    for coin in coins:
        transact(chain, WHALE, coin.address, approval(where))
    funds = [raw(coins[0], 900_000), raw(coins[1], 400_000)]
    transact(chain, WHALE, where, encode_call("fund(uint256[2])", funds))
    factory = Factory(where, Protocol.CURVE_STABLESWAP)
    (ref,) = await Discovery(node, Lens(node), ()).find([factory], await node.block("latest"))
    assert ref == PoolRef(where, factory)
    news = BalancesHint(where, 402, tuple(funds))
    assert await vouched(node, factory, news) == ref
    assert await vouched(node, factory, replace(news, pool=coins[0].address)) is None
    found = await reading_of(node, ref)
    assert (found.amplification, found.precision, found.rounding, found.push) == (200, 1, 0, 0)
    assert [held.balance for held in found.tokens] == funds
    for usd in AMOUNTS_USD:
        for sold, bought in ((0, 1), (1, 0)):
            amount = raw(coins[sold], usd)
            expected = await quoted(node, ref, coins[sold], coins[bought], amount)
            data = encode_call(CURVE_SWAP, sold, bought, amount, 0)
            assert received(chain, coins[bought], where, data) == expected > 0
    transact(chain, WHALE, where, encode_call("call_meta(address)", where))
    assert not await Discovery(node, Lens(node), ()).find([factory], await node.block("latest"))
    assert await vouched(node, factory, news) is None


async def test_a_balancer_pool_of_2021_takes_no_shortcut(node: Node, chain: Replica) -> None:
    tokens = sorted((chain.manifest.token(s) for s in ("WETH", "USDC.e")), key=lambda t: t.address)
    ref, pool_id = first_weighted(chain, tokens)
    assert (await reading_of(node, ref)).rounding == 1
    for usd in AMOUNTS_USD:
        for sold, bought in (tokens, tokens[::-1]):
            amount = raw(sold, usd)
            expected = await quoted(node, ref, sold, bought, amount)
            step = (pool_id, 0, sold.address, bought.address, amount, b"")
            funds = (WHALE, False, WHALE, False)
            data = encode_call(BALANCER_SWAP, step, funds, 0, FAR_DEADLINE)
            assert received(chain, bought, balancer_v2.VAULT, data) == expected > 0


async def test_later_pools_do(node: Node, chain: Replica) -> None:
    factory = Factory(balancer_v2.WEIGHTED_FACTORY, Protocol.BALANCER_V2_WEIGHTED)
    for pool in chain.manifest.balancer_pools:
        if not pool.amplification:
            assert (await reading_of(node, PoolRef(pool.address, factory))).rounding == 0


async def test_stable_pools_of_other_generations_are_left_out(
    node: Node, chain: Replica, caplog: pytest.LogCaptureFixture
) -> None:
    places = sorted(chain.manifest.token(symbol).address for symbol in ("DAI", "USDC.e"))
    types = ["address", "string", "string", "address[]", *["uint256"] * 4, "address"]
    windows = (balancer_v2.PAUSE_WINDOW_S, balancer_v2.BUFFER_S)
    values = (balancer_v2.VAULT, "", "", places, 200, 10**15, *windows, WHALE)
    where = made(chain, first_balancer(FIRST_STABLE), types, values)
    ref = PoolRef(where, Factory(where, Protocol.BALANCER_V2_STABLE))
    assert not await Reader(node, [ref]).read(await node.block("latest"))
    assert "it is no composable stable pool" in caplog.text


async def vouched(node: Node, factory: Factory, hint: BalancesHint) -> PoolRef | None:
    head = await node.block("latest")
    return await Discovery(node, Lens(node), ()).vouched([factory], hint, head.hash)


def approval(spender: Address) -> bytes:
    return encode_call("approve(address,uint256)", spender, 2**256 - 1)


def first_weighted(chain: Replica, tokens: Sequence[Token]) -> tuple[PoolRef, bytes]:
    """A pool of equal weights, by the bytecode of the first factory, joined."""
    places = [token.address for token in tokens]
    types = ["address", "string", "string", "address[]", "uint256[]", *["uint256"] * 3, "address"]
    windows = (balancer_v2.PAUSE_WINDOW_S, balancer_v2.BUFFER_S)
    values = (balancer_v2.VAULT, "", "", places, [ONE // 2] * 2, 3 * 10**15, *windows, WHALE)
    where = made(chain, first_balancer(FIRST_WEIGHTED), types, values)
    (pool_id,) = read(chain, where, "getPoolId()", ["bytes32"])
    for token in tokens:
        transact(chain, WHALE, token.address, approval(balancer_v2.VAULT))
    amounts = [raw(token, 600_000) for token in tokens]
    joins = encode(["uint256", "uint256[]"], [balancer_v2.INIT, amounts])
    signature = "joinPool(bytes32,address,address,(address[],uint256[],bytes,bool))"
    request = (places, [2**256 - 1] * 2, joins, False)
    data = encode_call(signature, pool_id, WHALE, WHALE, request)
    transact(chain, WHALE, balancer_v2.VAULT, data)
    maker = Factory(where, Protocol.BALANCER_V2_WEIGHTED)
    return PoolRef(where, maker), pool_id
