"""A node that lies, stalls or falls silent among honest ones: nothing wrong is believed.

The collector follows three endpoints, the faulty one foremost. While the fault lasts a block must
arrive within two seconds and be the chain's; after it the endpoint must be believed again within
five. Timeouts are shortened by configuration; the paths are those of every run.
"""

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio
from collector_world import (
    Follower,
    Traders,
    following,
    fresh_read,
    held,
    named_pools,
    settings,
    until,
)
from faulty_proxy import FAULTS, FaultyProxy
from venue_traders import VenueTraders

from keeper.collector.collector import Collector, CollectorSettings
from keeper.node import Node, NodesDisagree, Policy
from replica import Replica

ROUNDS = int(os.environ.get("NODE_FAULT_ROUNDS", "1"))
FAILOVER_S, RECOVERY_S = 2.0, 5.0
POLICY = Policy(patience_s=0.5, max_lag_s=0.5, max_head_age_s=600.0)
UNNOTICED = {"fake_receipt", "wrong_chain"}
"""By a collector that asks for neither while it follows."""


@dataclass
class World:
    replica: Replica
    traders: Traders
    venues: VenueTraders
    proxy: FaultyProxy
    direct: CollectorSettings
    collector: Collector
    follower: Follower

    async def block(self) -> float:
        """Mine one; the seconds until the follower has it whole."""
        self.venues.swap_curve()
        await asyncio.to_thread(self.traders.block, 2)
        begun = time.monotonic()
        wanted = bytes.fromhex(
            self.replica.rpc("eth_getBlockByNumber", ["latest", False])["hash"][2:]
        )
        await until(lambda: self.follower.at(wanted))
        return time.monotonic() - begun

    async def noticed(self) -> None:
        """The faulty endpoint is dropped: by these blocks or, readmitted meanwhile, by the next."""
        for _ in range(4):
            with contextlib.suppress(TimeoutError):
                return await until(lambda: bool(self.collector.dropped), FAILOVER_S)
            await self.block()
        raise AssertionError(f"the fault shows in nothing: {self.proxy.bent} answers were bent")

    async def equals_chain(self) -> None:
        head, truth = await fresh_read(self.direct)
        await until(lambda: self.follower.at(head.hash))
        assert held(self.follower.book) == truth


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(replica: Replica) -> AsyncIterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    traders = Traders(replica, seed=21)
    traders.block(1)
    plain = settings(replica.url, replica.manifest, folder, "WPOL USDC.e USDT DAI")
    direct = replace(plain, pools=named_pools(replica.manifest))
    with FaultyProxy(replica.url) as proxy:
        urls = (proxy.url, replica.url, replica.url)
        config = replace(direct, node_urls=urls, policy=POLICY, timeout_s=2.0)
        async with following(config, folder) as (collector, follower):
            await until(lambda: bool(follower.boundaries))
            yield World(
                replica, traders, VenueTraders(replica, 21), proxy, direct, collector, follower
            )
    shutil.rmtree(folder)


@pytest.mark.parametrize("kind", list(FAULTS) * ROUNDS)
@pytest.mark.asyncio(loop_scope="module")
async def test_blocks_go_on_and_the_node_is_believed_again(
    world: World, kind: str, figures: list[str]
) -> None:
    epochs = world.follower.resyncs
    world.proxy.begin(kind)
    failover_s = max([await world.block() for _ in range(2)])
    await world.equals_chain()
    if kind not in UNNOTICED:
        await world.noticed()
    ended = world.proxy.end()
    await until(lambda: not world.collector.dropped, RECOVERY_S)
    recovery_s = time.monotonic() - ended
    await world.block()
    await world.equals_chain()
    figures.append(f"node fault {kind}: failover {failover_s:.2f} s, recovery {recovery_s:.2f} s")
    assert world.proxy.bent > 0
    assert failover_s <= FAILOVER_S
    assert world.follower.resyncs == epochs, "one channel throughout"
    assert world.follower.gaps == []


@pytest.mark.parametrize(
    "kind", ["wrong_hash", "logs_changed", "one_log_missing", "wrong_base_fee"]
)
async def test_two_that_contradict_each_other__nothing_is_sent(replica: Replica, kind: str) -> None:
    """Without a majority there is no telling who lies."""
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    traders = Traders(replica, seed=22)
    direct = settings(replica.url, replica.manifest, folder, "WPOL WETH USDC.e")
    with FaultyProxy(replica.url) as proxy:
        config = replace(direct, node_urls=(proxy.url, replica.url), policy=POLICY, timeout_s=2.0)
        async with following(config, folder) as (collector, follower):
            await until(lambda: bool(follower.boundaries))
            proxy.begin(kind)
            await asyncio.to_thread(traders.block, 3)
            await until(lambda: collector.counts["faults"] > 0)
            assert len(follower.boundaries) == 1
            proxy.end()
            await until(lambda: len(follower.boundaries) == 2, RECOVERY_S)
            _, truth = await fresh_read(direct)
            assert held(follower.book) == truth
    shutil.rmtree(folder)


async def test_a_fake_receipt_is_not_believed(replica: Replica) -> None:
    unknown = b"\x77" * 32
    with FaultyProxy(replica.url) as proxy:
        proxy.begin("fake_receipt")
        for urls in ((proxy.url, replica.url, replica.url), (replica.url, proxy.url)):
            async with await Node.connect(*urls, expected_chain_id=137, policy=POLICY) as node:
                if len(urls) == 3:
                    assert await node.receipt(unknown) is None
                    assert list(node.dropped) == [f"node {proxy.url}"]
                else:
                    with pytest.raises(NodesDisagree):
                        await node.receipt(unknown)


async def test_a_wrong_chain_is_never_joined(replica: Replica) -> None:
    with FaultyProxy(replica.url) as proxy:
        proxy.begin("wrong_chain")
        urls = (proxy.url, replica.url)
        async with await Node.connect(*urls, expected_chain_id=137, policy=POLICY) as node:
            assert "serves chain 1, expected 137" in node.dropped[f"node {proxy.url}"]
            assert (await node.head()).number > 0
