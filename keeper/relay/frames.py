"""v1 framing: an 8-byte header before each payload, frames back to back on a stream."""

import struct
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

MAGIC = 0xFE
HEADER = struct.Struct("<BBBHHB")
HEADER_BYTES = 8
MAX_PAYLOAD_BYTES = 0xFFFF
SEQUENCE_MASK = 0xFF_FFFF

HEARTBEAT_ID = 3
_HEARTBEAT = struct.Struct("<QI4x")

MARKET_PAYLOADS = {
    1: (64, 64),
    2: (20, MAX_PAYLOAD_BYTES),
    HEARTBEAT_ID: (16, MAX_PAYLOAD_BYTES),
    5: (28, MAX_PAYLOAD_BYTES),
    6: (26, MAX_PAYLOAD_BYTES),
    7: (10, MAX_PAYLOAD_BYTES),
    8: (10, MAX_PAYLOAD_BYTES),
    9: (68, MAX_PAYLOAD_BYTES),
    10: (36, MAX_PAYLOAD_BYTES),
    **dict.fromkeys(range(11, 15), (0, MAX_PAYLOAD_BYTES)),
}
"""Least and greatest payload of each market-data id; the newest revision's 11 to 14 are ignored."""


_ANY = (0, MAX_PAYLOAD_BYTES)


class FrameError(Exception):
    """Bytes that cannot be this protocol; the connection is to be closed and made anew."""


class Frame(NamedTuple):
    """One frame as it came; `sequence` is the header's 24-bit counter of its writer."""

    type: int
    sequence: int
    payload: bytes

    @property
    def raw(self) -> bytes:
        """The bytes that carry this frame."""
        return pack(self.type, self.sequence, self.payload)


def pack(kind: int, sequence: int, payload: bytes) -> bytes:
    """Header and payload; `sequence` wraps at 24 bits. Raises `FrameError` on an oversize payload.

    Source: the relay's v1 layout (magic, type, flags 0, u16 length, u24 sequence, little-endian).
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise FrameError(f"payload of {len(payload)} bytes exceeds a frame; split the message")
    low = sequence & SEQUENCE_MASK
    return HEADER.pack(MAGIC, kind, 0, len(payload), low & 0xFFFF, low >> 16) + payload


def heartbeat(sequence: int) -> bytes:
    """A heartbeat frame stamped now: it says that the writer lives though nothing happens."""
    counter = sequence & 0xFFFF_FFFF
    return pack(HEARTBEAT_ID, sequence, _HEARTBEAT.pack(time.time_ns(), counter))


class FrameReader:
    """Splits a byte stream into frames, whatever the sizes in which it arrives.

    It holds at most one incomplete frame. On `defi.sock` it is strict: a foreign byte raises
    `FrameError`. With `resynchronise` (market data, whose readers have always done so) it skips to
    the next credible header and counts what it skipped in `skipped_bytes`. `bounds` are the least
    and greatest payload by id: a length beyond them is refused before it swallows what follows.
    """

    def __init__(
        self,
        *,
        resynchronise: bool = False,
        bounds: Mapping[int, tuple[int, int]] = MappingProxyType({}),
    ) -> None:
        self.skipped_bytes = 0
        self._bounds = bounds
        self.stream = b""
        self.at = 0
        self._resynchronise = resynchronise

    @property
    def pending_bytes(self) -> int:
        """Bytes that no frame was made of yet."""
        return len(self.stream) - self.at

    def add(self, chunk: bytes) -> None:
        """Put `chunk` behind what is pending; `stream` holds both from `at` on."""
        self.stream, self.at = self.stream[self.at :] + chunk, 0

    def next(self) -> Frame | None:
        """The next frame, None while it is not whole."""
        data = self.stream
        while len(data) - self.at >= HEADER_BYTES:
            magic, kind, flags, length, low, high = HEADER.unpack_from(data, self.at)
            if magic != MAGIC or flags or (self._resynchronise and not _credible(kind, length)):
                self.at = self._skip(data, self.at)
                continue
            least, greatest = self._bounds.get(kind, _ANY)
            if not least <= length <= greatest:
                raise FrameError(f"message {kind} cannot have {length} bytes; reconnect")
            begin = self.at + HEADER_BYTES
            if begin + length > len(data):
                return None
            self.at = begin + length
            return Frame(kind, low | high << 16, data[begin : self.at])
        if self.at < len(data) and data[self.at] != MAGIC:  # refuse it now, not once 8 bytes came
            self.at = self._skip(data, self.at)
        return None

    def feed(self, chunk: bytes) -> list[Frame]:
        """Frames that `chunk` completes, in order."""
        self.add(chunk)
        frames = []
        while (frame := self.next()) is not None:
            frames.append(frame)
        return frames

    def _skip(self, data: bytes, at: int) -> int:
        if not self._resynchronise:
            raise FrameError(
                f"byte 0x{data[at]:02x} where a frame must begin with 0xfe and flags 0; "
                "connect a v1 writer"
            )
        following = data.find(MAGIC, at + 1)
        following = len(data) if following < 0 else following
        self.skipped_bytes += following - at
        return following


def _credible(kind: int, length: int) -> bool:
    least, greatest = MARKET_PAYLOADS.get(kind, (1, 0))
    return least <= length <= greatest
