"""Every venue's pools through the collector: the book fed by its frames equals the chain."""

import asyncio
from dataclasses import replace
from pathlib import Path

from collector_world import (
    Follower,
    Traders,
    all_factories,
    following,
    fresh_read,
    held,
    named_pools,
    settings,
    until,
)
from venue_traders import VenueTraders

from keeper.chain import Address, Protocol
from keeper.collector.collector import CollectorSettings
from keeper.collector.states import DYNAMIC_FEE_FLAG
from keeper.collector.topics import V4_SWAP
from replica import Replica
from replica.protocols import uniswap_v2
from replica.venues import NATIVE

HOOKS_BEFORE_SWAPS = Address(b"\x11" * 18 + b"\x00\x80")


def config_of(replica: Replica, folder: Path, symbols: str = "") -> CollectorSettings:
    plain = settings(replica.url, replica.manifest, folder, symbols)
    return replace(
        plain,
        factories=all_factories(replica.manifest),
        pools=named_pools(replica.manifest),
        tokens=(*plain.tokens, NATIVE),
    )


async def equals_chain(follower: Follower, config: CollectorSettings) -> dict[Address, object]:
    head, truth = await fresh_read(config)
    await until(lambda: follower.at(head.hash))
    assert held(follower.book) == truth
    return dict(truth)


async def test_every_venue_is_followed_to_the_wei(trading: Replica, folder: Path) -> None:
    manifest = trading.manifest
    config = config_of(trading, folder)
    trading.rpc("evm_setAutomine", [False])
    others, venues = Traders(trading, seed=11), VenueTraders(trading, seed=11)
    async with following(config, folder) as (collector, follower):
        await until(lambda: bool(follower.boundaries), 30)
        for round_ in range(8):
            venues.trade()
            if round_ == 3:
                venues.change_balancer_fee()
                pool = manifest.v4_pools[0]
                venues.mint_v4(pool, -pool.tick_spacing * 10, pool.tick_spacing * 10, 10**12)
            await asyncio.to_thread(others.block, 2)
            venues.require_success()
            if round_ % 3 == 1:
                await equals_chain(follower, config)
        truth = await equals_chain(follower, config)
        assert follower.resyncs == 1
        assert follower.kinds["PoolReading"] > 8 * len(manifest.balancer_pools)
        assert collector.counts["resyncs"] == 0
    protocols = {state.protocol for state in truth.values()}  # type: ignore[attr-defined]
    assert protocols == set(Protocol) - {Protocol.CURVE_STABLESWAP}
    wanted = {pool.address for pool in manifest.pools + manifest.balancer_pools}  # type: ignore[operator]
    wanted |= {pool.pool_id[:20] for pool in manifest.v4_pools}
    wanted |= {pool.address for pool in manifest.algebra_pools + manifest.curve_pools}  # type: ignore[operator]
    assert truth.keys() == wanted


async def test_pools_made_after_the_start_appear_and_go_back_with_their_blocks(
    trading: Replica, folder: Path
) -> None:
    config = config_of(trading, folder, "WPOL WETH USDC.e WBTC DAI")
    trading.rpc("evm_setAutomine", [False])
    others, venues = Traders(trading, seed=12), VenueTraders(trading, seed=12)
    async with following(config, folder) as (collector, follower):
        await until(lambda: bool(follower.boundaries), 30)
        known = len(held(follower.book))
        venues.create_v3("WBTC", "DAI", 500)
        venues.create_pair("WBTC", "DAI", uniswap_v2.VENUES[0].factory)
        made = venues.create_v4("USDC.e", 700, 14)
        venues.create_v4("WBTC", DYNAMIC_FEE_FLAG, 10, HOOKS_BEFORE_SWAPS)
        await asyncio.to_thread(others.block, 1)
        venues.require_success()
        await equals_chain(follower, config)
        assert len(held(follower.book)) == known + 3
        venues.mint_v4(made, -140, 140, 10**9)
        await asyncio.to_thread(others.block, 1)
        venues.require_success()
        await equals_chain(follower, config)
        trading.rpc("anvil_reorg", [2, []])
        await equals_chain(follower, config)
        assert len(held(follower.book)) == known
        assert follower.kinds["Reorganisation"] == 1
        assert (follower.resyncs, collector.counts["resyncs"]) == (1, 0)


async def test_a_pool_whose_first_price_was_taken_back_appears_with_its_next(
    trading: Replica, folder: Path
) -> None:
    config = config_of(trading, folder, "WPOL WETH USDC.e WBTC DAI")
    trading.rpc("evm_setAutomine", [False])
    others, venues = Traders(trading, seed=13), VenueTraders(trading, seed=13)
    async with following(config, folder) as (collector, follower):
        await until(lambda: bool(follower.boundaries), 30)
        pool = venues.create_unpriced_v3("WBTC", "DAI", 500)
        for priced in (False, True):
            await asyncio.to_thread(others.block, 1)
            venues.require_success()
            await equals_chain(follower, config)
            assert (pool in follower.book.pools) == priced
            venues.start_v3(pool)
        trading.rpc("anvil_dropAllTransactions")
        trading.rpc("anvil_reorg", [1, []])
        await equals_chain(follower, config)
        assert pool not in follower.book.pools
        venues.sent.clear()
        venues.start_v3(pool)
        await asyncio.to_thread(others.block, 1)
        venues.require_success()
        await equals_chain(follower, config)
        assert pool in follower.book.pools
        assert collector.counts["resyncs"] == 0


async def test_logs_that_only_pretend_change_nothing(trading: Replica, folder: Path) -> None:
    """Anybody can emit an event with the id of a Uniswap V4 or Balancer pool in it."""
    config = config_of(trading, folder, "WPOL WETH USDC.e")
    async with following(config, folder) as (collector, follower):
        await until(lambda: bool(follower.boundaries), 30)
        before = held(follower.book)
        liar = "0x00000000000000000000000000000000000011a2"
        pool = trading.manifest.v4_pools[0]
        # PUSH32 id, PUSH32 topic, PUSH1 size, PUSH0, LOG2
        code = b"\x7f" + pool.pool_id + b"\x7f" + V4_SWAP + b"\x60\xc0\x5f\xa2\x00"
        trading.rpc("anvil_setCode", [liar, "0x" + code.hex()])
        trading.rpc("evm_setAutomine", [False])  # or a second block might follow
        sender = trading.rpc("eth_accounts")[0]
        trading.rpc("eth_sendTransaction", [{"from": sender, "to": liar, "gas": hex(100_000)}])
        trading.rpc("evm_mine")
        await equals_chain(follower, config)
        assert held(follower.book) == before
        assert collector.counts["ignored_logs"] == 1
        assert (follower.resyncs, collector.counts["faults"]) == (1, 0)
