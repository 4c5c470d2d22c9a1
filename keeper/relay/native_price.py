"""What the relay's market data say that the native token is worth: a second opinion, no more."""

import asyncio
import logging
import time
from pathlib import Path

from keeper.relay import sockets
from keeper.relay.frames import FrameReader
from keeper.relay.market_data import MarketDataError, Status, decode
from keeper.relay.sockets import SocketError

MAX_AGE_S = 60.0
CHUNK_BYTES = 8_192
MIN_BACKOFF_S, MAX_BACKOFF_S = 0.1, 5.0
_CENTS = 100

log = logging.getLogger(__name__)


class NativePrice:
    """Listens to the first protocol's socket (`relay.sock`) for ever; the last status counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._usd: float | None = None
        self._heard_at = 0.0
        self._backoff_s = MIN_BACKOFF_S
        self._is_known_to_fail = False

    def usd(self) -> float | None:
        """US dollars of one native token; None where nobody said so within `MAX_AGE_S`."""
        return self._usd if time.monotonic() - self._heard_at <= MAX_AGE_S else None

    async def run(self) -> None:
        """Read until cancelled; a peer that ends is met anew, what cannot be read is skipped."""
        while True:
            try:
                await self._read()
            except (SocketError, OSError) as error:
                if not self._is_known_to_fail:
                    log.warning("market data: %s; trying again", error)
                self._is_known_to_fail = True
                await asyncio.sleep(self._backoff_s)
                self._backoff_s = min(2 * self._backoff_s, MAX_BACKOFF_S)

    async def _read(self) -> None:
        reader, writer = await sockets.connect(self._path)
        frames = FrameReader(resynchronise=True)
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                self._hear(frames, chunk)
                await asyncio.sleep(0)  # a full buffer is read without waiting
        finally:
            writer.transport.abort()
        raise SocketError(f"{self._path}: the peer closed the connection")

    def _hear(self, frames: FrameReader, chunk: bytes) -> None:
        for frame in frames.feed(chunk):
            try:
                said = decode(frame)
            except MarketDataError:
                continue
            if isinstance(said, Status) and said.native_usd_e2:
                self._usd, self._heard_at = said.native_usd_e2 / _CENTS, time.monotonic()
                self._backoff_s, self._is_known_to_fail = MIN_BACKOFF_S, False
