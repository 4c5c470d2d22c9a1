"""The collector against real pools: the book fed by its frames equals the chain."""

import asyncio
import logging
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from collector_world import Follower, Traders, bare, following, fresh_read, settings, until

from keeper.collector.collector import Collector
from keeper.collector.discovery import Factory, PoolRef
from keeper.node import WrongChain
from replica import Replica, launch


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short enough for a unix socket's path."""
    path = Path(tempfile.mkdtemp(prefix="collector-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def trading() -> Iterator[Replica]:
    """A replica of its own: reorganisations would confuse those who share one."""
    with launch() as running:
        yield running


async def equals_chain(follower: Follower, trading: Replica) -> None:
    head, truth = await fresh_read(trading.url, trading.manifest)
    await until(lambda: follower.at(head.hash))
    assert len(truth) == len(trading.manifest.pools)
    assert bare(follower.book.pools) == truth


async def test_after_random_trades_the_book_equals_the_chain(
    trading: Replica, folder: Path
) -> None:
    traders = Traders(trading, seed=1)
    config = settings(trading.url, trading.manifest, folder)
    async with following(config, folder) as (collector, follower):
        await until(lambda: bool(follower.boundaries))
        for round_ in range(1, 16):
            await asyncio.to_thread(traders.block, round_ % 7)
            if round_ % 5 == 0:
                await equals_chain(follower, trading)
        numbers = [boundary.origin.block_number for boundary in follower.boundaries]
        assert numbers == list(range(numbers[0], numbers[0] + 16)), "every block, in order"
        for before, after in pairwise(follower.boundaries):
            assert after.parent_hash == before.origin.block_hash
        assert follower.gaps == []
        assert follower.resyncs == 1
        assert follower.book.unknown == follower.book.repeated == 0
        assert collector.counts["messages"] > 60
        assert all(follower.kinds[kind] > 2 for kind in ("PoolSync", "PoolSwap", "mint", "burn"))
        stamps = follower.boundaries[-1].origin
        assert 0 <= stamps.sent_ns - stamps.seen_ns < 10**9


@pytest.mark.parametrize("depth", [1, 2, 5])
async def test_a_reorganisation_begins_a_new_epoch_that_equals_the_chain(
    trading: Replica, folder: Path, depth: int
) -> None:
    traders = Traders(trading, seed=depth)
    config = settings(trading.url, trading.manifest, folder)
    async with following(config, folder) as (collector, follower):
        await until(lambda: bool(follower.boundaries))
        for _ in range(6):
            await asyncio.to_thread(traders.block, 3)
        await equals_chain(follower, trading)
        trading.rpc("anvil_reorg", [depth, []])
        await until(lambda: follower.resyncs == 2)
        await equals_chain(follower, trading)
        await asyncio.to_thread(traders.block, 3)
        await equals_chain(follower, trading)
        assert collector.counts["resyncs"] == 1
        assert follower.gaps == []


async def test_a_jump_beyond_the_filling_limit_is_a_new_epoch(
    trading: Replica, folder: Path
) -> None:
    config = settings(trading.url, trading.manifest, folder)
    async with following(config, folder) as (_, follower):
        await until(lambda: bool(follower.boundaries))
        trading.rpc("anvil_mine", [hex(200)])
        await until(lambda: follower.resyncs == 2)
        await equals_chain(follower, trading)


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
                seen = len(follower.boundaries)
                with launch(port) as again:
                    await until(lambda n=seen: len(follower.boundaries) > n)  # type: ignore[misc]
                    await equals_chain(follower, again)
                    assert follower.resyncs == round_
                faults = collector.counts["faults"]
                await until(lambda n=faults: collector.counts["faults"] > n)  # type: ignore[misc]
    assert all(record.levelno == logging.WARNING for record in caplog.records)
    assert all("\n" not in record.getMessage() for record in caplog.records)


async def test_another_chain_is_refused_by_name(replica: Replica, folder: Path) -> None:
    config = replace(settings(replica.url, replica.manifest, folder), chain_id=1)
    with pytest.raises(WrongChain, match="serves chain 137, expected 1"):
        await Collector(config).run()


async def test_what_is_no_pool_of_its_factory_is_left_out(
    replica: Replica, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    v2 = Factory(replica.manifest.factories[0].address, replica.manifest.factories[0].protocol)
    v3 = next(p for p in replica.manifest.pools if p.tick_spacing)
    foreign = (PoolRef(v3.address, v2), PoolRef(replica.manifest.token("WPOL").address, v2))
    config = replace(settings(replica.url, replica.manifest, folder), tokens=(), pools=foreign)
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
