"""A node's logs as relay messages: snapshots first, then every block whole and in order."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from keeper.chain import Address, BlockRef, Protocol
from keeper.collector.abi import MalformedWordError
from keeper.collector.bootstrap import Reader
from keeper.collector.discovery import Factory, PoolRef, discover
from keeper.collector.lens import Lens
from keeper.collector.logs import STATE_TOPICS, boundary_of, fact_of
from keeper.node import BlockMissing, Node, NodeError, RequestRefused, WrongChain
from keeper.relay.messages import Message, Origin, PoolSnapshot
from keeper.relay.pool_state import PoolState
from keeper.relay.publisher import Fact, Publisher
from keeper.relay.sockets import SocketError

MIN_BACKOFF_S, MAX_BACKOFF_S = 0.1, 2.0
MAX_FILL_BLOCKS = 64
"""Blocks that are filled in one by one; beyond them a snapshot is cheaper."""

log = logging.getLogger(__name__)


class ChainMoved(Exception):  # noqa: N818 -- it states what happened
    """The chain no longer continues the last block sent: snapshots of a new epoch must follow."""


@dataclass(frozen=True, slots=True)
class CollectorSettings:
    """What to follow, and where to send it.

    Pools are those of `factories` between any two of `tokens`, and `pools` besides; `poll_s` is
    the pause between two looks at the node's head, `timeout_s` bounds each call.
    """

    node_url: str
    chain_id: int
    producer_path: Path
    factories: tuple[Factory, ...] = ()
    tokens: tuple[Address, ...] = ()
    pools: tuple[PoolRef, ...] = ()
    poll_s: float = 0.1
    timeout_s: float = 5.0


class Collector:
    """Follows one node for ever; `head` is the last block sent, `counts` what happened."""

    def __init__(self, settings: CollectorSettings) -> None:
        self.head: BlockRef | None = None
        self.counts: Counter[str] = Counter()
        self._settings = settings
        self._publisher = Publisher(settings.producer_path, settings.chain_id)
        self._pools: dict[Address, Protocol] = {}
        self._backoff_s = MIN_BACKOFF_S

    async def run(self) -> None:
        """Serve until cancelled; faults of node and relay are logged in one line and retried.

        Raises `WrongChain` when the first node reached serves another chain: a wrong setting.
        """
        try:
            while True:
                try:
                    await self._connect_and_follow()
                except (NodeError, SocketError, MalformedWordError) as error:
                    await self._retreat(error)
        finally:
            self._publisher.close()

    async def _retreat(self, error: Exception) -> None:
        if isinstance(error, WrongChain) and self.head is None:
            raise error
        self.counts["faults"] += 1
        log.warning("collector retries in %.1f s: %s", self._backoff_s, error)
        self._publisher.close()
        await asyncio.sleep(self._backoff_s)
        self._backoff_s = min(2 * self._backoff_s, MAX_BACKOFF_S)

    async def _connect_and_follow(self) -> None:
        settings = self._settings
        async with await Node.connect(
            settings.node_url,
            expected_chain_id=settings.chain_id,
            timeout_s=settings.timeout_s,
        ) as node:
            await self._publisher.connect()
            reader = Reader(node, await self._refs(node))
            while True:
                head = await self._begin(node, reader)
                try:
                    await self._follow(node, head)
                except (ChainMoved, BlockMissing, RequestRefused) as error:
                    self.counts["resyncs"] += 1
                    log.warning("collector begins a new epoch: %s", error)
                    self._publisher.begin_epoch()

    async def _refs(self, node: Node) -> list[PoolRef]:
        head = await node.block("latest")
        settings = self._settings
        found = await discover(Lens(node), settings.factories, settings.tokens, head.hash)
        return [*settings.pools, *found]

    async def _begin(self, node: Node, reader: Reader) -> BlockRef:
        """Send the state of all pools as of the node's head, which begins an epoch."""
        head = await node.block("latest")
        states = await reader.read(head)
        self._pools = {state.pool: state.protocol for state in states}
        facts = [fact for state in states for fact in _snapshot(state)]
        await self._send(head, time.time_ns(), [*facts, boundary_of(head)])
        self._backoff_s = MIN_BACKOFF_S
        return head

    async def _follow(self, node: Node, last: BlockRef) -> None:
        while True:
            self._require_relay()
            head = await node.block("latest")
            if head.hash == last.hash:
                await asyncio.sleep(self._settings.poll_s)
            elif head.number > last.number:
                last = await self._advance(node, last, head)
            else:
                await self._require_canonical(node, last)
                await asyncio.sleep(self._settings.poll_s)

    async def _advance(self, node: Node, last: BlockRef, head: BlockRef) -> BlockRef:
        """Send every block after `last` up to `head`."""
        if head.number - last.number > MAX_FILL_BLOCKS:
            raise ChainMoved(f"the node's head jumped from {last.number} to {head.number}")
        for number in range(last.number + 1, head.number + 1):
            block = head if number == head.number else await node.block(number)
            if block.parent_hash != last.hash:
                raise ChainMoved(f"block {last.number} was replaced")
            await self._send_block(node, block)
            last = block
        return last

    async def _send_block(self, node: Node, block: BlockRef) -> None:
        logs = await node.logs(block.hash, None, [STATE_TOPICS])
        seen_ns = time.time_ns()
        facts: list[Fact] = []
        for entry in logs:
            protocol = self._pools.get(entry.address)
            fact = None if protocol is None else fact_of(entry, protocol)
            if fact is None:
                self.counts["ignored_logs"] += 1
            else:
                facts.append(fact)
        await self._send(block, seen_ns, [*facts, boundary_of(block)])

    async def _send(self, block: BlockRef, seen_ns: int, facts: list[Fact]) -> None:
        await self._publisher.publish(block, seen_ns, facts)
        self.head = block
        self.counts["blocks"] += 1
        self.counts["messages"] += len(facts)

    async def _require_canonical(self, node: Node, last: BlockRef) -> None:
        """A lower head is a lagging answer if `last` still stands, else a reorganisation."""
        if (await node.block(last.number)).hash != last.hash:
            raise ChainMoved(f"block {last.number} was replaced")

    def _require_relay(self) -> None:
        if not self._publisher.connected:
            raise SocketError(
                f"{self._settings.producer_path}: the relay closed the connection; restart it"
            )


def _snapshot(state: PoolState) -> Iterator[Fact]:
    for part in state.snapshot(_UNSTAMPED):
        yield Fact(partial(_stamp, part))


def _stamp(part: PoolSnapshot, origin: Origin) -> Message:
    return replace(part, origin=origin)


_UNSTAMPED = Origin(0, 0, 0, 0, bytes(32), 0, 0, 0, 0)
