"""A foreign collector's hints: they name what to read, and the node says what is true."""

import asyncio
from dataclasses import replace
from pathlib import Path

from collector_world import Traders, following, fresh_read, held, settings, until
from tlv_writer import balances, foreign_collector, message, sync

from keeper.chain import Address, Protocol
from keeper.collector.bootstrap import Reader
from keeper.collector.collector import CollectorSettings
from keeper.collector.origins import Factory, PoolRef
from keeper.node import Node
from replica import Replica
from replica.abi import encode_call
from replica.deploy import WHALE
from replica.protocols import balancer_v2, uniswap_v3

FEE_PIPS, SPACING = 2_500, 50
"""A fee that the factory learnt of later: discovery does not ask for it."""
IMPOSTOR = Address(b"\x1f" * 20)


def hinted(replica: Replica, folder: Path, *more: Factory) -> CollectorSettings:
    config = settings(replica.url, replica.manifest, folder)
    path = folder / "tlv.sock"
    return replace(config, factories=(*config.factories, *more), hints_path=path)


def create_pool(replica: Replica, pair: tuple[Address, Address]) -> Address:
    """A Uniswap V3 pool of `FEE_PIPS` with a price, mined."""
    governance = uniswap_v3.GOVERNANCE
    replica.rpc("anvil_impersonateAccount", [governance])
    replica.rpc("anvil_setBalance", [governance, hex(10**24)])
    enable = encode_call("enableFeeAmount(uint24,int24)", FEE_PIPS, SPACING)
    create = encode_call(
        "createAndInitializePoolIfNecessary(address,address,uint24,uint160)",
        *(*pair, FEE_PIPS, 2**96),
    )
    positions = replica.manifest.contract("NonfungiblePositionManager")
    for sender, to, data in (
        (governance, uniswap_v3.FACTORY, enable),
        (WHALE, positions, create),
    ):
        call = {"from": sender, "to": to, "data": data, "gas": hex(9_000_000)}
        replica.rpc("eth_sendTransaction", [call])
        replica.rpc("evm_mine")
    question = encode_call("getPool(address,address,uint24)", *pair, FEE_PIPS)
    found = replica.rpc("eth_call", [{"to": uniswap_v3.FACTORY, "data": question}, "latest"])
    assert isinstance(found, str)
    assert int(found, 16)
    return Address(bytes.fromhex(found[-40:]))


def forge_twin(replica: Replica, pool: Address) -> None:
    """A contract that calls itself what `pool` is, its factory and price included."""
    replica.rpc("anvil_setCode", [IMPOSTOR, replica.rpc("eth_getCode", [pool, "latest"])])
    word = replica.rpc("eth_getStorageAt", [pool, "0x0", "latest"])
    replica.rpc("anvil_setStorageAt", [IMPOSTOR, "0x" + "00" * 32, word])


async def test_a_hinted_pool_is_followed_only_as_its_factory_and_the_node_bear_it_out(
    trading: Replica, folder: Path
) -> None:
    traders = Traders(trading, seed=1)
    a, b = (trading.manifest.token(symbol).address for symbol in ("WETH", "WBTC"))
    pair = (a, b) if a < b else (b, a)
    pool = create_pool(trading, pair)
    forge_twin(trading, pool)
    trading.rpc("evm_mine")
    config = hinted(trading, folder)
    maker = next(f for f in config.factories if f.protocol is Protocol.UNISWAP_V3)
    async with await Node.connect(trading.url, expected_chain_id=137) as node:
        twins = [PoolRef(pool, maker), PoolRef(IMPOSTOR, maker)]
        readable = await Reader(node, twins).read(await node.head())
    assert len(readable) == 2, "its own word would do for the impostor"
    async with (
        foreign_collector(folder / "tlv.sock") as foreign,
        following(config, folder) as (collector, follower),
    ):
        await until(lambda: bool(follower.boundaries))
        await asyncio.wait_for(foreign.is_heard.wait(), 5)
        assert collector.hints is not None
        before = set(follower.book.pools)
        for named in (IMPOSTOR, pool, Address(b"\x77" * 20)):
            foreign.send(sync(named, pair, (10**9, 1), 0))
        await until(lambda: collector.hints.counts["hints"] == 3)  # type: ignore[union-attr]
        assert set(follower.book.pools) == before, "a hint alone is nothing"
        await asyncio.to_thread(traders.block, 1)
        truth = await fresh_read(replace(config, pools=(PoolRef(pool, maker),)))
        await until(lambda: follower.at(truth[0].hash))
        assert set(follower.book.pools) == before | {pool}
        assert held(follower.book) == truth[1]
        assert (follower.resyncs, follower.gaps) == (1, [])


