"""The relay of `defi.sock`: one producer in, many consumers out, each joined by a snapshot."""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from pathlib import Path

from keeper.relay import sockets
from keeper.relay.book import StateContradiction
from keeper.relay.channel import SequenceError
from keeper.relay.codec import BOUNDS, PayloadError
from keeper.relay.feed import Feed
from keeper.relay.frames import HEARTBEAT_ID, FrameError, FrameReader, heartbeat

HEARTBEAT_S = 1.0
READ_BYTES = 1 << 15  # what is decoded at once holds the loop for about a millisecond
MAX_CONSUMERS = 64

log = logging.getLogger(__name__)


class _Consumer:
    """A subscriber's write side with its own bound."""

    def __init__(self, writer: asyncio.StreamWriter, bound: int) -> None:
        self.writer = writer
        self._bound = bound

    def join(self, frames: list[bytes]) -> None:
        """Send the snapshot; its size is allowed on top of the bound."""
        snapshot = b"".join(frames)
        self._bound += len(snapshot)
        self.writer.write(snapshot)

    def offer(self, raw: bytes) -> bool:
        """Queue bytes; False when the consumer has fallen too far behind."""
        transport = self.writer.transport
        if transport.get_write_buffer_size() + len(raw) > self._bound:
            return False
        self.writer.write(raw)
        return True


class RelayServer:
    """Takes frames at `producer_path` and hands them to all who connect to `consumer_path`.

    A newer producer replaces an older one. A consumer that holds more than `max_pending_bytes`
    unread is disconnected; it rejoins with a fresh snapshot. `counts` says what was refused.
    """

    def __init__(
        self,
        producer_path: Path,
        consumer_path: Path,
        *,
        max_pending_bytes: int = 16 * 1024 * 1024,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._paths = producer_path, consumer_path
        self._max_pending_bytes = max_pending_bytes
        self._heartbeat_s = heartbeat_s
        self._feed = Feed()
        self._consumers: set[_Consumer] = set()
        self._producer: asyncio.StreamWriter | None = None
        self._last_sent = time.monotonic()
        self._beats = 0

    async def run(self, ready: asyncio.Event | None = None) -> None:
        """Serve until cancelled; sets `ready` once both sockets listen. Raises `SocketError`."""
        producers, consumers = self._paths
        async with contextlib.AsyncExitStack() as stack:
            for path, handle in ((producers, self._produce), (consumers, self._consume)):
                listening = sockets.listen(path)
                stack.callback(path.unlink, missing_ok=True)
                server = await asyncio.start_unix_server(handle, sock=listening, limit=READ_BYTES)
                stack.callback(server.close)
            stack.callback(self._disconnect_all)
            if ready is not None:
                ready.set()
            await self._beat()

    async def _beat(self) -> None:
        while True:
            idle = time.monotonic() - self._last_sent
            if idle < self._heartbeat_s:
                await asyncio.sleep(self._heartbeat_s - idle)
                continue
            self._fan_out(heartbeat(self._beats))
            self._beats += 1

    async def _produce(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._admit(writer, self._paths[0]):
            return
        if self._producer is not None:
            self.counts["producers_replaced"] += 1
            self._producer.transport.abort()
        self._producer = writer
        try:
            await self._take_frames(reader, writer)
        except (FrameError, PayloadError, SequenceError, StateContradiction) as error:
            self.counts["producers_refused"] += 1
            log.warning("%s: producer disconnected: %s", self._paths[0], error)
        finally:
            writer.transport.abort()
            if self._producer is writer:
                self._producer = None

    async def _take_frames(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        frames = FrameReader(bounds=BOUNDS)
        with contextlib.suppress(ConnectionError):
            while self._producer is writer and (chunk := await reader.read(READ_BYTES)):
                self._relay(frames, chunk)
                await asyncio.sleep(0)  # a read from a full buffer does not yield by itself

    def _relay(self, frames: FrameReader, chunk: bytes) -> None:
        onward = bytearray()
        try:
            for frame in frames.feed(chunk):
                if frame.type != HEARTBEAT_ID:
                    onward += self._feed.take(frame) or b""
        finally:
            if onward:
                self._fan_out(bytes(onward))

    def _fan_out(self, raw: bytes) -> None:
        self._last_sent = time.monotonic()
        slow = [consumer for consumer in self._consumers if not consumer.offer(raw)]
        for consumer in slow:
            self.counts["consumers_slow"] += 1
            self._consumers.discard(consumer)
            consumer.writer.transport.abort()

    async def _consume(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._admit(writer, self._paths[1]):
            return
        if len(self._consumers) >= MAX_CONSUMERS:
            self.counts["consumers_too_many"] += 1
            writer.transport.abort()
            return
        consumer = _Consumer(writer, self._max_pending_bytes)
        consumer.join(self._feed.joiner_frames())
        self._consumers.add(consumer)
        try:
            with contextlib.suppress(ConnectionError):
                await reader.read(1)  # a consumer sends nothing: any byte, or the end, ends it
        finally:
            self._consumers.discard(consumer)
            writer.transport.abort()

    def _admit(self, writer: asyncio.StreamWriter, path: Path) -> bool:
        try:
            sockets.check_peer(writer, path)
        except sockets.PeerRefusedError as error:
            self.counts["peers_refused"] += 1
            log.warning("%s", error)
            writer.transport.abort()
            return False
        return True

    def _disconnect_all(self) -> None:
        for consumer in self._consumers:
            consumer.writer.transport.abort()
        if self._producer is not None:
            self._producer.transport.abort()
