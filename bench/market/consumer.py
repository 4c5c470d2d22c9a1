"""The keeper's own way of a frame: socket, client, market; with the time that each read took."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter_ns, thread_time_ns

from bench.market.turns import watched_turns
from keeper.market.state import Market
from keeper.market.view import MarketView
from keeper.relay.client import Gap, Passed, Received, RelayClient, Resync
from keeper.relay.messages import BlockBoundary, Message, Reorganisation
from keeper.turns import in_turns


@dataclass
class Pace:
    """What each read took of the loop, how many updates it applied, and how long blocks took.

    `turns_ns` are those of the loop, several to a block's end.
    """

    held_ns: list[int] = field(default_factory=list)
    turns_ns: list[int] = field(default_factory=list)
    updates: list[int] = field(default_factory=list)
    blocks_ns: list[int] = field(default_factory=list)
    began_ns: int = 0
    ended_ns: int = 0


class Consumer:
    """Follows a relay: first to the block it joins with, then to the last; a pace for each."""

    def __init__(self, market: Market, last: int, joined: Callable[[], None]) -> None:
        self.joining, self.following = Pace(), Pace()
        self._market = market
        self._last = last
        self._joined = joined

    def run(self, path: Path) -> None:
        """Follow the relay at `path`; raises `RuntimeError` at the first doubt."""
        with watched_turns() as turns:
            asyncio.run(self._run(path, turns))

    async def _run(self, path: Path, turns: list[int]) -> None:
        client, pace = RelayClient(path, intake=self._market), self.joining
        async with contextlib.aclosing(client.batches()) as batches:
            async for batch in batches:
                pace.began_ns = pace.began_ns or perf_counter_ns()
                began, applied = thread_time_ns(), 0
                for received in batch:
                    applied += await self._take(received, pace)
                pace.held_ns.append(thread_time_ns() - began)
                pace.ended_ns = perf_counter_ns()
                pace.updates.append(applied)
                view = self._market.view()
                if view is not None and pace is self.joining:
                    pace.turns_ns += turns
                    self._joined()
                    await asyncio.sleep(0)  # the turn that this bench's own work makes long
                    turns.clear()
                    pace = self.following
                elif view is not None and view.block.number == self._last:
                    pace.turns_ns += turns
                    return

    async def _take(self, received: Received, pace: Pace) -> int:
        event = received.event
        if isinstance(event, Passed):
            return event.count
        if isinstance(event, Gap):
            raise RuntimeError(f"{event.reason}: a bench that loses frames measures nothing")
        if not isinstance(event, Resync):
            before = thread_time_ns()
            view = await self._apply(event, received.received_ns)
            if view is not None:
                pace.blocks_ns.append(thread_time_ns() - before)
        return 0

    async def _apply(self, message: Message, received_ns: int) -> MarketView | None:
        if isinstance(message, BlockBoundary | Reorganisation):
            return await in_turns(self._market.turns(message, received_ns))
        return self._market.apply(message, received_ns)
