"""A consumer of `defi.sock`: typed messages with the instant of arrival, and every doubt named."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from keeper.relay import sockets
from keeper.relay.channel import Channel, SequenceError
from keeper.relay.codec import BOUNDS, PayloadError, decode
from keeper.relay.frames import HEARTBEAT_ID, Frame, FrameError, FrameReader
from keeper.relay.messages import Message
from keeper.turns import TURN_NS

READ_BYTES = 1 << 16
MIN_BACKOFF_S, MAX_BACKOFF_S = 0.05, 1.0


@dataclass(frozen=True, slots=True)
class Gap:
    """State is doubtful from here until the snapshot after the next `Resync`: trade nothing."""

    reason: str


@dataclass(frozen=True, slots=True)
class Resync:
    """Forget all pools: snapshots of `epoch` follow, then the block boundary they belong to."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Passed:
    """So many updates went to the intake since the last event."""

    count: int


Event = Message | Gap | Resync | Passed


class Received(NamedTuple):
    """An event and the wall clock (`time.time_ns`) when its bytes arrived."""

    event: Event
    received_ns: int


class Intake(Protocol):
    """What takes updates straight from their bytes."""

    def take_frames(self, stream: bytes, start: int, epoch: int, sequence: int) -> tuple[int, int]:
        """Apply whole update frames from byte `start` on, the first of them after `sequence`.

        Stops before the first frame that is another message, incomplete or at fault; returns where
        it begins and the sequence of the last that was applied.
        """
        ...


class RelayClient:
    """Reads one relay for ever: `async for event, received_ns in client`.

    A gap, a malformed frame, a dead peer (silent for two heartbeats) or a closed connection yields
    a `Gap`; then it reconnects, at most `MAX_BACKOFF_S` later, and a `Resync` begins the snapshot.
    A user who finds a contradiction calls `rejoin`. `counts` tells what happened, for metrics.
    With `intake` updates of a settled stream go there in their place among the events, each run of
    them a `Passed`: an event must be dealt with before the next is asked for.
    """

    def __init__(
        self, path: Path, *, heartbeat_s: float = 1.0, intake: Intake | None = None
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._path = path
        self._intake = intake
        self._silence_s = 2 * heartbeat_s
        self._channel = Channel()
        self._writer: asyncio.StreamWriter | None = None
        self._backoff_s = MIN_BACKOFF_S

    def rejoin(self) -> None:
        """Drop the connection, so that a fresh snapshot comes."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def __aiter__(self) -> AsyncIterator[Received]:
        async for batch in self.batches():
            for received in batch:
                yield received

    async def batches(self) -> AsyncGenerator[Iterator[Received], None]:
        """The same events, grouped as they arrived; fewer turns of the loop under load."""
        while True:
            gap = None
            try:
                async with contextlib.aclosing(self._connection()) as connection:
                    async for batch in connection:
                        yield batch
                gap = f"{self._path}: the relay closed the connection"
            except sockets.SocketError as error:
                gap = str(error)
            self.counts["gaps"] += 1
            yield iter((Received(Gap(gap), time.time_ns()),))
            await asyncio.sleep(self._backoff_s)
            self._backoff_s = min(2 * self._backoff_s, MAX_BACKOFF_S)

    async def _connection(self) -> AsyncGenerator[Iterator[Received], None]:
        reader, writer = await sockets.connect(self._path)
        self._channel.rejoin()
        self._writer = writer
        frames = FrameReader(bounds=BOUNDS)
        try:
            while chunk := await self._read(reader):
                frames.add(chunk)
                work = _Work(time.time_ns())
                while not work.done:
                    yield self._events(frames, work)
                    await asyncio.sleep(0)  # a read from a full buffer does not yield by itself
                if work.fault is not None:
                    raise sockets.SocketError(f"{self._path}: {work.fault}")
        finally:
            self._writer = None
            writer.transport.abort()

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        try:
            async with asyncio.timeout(self._silence_s):
                return await reader.read(READ_BYTES)
        except TimeoutError:
            raise sockets.SocketError(
                f"{self._path}: no heartbeat within {self._silence_s:g} s; check the relay"
            ) from None
        except ConnectionError:
            return b""

    def _events(self, frames: FrameReader, work: "_Work") -> Iterator[Received]:
        """Events of what has arrived, as they are asked for, until the turn is over or a fault."""
        ends_ns = time.perf_counter_ns() + TURN_NS
        try:
            while time.perf_counter_ns() < ends_ns:
                yield from self._pass_on(frames, work.arrived_ns)
                frame = frames.next()
                if frame is None:
                    work.done = True
                    return
                yield from self._take(frame, work.arrived_ns)
        except (FrameError, PayloadError, SequenceError) as fault:
            self.counts["faults"] += 1
            work.fault, work.done = fault, True

    def _pass_on(self, frames: FrameReader, now: int) -> Iterator[Received]:
        channel = self._channel
        if self._intake is None or channel.epoch is None or channel.joining:
            return
        frames.at, last = self._intake.take_frames(
            frames.stream, frames.at, channel.epoch, channel.sequence
        )
        passed, channel.sequence = last - channel.sequence, last
        if passed:
            self.counts["messages"] += passed
            yield Received(Passed(passed), now)

    def _take(self, frame: Frame, now: int) -> Iterator[Received]:
        message = decode(frame)
        if message is None:
            self.counts["heartbeats" if frame.type == HEARTBEAT_ID else "unknown_frames"] += 1
            return
        fresh = self._channel.epoch is None or self._channel.begins_epoch(message)
        if not self._channel.accept(message):
            self.counts["repeated"] += 1
            return
        self.counts["messages"] += 1
        self._backoff_s = MIN_BACKOFF_S
        if fresh:
            yield Received(Resync(message.origin.epoch), now)
        yield Received(message, now)


class _Work:
    """How far the events of one read have come."""

    __slots__ = ("arrived_ns", "done", "fault")

    def __init__(self, arrived_ns: int) -> None:
        self.arrived_ns = arrived_ns
        self.done = False
        self.fault: Exception | None = None
