"""The relay and the collector as daemons: each serves until it is told to stop."""

import asyncio
import contextlib
from collections.abc import Coroutine

from keeper.chain import Address, Protocol
from keeper.collector.collector import Collector, CollectorSettings
from keeper.collector.origins import Factory, PoolRef, v4_ref
from keeper.collector.ticks import V4Key
from keeper.config import Config, FactorySettings, PoolSettings
from keeper.relay.server import RelayServer

NO_HOOKS = Address(bytes(20))


async def run_relay(config: Config, stop: asyncio.Event) -> None:
    """Serve the relay's sockets."""
    server = RelayServer(config.relay.producer, config.relay.consumer)
    await _until(stop, server.run())


async def run_collector(config: Config, stop: asyncio.Event) -> None:
    """Follow the node and write its pools' states to the relay."""
    settings = CollectorSettings(
        node_urls=config.node.urls,
        chain_id=config.node.chain_id,
        producer_path=config.relay.producer,
        factories=tuple(factory_of(entry) for entry in config.market.factories),
        tokens=config.market.tokens,
        pools=tuple(pool_of(entry) for entry in config.market.pools),
        poll_s=config.node.poll_interval_s,
        timeout_s=config.node.timeout_s,
        policy=config.node.policy,
        cache_path=config.market.cache,
        hints_path=config.relay.hints,
    )
    await _until(stop, Collector(settings).run())


def factory_of(entry: FactorySettings) -> Factory:
    """The factory that the settings name."""
    states_its_fee = entry.protocol is not Protocol.UNISWAP_V2
    return Factory(
        entry.address,
        entry.protocol,
        0 if states_its_fee else entry.fee_pips,
        init_code_hash=entry.init_code_hash,
        pair_code_hash=entry.pair_code_hash,
        code_hash=entry.code_hash,
        deployer=entry.deployer,
        first_block=entry.first_block,
    )


def pool_of(entry: PoolSettings) -> PoolRef:
    """The pool that the settings name, by its address or by a manager and a key."""
    if entry.currencies is not None and entry.factory is not None:
        key = V4Key(*entry.currencies, entry.fee_pips, entry.tick_spacing, NO_HOOKS)
        return v4_ref(Factory(entry.factory, entry.protocol), key)
    assert entry.address is not None
    maker = Factory(entry.factory or entry.address, entry.protocol, entry.fee_pips)
    return PoolRef(entry.address, maker)


async def _until(stop: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    """Run `work` until it fails or `stop` is set."""
    task = asyncio.create_task(work)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if task.done():
        return await task
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return None