async def test_a_hinted_balancer_pool_is_the_factorys_or_none(
    trading: Replica, folder: Path
) -> None:
    traders = Traders(trading, seed=2)
    weighted = Factory(balancer_v2.WEIGHTED_FACTORY, Protocol.BALANCER_V2_WEIGHTED)
    config = replace(hinted(trading, folder), factories=(weighted,), tokens=())
    pools = [pool.address for pool in trading.manifest.balancer_pools]
    own = {p.address for p in trading.manifest.balancer_pools if not p.amplification}
    forge_twin(trading, min(own))
    trading.rpc("evm_mine")
    pools.append(IMPOSTOR)
    async with (
        foreign_collector(folder / "tlv.sock") as foreign,
        following(config, folder) as (collector, follower),
    ):
        await until(lambda: bool(follower.boundaries))
        await asyncio.wait_for(foreign.is_heard.wait(), 5)
        for pool in pools:
            foreign.send(balances(pool))
        await until(lambda: collector.hints.counts["hints"] == len(pools))  # type: ignore[union-attr]
        await asyncio.to_thread(traders.block, 1)
        await until(lambda: len(follower.boundaries) == 2)
        assert set(follower.book.readings) == own


async def test_a_hint_changes_nothing_and_a_contradiction_is_read_again(
    trading: Replica, folder: Path
) -> None:
    traders = Traders(trading, seed=3)
    config = hinted(trading, folder)
    async with (
        foreign_collector(folder / "tlv.sock") as foreign,
        following(config, folder) as (collector, follower),
    ):
        await until(lambda: bool(follower.boundaries))
        await asyncio.wait_for(foreign.is_heard.wait(), 5)
        pairs = [s for s in follower.book.pools.values() if s.protocol is Protocol.UNISWAP_V2]
        state, start = pairs[0], follower.kinds["PoolSnapshot"]
        pair, true = (state.token0, state.token1), (state.reserve0, state.reserve1)
        cases = ((true, 0, 0), ((1, 2), 0, 1), ((1, 2), 2**40, 1))
        for seen, (reserves, block, read) in enumerate(cases, 1):
            foreign.send(sync(state.pool, pair, reserves, block))
            await until(lambda n=seen: collector.hints.counts["hints"] == n)  # type: ignore[misc,union-attr]
            await asyncio.to_thread(traders.block, 0)
            await until(lambda n=seen: len(follower.boundaries) == n + 1)  # type: ignore[misc]
            assert follower.kinds["PoolSnapshot"] - start == read
        _, truth = await fresh_read(config)
        assert held(follower.book) == truth
        assert (follower.resyncs, follower.gaps) == (1, [])


async def test_whatever_is_no_message_ends_the_connection_and_the_next_is_read(
    trading: Replica, folder: Path
) -> None:
    Traders(trading, seed=4)
    config = hinted(trading, folder)
    whole = sync(IMPOSTOR, (IMPOSTOR, IMPOSTOR), (1, 1), 0)
    spoilt = whole[:-1] + bytes([whole[-1] ^ 1])
    hostile = (
        b"\0" * 64,
        spoilt,
        whole[:24] + b"\xff\xff\xff\xff" + whole[28:],  # a payload of 4 GB
        message((16, b"\x01" * 9)),
        whole[:50],
    )
    async with (
        foreign_collector(folder / "tlv.sock", hostile) as foreign,
        following(config, folder) as (collector, follower),
    ):
        await asyncio.wait_for(foreign.is_heard.wait(), 15)
        assert collector.hints is not None
        assert collector.hints.counts == {"faults": len(hostile)}
        foreign.send(message((16, b"\0" * 160), source=1) + whole)
        await until(lambda: collector.hints.counts["hints"] == 1)  # type: ignore[union-attr]
        await until(lambda: bool(follower.boundaries))
        trading.rpc("evm_mine")
        await until(lambda: len(follower.boundaries) == 2)
        assert (follower.resyncs, follower.gaps) == (1, [])
