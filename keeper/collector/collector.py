"""A node's logs as relay messages: snapshots first, then every block whole and in order."""

import asyncio
import logging
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from keeper.chain import Address, BlockRef
from keeper.collector.abi import MalformedWordError
from keeper.collector.cache import PoolCache
from keeper.collector.hint_channel import HintChannel
from keeper.collector.logs import boundary_of
from keeper.collector.market import Followed, PoolLost
from keeper.collector.origins import Factory, PoolRef
from keeper.collector.sent import Sent
from keeper.collector.topics import ALL
from keeper.node import Log, Node, NodeError, Policy, WrongChain
from keeper.relay.messages import Reorganisation
from keeper.relay.publisher import Fact, Publisher
from keeper.relay.sockets import SocketError

MIN_BACKOFF_S, MAX_BACKOFF_S = 0.1, 2.0
MAX_FAULT_PAUSE_S = 0.5
MAX_FILL_BLOCKS = 64
"""Blocks that are filled in one by one; beyond them a snapshot is cheaper."""

LOG_PAUSES_S = (0.0, 0.01, 0.05, 0.2)
"""Before each time that a block's logs are asked for."""

log = logging.getLogger(__name__)


class ChainMoved(Exception):  # noqa: N818 -- it states what happened
    """The chain no longer continues any block sent: snapshots of a new epoch must follow."""


class LogsWithheld(Exception):  # noqa: N818 -- it states what happened
    """What a block changed is not known: snapshots of a new epoch must follow."""


@dataclass(frozen=True, slots=True)
class CollectorSettings:
    """What to follow, and where to send it.

    Pools are those of `factories` between any two of `tokens`, and `pools` besides; `poll_s` is
    the pause between two looks at a head that no node announces, `timeout_s` bounds each call.
    What discovery finds is kept in `cache_path`. A foreign collector serves hints at `hints_path`.
    """

    node_urls: tuple[str, ...]
    chain_id: int
    producer_path: Path
    factories: tuple[Factory, ...] = ()
    tokens: tuple[Address, ...] = ()
    pools: tuple[PoolRef, ...] = ()
    poll_s: float = 0.1
    timeout_s: float = 5.0
    policy: Policy = field(default_factory=Policy)
    cache_path: Path | None = None
    hints_path: Path | None = None


