"""A producer's end of the channel: stamps origins, numbers frames, begins epochs."""

import asyncio
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from keeper.chain import BlockRef
from keeper.relay import sockets
from keeper.relay.codec import encode_frame
from keeper.relay.messages import NO_INDEX, Message, Origin

SEND_TIMEOUT_S = 5.0


class Fact:
    """What a log or a read of the chain says, before the channel gives it an origin."""

    __slots__ = ("log_index", "make", "transaction_index")

    def __init__(
        self,
        make: Callable[[Origin], Message],
        transaction_index: int = NO_INDEX,
        log_index: int = NO_INDEX,
    ) -> None:
        self.make = make
        self.transaction_index = transaction_index
        self.log_index = log_index


class Publisher:
    """Writes one channel to a relay's producer socket; each connection is an epoch of its own."""

    def __init__(self, path: Path, chain_id: int) -> None:
        self._path = path
        self._chain_id = chain_id
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.epoch = 0
        self.sequence = 0

    @property
    def connected(self) -> bool:
        """Whether the relay still holds the connection."""
        if self._reader is None or self._writer is None:
            return False
        return not (self._reader.at_eof() or self._writer.transport.is_closing())

    async def connect(self) -> None:
        """Reach the relay and begin an epoch; raises `SocketError`."""
        self.close()
        self._reader, self._writer = await sockets.connect(self._path)
        self.begin_epoch()

    def begin_epoch(self) -> None:
        """Number frames from 0 under a greater epoch; snapshots of all pools must follow."""
        self.epoch = max(time.time_ns(), self.epoch + 1)
        self.sequence = 0

    def close(self) -> None:
        """Drop the connection."""
        if self._writer is not None:
            self._writer.transport.abort()
            self._writer = None

    async def publish(self, block: BlockRef, seen_ns: int, facts: Iterable[Fact]) -> None:
        """Send `facts` of `block` in order; raises `SocketError` when the relay fails."""
        if self._writer is None:
            raise sockets.SocketError(f"{self._path}: not connected; connect first")
        for fact in facts:
            self._writer.write(encode_frame(fact.make(self._origin(block, seen_ns, fact))))
            self.sequence += 1
        try:
            await asyncio.wait_for(self._writer.drain(), SEND_TIMEOUT_S)
        except (TimeoutError, OSError):
            self.close()
            raise sockets.SocketError(
                f"{self._path}: the relay is gone or does not read; restart it"
            ) from None

    def _origin(self, block: BlockRef, seen_ns: int, fact: Fact) -> Origin:
        return Origin(
            epoch=self.epoch,
            sequence=self.sequence,
            chain_id=self._chain_id,
            block_number=block.number,
            block_hash=block.hash,
            transaction_index=fact.transaction_index,
            log_index=fact.log_index,
            seen_ns=seen_ns,
            sent_ns=time.time_ns(),
        )
