"""Messages of the relay's second protocol as a writer makes them, and a collector that serves them.

Written from the layouts alone: nothing here is shared with the keeper's decoder.
"""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from pathlib import Path
from zlib import crc32

GARBAGE = b"\xa5" * 12


def message(*entries: tuple[int, bytes], checksum: bool = True, source: int = 4) -> bytes:
    """One message of `entries`, each a type and its value."""
    payload = b"".join(
        struct.pack("<BB", kind, len(value)) + value
        if len(value) <= 255
        else struct.pack("<BBBH", 0xFF, 0, kind, len(value)) + value
        for kind, value in entries
    )
    head = struct.pack("<IBBBBQQI", 0xDEADBEEF, 1, 1, source, 0, 7, 99, len(payload))
    total = crc32(head + payload) if checksum else 0
    return head + struct.pack("<I", total) + payload


def wide(number: int) -> bytes:
    return number.to_bytes(16, "little")


def padded(*addresses: bytes) -> bytes:
    return b"".join(address + GARBAGE for address in addresses)


def sync(pool: bytes, pair: tuple[bytes, bytes], reserves: tuple[int, int], block: int) -> bytes:
    """A PoolSync alone in its message."""
    rest = struct.pack("<QQHBB12s", 5, block, 400, 18, 6, GARBAGE)
    return message((16, wide(reserves[0]) + wide(reserves[1]) + rest + padded(pool, *pair)))


def balances(pool: bytes) -> bytes:
    """A PoolLiquidity alone in its message; its balances are anything."""
    head = struct.pack("<Q8sH14s", 5, GARBAGE[:8], 2, bytes(14))
    some = b"".join(wide(n) for n in (1, 2, 0, 0, 0, 0, 0, 0))
    return message((10, head + some + padded(pool) + struct.pack("<H14s", 402, bytes(14))))


class ForeignCollector:
    """Serves a socket; of what is sent, `greetings` go to one connection each, which ends then."""

    def __init__(self, greetings: list[bytes]) -> None:
        self._greetings = greetings
        self._writer: asyncio.StreamWriter | None = None
        self.is_heard = asyncio.Event()

    async def serve(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._greetings:
            writer.write(self._greetings.pop(0))
            writer.close()
            return
        self._writer = writer
        self.is_heard.set()

    def send(self, raw: bytes) -> None:
        assert self._writer is not None
        self._writer.write(raw)


@contextlib.asynccontextmanager
async def foreign_collector(
    path: Path, greetings: tuple[bytes, ...] = ()
) -> AsyncIterator[ForeignCollector]:
    """A collector of the second protocol at `path`."""
    collector = ForeignCollector(list(greetings))
    async with await asyncio.start_unix_server(collector.serve, str(path)):
        yield collector
        if collector._writer is not None:
            collector._writer.close()
