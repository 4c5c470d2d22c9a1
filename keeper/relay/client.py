"""A consumer of `defi.sock`: typed messages with the instant of arrival, and every doubt named."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from keeper.relay import sockets
from keeper.relay.channel import Channel, SequenceError
from keeper.relay.codec import PayloadError, decode
from keeper.relay.frames import HEARTBEAT_ID, Frame, FrameError, FrameReader
from keeper.relay.messages import Message

READ_BYTES = 1 << 15  # what is decoded at once holds the loop for about a millisecond
MIN_BACKOFF_S, MAX_BACKOFF_S = 0.05, 1.0


@dataclass(frozen=True, slots=True)
class Gap:
    """State is doubtful from here until the snapshot after the next `Resync`: trade nothing."""

    reason: str


@dataclass(frozen=True, slots=True)
class Resync:
    """Forget all pools: snapshots of `epoch` follow, then the block boundary they belong to."""

    epoch: int


Event = Message | Gap | Resync


class Received(NamedTuple):
    """An event and the wall clock (`time.time_ns`) when its bytes arrived."""

    event: Event
    received_ns: int


class RelayClient:
    """Reads one relay for ever: `async for event, received_ns in client`.

    A gap, a malformed frame, a dead peer (silent for two heartbeats) or a closed connection yields
    a `Gap`; then it reconnects, at most `MAX_BACKOFF_S` later, and a `Resync` begins the snapshot.
    A user who finds a contradiction calls `rejoin`. `counts` tells what happened, for metrics.
    """

    def __init__(self, path: Path, *, heartbeat_s: float = 1.0) -> None:
        self.counts: Counter[str] = Counter()
        self._path = path
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

    async def batches(self) -> AsyncIterator[list[Received]]:
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
            yield [Received(Gap(gap), time.time_ns())]
            await asyncio.sleep(self._backoff_s)
            self._backoff_s = min(2 * self._backoff_s, MAX_BACKOFF_S)

    async def _connection(self) -> AsyncGenerator[list[Received], None]:
        reader, writer = await sockets.connect(self._path)
        self._channel.rejoin()
        self._writer = writer
        frames = FrameReader()
        try:
            while chunk := await self._read(reader):
                batch, fault = self._events(frames, chunk)
                if batch:
                    self._backoff_s = MIN_BACKOFF_S
                    yield batch
                if len(chunk) == READ_BYTES:
                    await asyncio.sleep(0)  # a read from a full buffer does not yield by itself
                if fault is not None:
                    raise sockets.SocketError(f"{self._path}: {fault}")
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

    def _events(self, frames: FrameReader, chunk: bytes) -> tuple[list[Received], Exception | None]:
        """Events of one chunk, and the fault that ended them if any."""
        now, batch = time.time_ns(), list[Received]()
        try:
            for frame in frames.feed(chunk):
                self._take(frame, now, batch)
        except (FrameError, PayloadError, SequenceError) as fault:
            self.counts["faults"] += 1
            return batch, fault
        return batch, None

    def _take(self, frame: Frame, now: int, batch: list[Received]) -> None:
        message = decode(frame)
        if message is None:
            self.counts["heartbeats" if frame.type == HEARTBEAT_ID else "unknown_frames"] += 1
            return
        fresh = self._channel.epoch is None or self._channel.begins_epoch(message)
        if not self._channel.accept(message):
            self.counts["repeated"] += 1
            return
        self.counts["messages"] += 1
        if fresh:
            batch.append(Received(Resync(message.origin.epoch), now))
        batch.append(Received(message, now))
