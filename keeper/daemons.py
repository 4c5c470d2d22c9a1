"""The relay and the collector as daemons: each serves until it is told to stop."""

import asyncio
import contextlib
from collections.abc import Coroutine

from keeper.chain import Protocol
from keeper.collector.collector import Collector, CollectorSettings
from keeper.collector.origins import Factory
from keeper.config import Config, FactorySettings
from keeper.relay.server import RelayServer


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
        factories=tuple(_factory(entry) for entry in config.market.factories),
        tokens=config.market.tokens,
        poll_s=config.node.poll_interval_s,
        timeout_s=config.node.timeout_s,
        policy=config.node.policy,
    )
    await _until(stop, Collector(settings).run())


def _factory(entry: FactorySettings) -> Factory:
    states_its_fee = entry.protocol is not Protocol.UNISWAP_V2
    return Factory(entry.address, entry.protocol, 0 if states_its_fee else entry.fee_pips)


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
