"""The collector against real pools: the book fed by its frames equals the chain."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from collector_world import Follower, Traders, following, fresh_read, held, settings, until
from cutting_proxy import CuttingProxy
from faulty_proxy import FaultyProxy

from keeper.collector.collector import Collector, CollectorSettings
from keeper.collector.origins import Factory, PoolRef
from keeper.node import WrongChain
from keeper.relay.history import KEPT_BLOCKS
from keeper.relay.server import RelayServer
from replica import Replica, launch


async def equals_chain(follower: Follower, config: CollectorSettings) -> None:
    head, truth = await fresh_read(config)
    await until(lambda: follower.at(head.hash))
    assert len(truth) > 10
    assert held(follower.book) == truth


async def test_after_random_trades_the_book_equals_the_chain(
    trading: Replica, folder: Path
) -> None:
    traders = Traders(trading, seed=1)
    config = settings(trading.url, trading.manifest, folder, symbols="")
    async with following(config, folder) as (collector, follower):
        await until(lambda: bool(follower.boundaries))
        for round_ in range(1, 16):
            await asyncio.to_thread(traders.block, round_ % 7)
            if round_ % 5 == 0:
                await equals_chain(follower, config)
        numbers = [boundary.origin.block_number for boundary in follower.boundaries]
        assert numbers == list(range(numbers[0], numbers[0] + 16)), "every block, in order"
        for before, after in pairwise(follower.boundaries):
            assert after.parent_hash == before.origin.block_hash
        assert len(follower.book.pools) == len(trading.manifest.pools)
        assert follower.gaps == []
        assert follower.resyncs == 1
        assert follower.book.unknown == follower.book.repeated == 0
        assert collector.counts["messages"] > 60
        assert all(follower.kinds[kind] > 2 for kind in ("PoolSync", "PoolSwap", "mint", "burn"))
        stamps = follower.boundaries[-1].origin
        assert 0 <= stamps.sent_ns - stamps.seen_ns < 10**9


@pytest.mark.parametrize("depth", [1, 2, 5])
async def test_a_reorganisation_takes_blocks_back_and_equals_the_chain(
    trading: Replica, folder: Path, depth: int
) -> None:
    traders = Traders(trading, seed=depth)
    config = settings(trading.url, trading.manifest, folder)
    async with following(config, folder) as (collector, follower):
        await until(lambda: bool(follower.boundaries))
        for _ in range(6):
            await asyncio.to_thread(traders.block, 3)
        await equals_chain(follower, config)
        trading.rpc("anvil_reorg", [depth, []])
        await equals_chain(follower, config)
        await asyncio.to_thread(traders.block, 3)
        await equals_chain(follower, config)
        assert follower.kinds["Reorganisation"] == collector.counts["reorganisations"] == 1
        assert (follower.resyncs, collector.counts["resyncs"]) == (1, 0)
        assert collector.counts["ignored_logs"] > 0, "others trade in pools not followed"
        assert follower.gaps == []


@pytest.mark.parametrize("depth", [16, 64, 100])
async def test_a_deep_reorganisation_is_taken_back_as_far_as_blocks_are_kept(
    trading: Replica, folder: Path, depth: int
) -> None:
    traders = Traders(trading, seed=depth)
    config = settings(trading.url, trading.manifest, folder)
    async with following(config, folder) as (collector, follower):
        await until(lambda: bool(follower.boundaries))
        for start in range(0, depth + 4, 20):
            await asyncio.to_thread(traders.block, 3)
            trading.rpc("anvil_mine", [hex(19)])
            await until(lambda n=start: len(follower.boundaries) == n + 21)  # type: ignore[misc]
        trading.rpc("anvil_reorg", [depth, []])
        # a new epoch's snapshot at the head must not meet the next block: this node would then
        # answer from that block's state, as no live one does
        await equals_chain(follower, config)
        await asyncio.to_thread(traders.block, 3)
        await equals_chain(follower, config)
        is_kept = depth <= KEPT_BLOCKS
        assert collector.counts["reorganisations"] == is_kept
        assert collector.counts["resyncs"] == (not is_kept)


async def test_a_jump_beyond_the_filling_limit_is_a_new_epoch(
    trading: Replica, folder: Path
) -> None:
    config = settings(trading.url, trading.manifest, folder)
    async with following(config, folder) as (_, follower):
        await until(lambda: bool(follower.boundaries))
        trading.rpc("anvil_mine", [hex(200)])
        await until(lambda: follower.resyncs == 2)
        await equals_chain(follower, config)


async def test_a_block_without_the_logs_that_its_header_admits_is_not_believed(
    trading: Replica, folder: Path
) -> None:
    traders = Traders(trading, seed=3)
    direct = settings(trading.url, trading.manifest, folder)
    with FaultyProxy(trading.url) as proxy:
        async with following(replace(direct, node_urls=(proxy.url,)), folder) as it:
            collector, follower = it
            await until(lambda: bool(follower.boundaries))
            proxy.begin("logs_missing")
            await asyncio.to_thread(traders.block, 6)
            await equals_chain(follower, direct)
            assert collector.counts["resyncs"] == 1, "read anew"
            proxy.end()
            for trades in (0, 6):
                await asyncio.to_thread(traders.block, trades)
                await equals_chain(follower, direct)
            assert collector.counts["resyncs"] == 1, "a block without trades has no such logs"


async def test_a_node_that_goes_away_and_comes_back_is_followed_again(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with launch() as first:
        port, manifest = first.port, first.manifest
        config = settings(first.url, manifest, folder)
        first.stop()
        async with following(config, folder) as (collector, follower):
            await until(lambda: collector.counts["faults"] > 0)
            assert "start it or fix its URL" in caplog.text
            for round_ in range(1, 3):
                with launch(port) as again:
                    # a block that comes just then answers calls that are pinned to the one before
                    await until(lambda: bool(follower.boundaries))
                    seen = len(follower.boundaries)
                    await asyncio.to_thread(Traders(again, round_).block, 2)
                    await until(lambda n=seen: len(follower.boundaries) > n)  # type: ignore[misc]
                    await equals_chain(follower, config)
                    assert follower.resyncs <= round_, "unless it stands where it was left"
                faults = collector.counts["faults"]
                await until(lambda n=faults: collector.counts["faults"] > n)  # type: ignore[misc]
    assert all(record.levelno == logging.WARNING for record in caplog.records)
    assert all("\n" not in record.getMessage() for record in caplog.records)


@pytest.mark.parametrize("kind", ["ws", "ipc"])
async def test_announced_heads_are_followed_without_polling(
    trading: Replica, folder: Path, kind: str
) -> None:
    """Looks without an announcement would be 30 s apart."""
    traders = Traders(trading, seed=8)
    url = {"ws": trading.url.replace("http", "ws"), "ipc": f"ipc://{trading.ipc_path}"}[kind]
    direct = settings(trading.url, trading.manifest, folder)
    config = replace(direct, node_urls=(url,), poll_s=30.0)
    async with following(config, folder) as (collector, follower):
        await until(lambda: bool(follower.boundaries))
        for number in range(2, 8):
            await asyncio.to_thread(traders.block, 3)
            await until(lambda n=number: len(follower.boundaries) == n)  # type: ignore[misc]
        stamps = [boundary.origin for boundary in follower.boundaries[1:]]
        assert stamps[-1].seen_ns - stamps[0].seen_ns < 3 * 10**9
        await equals_chain(follower, direct)
        assert (collector.counts["faults"], follower.gaps) == (0, [])


async def test_a_cut_stream_is_opened_again_and_missed_blocks_are_filled_in(
    trading: Replica, folder: Path
) -> None:
    traders = Traders(trading, seed=9)
    direct = settings(trading.url, trading.manifest, folder)
    with CuttingProxy(trading.port) as proxy:
        config = replace(direct, node_urls=(f"ws://127.0.0.1:{proxy.port}",))
        async with following(config, folder) as (_, follower):
            await until(lambda: bool(follower.boundaries))
            for _ in range(3):
                proxy.cut()
                await asyncio.to_thread(traders.block, 3)
                await asyncio.to_thread(traders.block, 3)
                proxy.mend()
                await equals_chain(follower, direct)
            assert len(follower.boundaries) == 7, "every block, none of them twice"
            assert follower.resyncs == 1


async def test_another_chain_is_refused_by_name(replica: Replica, folder: Path) -> None:
    config = replace(settings(replica.url, replica.manifest, folder), chain_id=1)
    with pytest.raises(WrongChain, match="serves chain 137, expected 1"):
        await Collector(config).run()


async def test_what_is_no_pool_of_its_factory_is_left_out(
    replica: Replica, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = replica.manifest
    v2 = Factory(manifest.factories[0].address, manifest.factories[0].protocol)
    other = next(p for p in manifest.pools if p.factory == manifest.factories[1].address)
    foreign = (PoolRef(other.address, v2), PoolRef(manifest.token("WPOL").address, v2))
    config = replace(settings(replica.url, replica.manifest, folder), factories=(), pools=foreign)
    async with following(config, folder) as (_, follower):
        await until(lambda: bool(follower.boundaries))
        assert follower.book.pools == {}
    assert caplog.text.count("is left out") == 2


async def test_a_setting_that_names_no_factory_is_a_clear_line(
    replica: Replica, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = Factory(replica.manifest.token("WPOL").address, replica.manifest.factories[0].protocol)
    config = replace(settings(replica.url, replica.manifest, folder), factories=(wrong,))
    async with following(config, folder) as (collector, follower):
        await until(lambda: collector.counts["faults"] > 0)
        assert follower.boundaries == []
    assert "no UNISWAP_V2 factory at 0x0d500b" in caplog.text


async def test_a_relay_that_restarts_is_joined_again(trading: Replica, folder: Path) -> None:
    traders = Traders(trading, seed=3)
    config = settings(trading.url, trading.manifest, folder)
    collector, follower = Collector(config), Follower(folder / "defi.sock")
    tasks = [asyncio.create_task(collector.run()), asyncio.create_task(follower.run())]
    for round_ in range(1, 3):
        relay = asyncio.create_task(
            RelayServer(folder / "polygon.sock", folder / "defi.sock").run()
        )
        await until(lambda n=round_: follower.resyncs == n)  # type: ignore[misc]
        await asyncio.to_thread(traders.block, 3)
        await equals_chain(follower, config)
        for task in tasks:
            assert not task.done(), task
        relay.cancel()
        await asyncio.gather(relay, return_exceptions=True)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert collector.counts["faults"] > 0


class FaultyNode:
    """Passes requests on to a real node, bending answers as its `fault` says."""

    def __init__(self, url: str) -> None:
        self.fault, self.url, self._target = "", "", url
        self._old: object = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        if self.fault == "error":
            return web.Response(status=503)
        if self.fault == "hang":
            await asyncio.sleep(1)
        async with ClientSession() as session, session.post(self._target, json=asked) as answer:
            body = await answer.json()
        return web.json_response(body | {"result": self._bend(asked, body.get("result"))})

    def _bend(self, asked: dict[str, Any], result: Any) -> Any:  # noqa: ANN401 -- JSON
        if asked["params"][:1] == ["latest"]:
            if self.fault == "stale":
                return self._old
            self._old = result
        if asked["method"] == "eth_getLogs" and result:
            bent = {"no logs": None, "half logs": [log | {"data": "0x12"} for log in result]}
            return bent.get(self.fault, result)
        return "0x1" if self.fault == "chain" and asked["method"] == "eth_chainId" else result


@pytest.fixture
async def faulty(trading: Replica) -> AsyncIterator[FaultyNode]:
    proxy, app = FaultyNode(trading.url), web.Application()
    app.router.add_post("/", proxy.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    proxy.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield proxy
    await runner.cleanup()


async def test_a_reorganisation_that_also_grew_the_chain_is_noticed(
    trading: Replica, faulty: FaultyNode, folder: Path
) -> None:
    traders = Traders(trading, seed=6)
    direct = settings(trading.url, trading.manifest, folder)
    async with following(replace(direct, node_urls=(faulty.url,)), folder) as (_, follower):
        await until(lambda: bool(follower.boundaries))
        for _ in range(3):
            await asyncio.to_thread(traders.block, 4)
        await equals_chain(follower, direct)
        faulty.fault = "stale"
        trading.rpc("anvil_reorg", [2, []])
        await asyncio.to_thread(traders.block, 0)
        faulty.fault = ""
        await until(lambda: follower.kinds["Reorganisation"] == 1)
        await equals_chain(follower, direct)


async def test_a_faulty_node_delays_boundaries_but_never_bends_them(
    trading: Replica, faulty: FaultyNode, folder: Path
) -> None:
    traders = Traders(trading, seed=4)
    direct = settings(trading.url, trading.manifest, folder)
    config = replace(direct, node_urls=(faulty.url,), timeout_s=0.5)
    async with following(config, folder) as (collector, follower):
        await until(lambda: bool(follower.boundaries))
        for fault in ("stale", "no logs", "half logs", "error", "hang", "chain", "stale"):
            known = len(follower.boundaries)
            faulty.fault = fault
            await asyncio.to_thread(traders.block, 4)
            await asyncio.sleep(0.15)
            if fault in {"stale", "error", "hang"}:  # the rest is healed by a snapshot
                assert len(follower.boundaries) == known
            faulty.fault = ""
            await equals_chain(follower, direct)
        assert collector.counts["faults"] >= 4
        assert follower.gaps == []
