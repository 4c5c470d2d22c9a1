"""The socket of a foreign collector (TLV): what it names is kept until a block is read."""

import asyncio
import logging
from collections import Counter
from pathlib import Path

from keeper.relay import sockets
from keeper.relay.sockets import SocketError
from keeper.relay.tlv import GasHint, PoolNews, TlvError, TlvReader, decode

POLYGON = 4
"""Whose messages are read, as the protocol numbers its sources."""
CHUNK_BYTES = 8_192
"""Some forty messages: what is decoded before others have their turn."""
MAX_WAITING = 4_096
MIN_BACKOFF_S, MAX_BACKOFF_S = 0.1, 2.0

log = logging.getLogger(__name__)


class HintChannel:
    """Reads hints for ever; the oldest are dropped beyond `MAX_WAITING`, the same is kept once."""

    def __init__(self, path: Path) -> None:
        self.counts: Counter[str] = Counter()
        self._path = path
        self._waiting: dict[PoolNews, None] = {}
        self._backoff_s = MIN_BACKOFF_S

    async def run(self) -> None:
        """Read until cancelled; a peer that ends, or that speaks anything else, is met anew."""
        while True:
            try:
                await self._read()
            except (TlvError, SocketError, OSError) as error:
                self.counts["faults"] += 1
                log.warning("hints: %s: %s; trying again", self._path, error)
                await asyncio.sleep(self._backoff_s)
                self._backoff_s = min(2 * self._backoff_s, MAX_BACKOFF_S)

    def take(self, block_number: int) -> list[PoolNews]:
        """Hints that `block_number` can bear out: of it, of earlier blocks, or of none."""
        due = [hint for hint in self._waiting if getattr(hint, "block_number", 0) <= block_number]
        for hint in due:
            del self._waiting[hint]
        return due

    async def _read(self) -> None:
        reader, writer = await sockets.connect(self._path)
        splitter = TlvReader()
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                for message in splitter.feed(chunk):
                    self._keep(message)
                await asyncio.sleep(0)  # a full buffer is read without waiting
        finally:
            writer.transport.abort()
        raise SocketError("the peer closed the connection")

    def _keep(self, message: bytes) -> None:
        header, hints = decode(message)
        self._backoff_s = MIN_BACKOFF_S
        if header.source != POLYGON:
            return
        for hint in hints:
            if isinstance(hint, GasHint):
                continue
            self.counts["hints"] += 1
            self._waiting[hint] = None
            if len(self._waiting) > MAX_WAITING:
                del self._waiting[next(iter(self._waiting))]
                self.counts["dropped"] += 1
