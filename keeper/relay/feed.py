"""What the server keeps of a producer's stream so that a joiner can start in its midst."""

from dataclasses import replace

from keeper.relay.book import Book, StateContradiction
from keeper.relay.channel import Channel, SequenceError
from keeper.relay.codec import decode, encode_frame
from keeper.relay.frames import Frame
from keeper.relay.messages import BlockBoundary, Message, PoolReading, PoolSnapshot, Reorganisation

MAX_BLOCK_BYTES = 64 * 1024 * 1024


class Feed:
    """The book as of the last block boundary, and the raw frames since.

    A joiner gets both: a snapshot never contains half a block, and nothing is applied twice.
    """

    def __init__(self) -> None:
        self.book = Book()
        self.unknown_frames = 0
        self._channel = Channel()
        self._messages: list[Message] = []
        self._raw: list[bytes] = []
        self._raw_bytes = 0

    @property
    def epoch(self) -> int | None:
        """The producer's present epoch, None before its first frame."""
        return self._channel.epoch

    def take(self, frame: Frame) -> bytes | None:
        """Check one frame; return its bytes for those who have joined, None when it carries none.

        Raises `PayloadError`, `SequenceError` or `StateContradiction`: the producer must reconnect.
        """
        message = decode(frame)
        if message is None:
            self.unknown_frames += 1
            return None
        if self._channel.epoch is None or self._channel.begins_epoch(message):
            self._begin_epoch(message)
        if not self._channel.accept(message):
            return None
        raw = frame.raw
        self._hold(message, raw)
        if isinstance(message, BlockBoundary | Reorganisation):
            self._commit()
        return raw

    def joiner_frames(self) -> list[bytes]:
        """All that a joiner needs: snapshots as of the last boundary, it, and the frames since."""
        boundary, book = self.book.boundary, self.book
        if boundary is None:
            return list(self._raw)
        states: list[PoolSnapshot | PoolReading] = [
            part for state in book.pools.values() for part in state.snapshot(boundary.origin)
        ]
        states += [replace(reading, origin=boundary.origin) for reading in book.readings.values()]
        return [*map(encode_frame, states), encode_frame(boundary), *self._raw]

    def _begin_epoch(self, message: Message) -> None:
        if message.origin.sequence:
            raise SequenceError("a producer's epoch begins with sequence 0; begin a new epoch")
        self.book.reset()
        self._drop_block()

    def _hold(self, message: Message, raw: bytes) -> None:
        self._raw_bytes += len(raw)
        if self._raw_bytes > MAX_BLOCK_BYTES:
            raise SequenceError(f"no block boundary within {MAX_BLOCK_BYTES} bytes; send one")
        self._messages.append(message)
        self._raw.append(raw)

    def _commit(self) -> None:
        held = self._messages
        self._drop_block()
        try:
            for message in held:
                self.book.apply(message)
        except StateContradiction:
            self.book.reset()  # half a block is in it: nobody may join on that
            raise

    def _drop_block(self) -> None:
        self._messages, self._raw, self._raw_bytes = [], [], 0