class Collector:
    """Follows one chain for ever; `head` is the last block sent, `counts` what happened."""

    def __init__(self, settings: CollectorSettings) -> None:
        self.head: BlockRef | None = None
        self.counts: Counter[str] = Counter()
        self._node: Node | None = None
        self._settings = settings
        self._publisher = Publisher(settings.producer_path, settings.chain_id)
        self.hints = None if settings.hints_path is None else HintChannel(settings.hints_path)
        self._backoff_s = MIN_BACKOFF_S
        self._fault = ""

    @property
    def dropped(self) -> dict[str, str]:
        """Endpoints that are not believed at present, and why, by name."""
        return {} if self._node is None else self._node.dropped

    async def run(self) -> None:
        """Serve until cancelled; faults of node and relay are logged in one line and retried.

        Raises `WrongChain` when the first node reached serves another chain: a wrong setting.
        """
        hints = None if self.hints is None else asyncio.create_task(self.hints.run())
        try:
            while True:
                try:
                    await self._connect_and_follow()
                except (NodeError, SocketError, MalformedWordError) as error:
                    await self._retreat(error)
        finally:
            self._publisher.close()
            if hints is not None:
                hints.cancel()

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
            *settings.node_urls,
            expected_chain_id=settings.chain_id,
            timeout_s=settings.timeout_s,
            policy=settings.policy,
        ) as node:
            self._node = node
            await self._publisher.connect()
            market = Followed(
                node, settings.factories, settings.tokens, settings.pools, _cache(settings)
            )
            await market.discover(await node.head())
            while True:
                sent = await self._begin(node, market)
                try:
                    await self._follow(node, market, sent)
                except (ChainMoved, LogsWithheld, PoolLost, MalformedWordError) as error:
                    self.counts["resyncs"] += 1
                    log.warning("collector begins a new epoch: %s", error)
                    self._publisher.begin_epoch()

    async def _begin(self, node: Node, market: Followed) -> Sent:
        """Send the state of all pools as of the node's head, which begins an epoch."""
        head = await node.head()
        facts = await market.snapshot(head)
        await self._send(head, time.time_ns(), [*facts, boundary_of(head)])
        self._backoff_s = MIN_BACKOFF_S
        return Sent(head)

    async def _follow(self, node: Node, market: Followed, sent: Sent) -> None:
        """Send block after block; while the node is at fault nothing is sent, and nothing lost."""
        while True:
            self._require_relay()
            try:
                head = await node.head()
                if head not in sent:
                    await self._advance(node, market, sent, head)
                    continue
            except NodeError as error:
                await self._wait_out(error)
                continue
            # as before, or a lagging answer
            self._fault, self._backoff_s = "", MIN_BACKOFF_S
            await node.wait_for_head(self._settings.poll_s)

    async def _wait_out(self, error: NodeError) -> None:
        self.counts["faults"] += 1
        if str(error) != self._fault:  # once, not at each look
            log.warning("nothing is sent meanwhile: %s", error)
        self._fault = str(error)
        await asyncio.sleep(self._backoff_s)
        self._backoff_s = min(2 * self._backoff_s, MAX_FAULT_PAUSE_S)

    async def _advance(self, node: Node, market: Followed, sent: Sent, head: BlockRef) -> None:
        """Take back what the head does not continue, and send every block up to it."""
        if head.number - sent.last.number > MAX_FILL_BLOCKS:
            raise ChainMoved(f"the node's head jumped from {sent.last.number} to {head.number}")
        base = await sent.continued_by(head, node)
        if base is None:
            raise ChainMoved(f"block {sent.last.number} was replaced, and those before it")
        if base != sent.last:
            await self._take_back(market, sent, base)
        for number in range(base.number + 1, head.number + 1):
            block = head if number == head.number else await node.block(number)
            if block.parent_hash != sent.last.hash:
                return  # the chain moved meanwhile: the next look finds where to
            await self._send_block(node, market, block)
            sent.add(block)

    async def _take_back(self, market: Followed, sent: Sent, base: BlockRef) -> None:
        self.counts["reorganisations"] += 1
        log.warning("blocks %d to %d were replaced", base.number + 1, sent.last.number)
        replaced = partial(Reorganisation, replaced_hash=sent.last.hash)
        await self._send(base, time.time_ns(), [Fact(replaced)])
        market.back_to(base)
        sent.back_to(base)

    async def _send_block(self, node: Node, market: Followed, block: BlockRef) -> None:
        logs = await _logs_of(node, block)
        seen_ns = time.time_ns()
        hints = [] if self.hints is None else self.hints.take(block.number)
        facts, ignored = await market.advance(block, logs, hints)
        self.counts["ignored_logs"] += ignored
        await self._send(block, seen_ns, [*facts, boundary_of(block)])

    async def _send(self, block: BlockRef, seen_ns: int, facts: list[Fact]) -> None:
        await self._publisher.publish(block, seen_ns, facts)
        self.head = block
        self.counts["blocks"] += 1
        self.counts["messages"] += len(facts)

    def _require_relay(self) -> None:
        if not self._publisher.connected:
            raise SocketError(
                f"{self._settings.producer_path}: the relay closed the connection; restart it"
            )


async def _logs_of(node: Node, block: BlockRef) -> list[Log]:
    """Logs that pools and factories wrote.

    A node may show a block before it has indexed its logs, or forget them: none is believed only
    where the header admits none. Raises `LogsWithheld`.
    """
    for pause_s in LOG_PAUSES_S:
        await asyncio.sleep(pause_s)
        logs = await node.logs(block.hash, None, [ALL])
        if logs or not await node.may_log(block.hash, ALL):
            return logs
    raise LogsWithheld(f"block {block.number} has logs that the node does not show")


def _cache(settings: CollectorSettings) -> PoolCache | None:
    if settings.cache_path is None:
        return None
    return PoolCache(settings.cache_path, settings.factories, settings.tokens)
