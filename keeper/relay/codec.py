"""Typed messages to payloads and back, driven by the table in `messages.toml`."""

import struct
from collections.abc import Callable
from functools import partial
from typing import cast
from zlib import crc32

from keeper.chain import Protocol
from keeper.relay import messages
from keeper.relay.frames import Frame, pack
from keeper.relay.messages import Message, Origin
from keeper.relay.table import (
    STRUCT_CODES,
    TABLE,
    WIDE_INTEGERS,
    Field,
    Layout,
    Repeated,
    struct_format,
)

_CRC_START, _CRC_END = 1, 5
_VERSION = TABLE.schema_version
_SKIPPED = len(TABLE.prefix)
_ORIGIN_END = _SKIPPED + len(TABLE.origin)

MAX_TAIL_BYTES = 255
"""What a newer writer may append to a message."""

Reader = Callable[[object], object]


class PayloadError(Exception):
    """A payload of a known id that is not what its layout says; the connection is to be closed."""


class EncodingError(ValueError):
    """A message holds a value that its layout cannot carry."""


def _integer_reader(signed: bool) -> Reader:
    """Partials, not functions of our own: every update of a pool passes here twice or more."""
    if signed:
        return cast("Reader", partial(int.from_bytes, byteorder="little", signed=True))
    return cast("Reader", partial(int.from_bytes, byteorder="little"))


def _writer(kind: str) -> Callable[[int], bytes]:
    size, signed = WIDE_INTEGERS[kind]
    return lambda number: number.to_bytes(size, "little", signed=signed)


def _readers(fields: tuple[Field, ...]) -> list[tuple[int, Reader]]:
    found: list[tuple[int, Reader]] = []
    for index, field in enumerate(fields):
        if field.type in WIDE_INTEGERS:
            found.append((index, _integer_reader(WIDE_INTEGERS[field.type][1])))
        elif field.type == "protocol":
            found.append((index, cast("Reader", Protocol)))
    return found


def _read(values: list[object], readers: list[tuple[int, Reader]]) -> list[object]:
    """`values` as `struct` gives them, in their typed forms."""
    for index, read in readers:
        values[index] = read(values[index])
    return values


def _plain(fields: tuple[Field, ...], values: list[object]) -> list[object]:
    """`values` in the forms that `struct` packs."""
    for index, field in enumerate(fields):
        value = values[index]
        if field.type in WIDE_INTEGERS:
            values[index] = _writer(field.type)(cast("int", value))
        elif isinstance(value, bytes) and STRUCT_CODES[field.type] != f"{len(value)}s":
            raise EncodingError(f"{field.name} has {len(value)} bytes; give it as {field.type}")
    return values


class _Items:
    """The counted list at a payload's end."""

    def __init__(self, repeated: Repeated) -> None:
        self.name = repeated.name
        self.count = struct.Struct("<" + STRUCT_CODES[repeated.count])
        self._type: Callable[..., object] = getattr(messages, repeated.item)
        self._fields = repeated.fields
        self._names = [field.name for field in repeated.fields]
        self._item = struct.Struct("<" + struct_format(repeated.fields))
        self._readers = _readers(repeated.fields)
        self.most = repeated.most
        self.most_bytes = repeated.most * self._item.size

    def decode(self, payload: bytes, start: int) -> tuple[object, ...]:
        (count,) = self.count.unpack_from(payload, start)
        start += self.count.size
        end = start + count * self._item.size
        if count > self.most or end > len(payload):
            raise PayloadError(f"{count} {self.name} do not fit its {len(payload)} bytes")
        rows = map(list, self._item.iter_unpack(payload[start:end]))
        return tuple(self._type(*_read(row, self._readers)) for row in rows)

    def encode(self, items: tuple[object, ...]) -> bytes:
        rows = (
            self._item.pack(*_plain(self._fields, [getattr(item, name) for name in self._names]))
            for item in items
        )
        return self.count.pack(len(items)) + b"".join(rows)


class _Codec:
    """One layout with its structs compiled and its message type bound."""

    def __init__(self, layout: Layout) -> None:
        self.id = layout.id
        self._seed = crc32(bytes((layout.id, _VERSION)))
        self.type: Callable[..., Message] = getattr(messages, layout.name)
        self._own = layout.fields
        self._fields = TABLE.prefix + TABLE.origin + layout.fields
        self._names = [field.name for field in layout.fields]
        self._struct = struct.Struct("<" + struct_format(self._fields))
        self._readers = _readers(layout.fields)
        self._items = _Items(layout.repeated) if layout.repeated else None
        self._least = self._struct.size + (self._items.count.size if self._items else 0)

    @property
    def bounds(self) -> tuple[int, int]:
        """Bytes that a payload may have, the fields of a newer writer included."""
        listed = self._items.most_bytes if self._items else 0
        return self._least, self._least + listed + MAX_TAIL_BYTES

    def decode(self, payload: bytes) -> Message:
        if len(payload) < self._least or payload[0] != _VERSION:
            raise self._misfit(payload)
        values = self._struct.unpack_from(payload)
        if crc32(payload[_CRC_END:], self._seed) != values[1]:
            raise PayloadError(f"message {self.id}: its CRC-32 does not match; reconnect")
        try:
            own = _read(list(values[_ORIGIN_END:]), self._readers)
        except ValueError:
            raise PayloadError(f"message {self.id}: unknown protocol; update the keeper") from None
        if self._items is not None:
            own.append(self._items.decode(payload, self._struct.size))
        return self.type(Origin._make(values[_SKIPPED:_ORIGIN_END]), *own)

    def encode(self, message: Message) -> bytes:
        origin = message.origin
        values: list[object] = [_VERSION, 0]
        values += [getattr(origin, field.name) for field in TABLE.origin]
        values += [getattr(message, name) for name in self._names]
        try:
            body = self._struct.pack(*_plain(self._fields, values))
            if self._items is not None:
                body += self._items.encode(getattr(message, self._items.name))
        except (struct.error, OverflowError) as error:
            raise EncodingError(f"message {self.id} cannot carry a value: {error}") from None
        if len(body) > self.bounds[1] - MAX_TAIL_BYTES:
            raise EncodingError(f"message {self.id} cannot have {len(body)} bytes; split it")
        checksum = crc32(body[_CRC_END:], self._seed)
        return body[:_CRC_START] + checksum.to_bytes(4, "little") + body[_CRC_END:]

    def _misfit(self, payload: bytes) -> PayloadError:
        if payload and payload[0] != _VERSION:
            return PayloadError(
                f"message {self.id}: schema version {payload[0]}, expected {_VERSION}; "
                "run the same version on both sides"
            )
        return PayloadError(f"message {self.id}: {len(payload)} bytes, at least {self._least} due")


_BY_ID = {layout.id: _Codec(layout) for layout in TABLE.layouts}
BOUNDS = {codec.id: codec.bounds for codec in _BY_ID.values()}
"""Least and greatest payload of each id."""
_BY_TYPE = {codec.type: codec for codec in _BY_ID.values()}


def encode_payload(message: Message) -> bytes:
    """The payload of `message`; raises `EncodingError` naming what does not fit."""
    return _BY_TYPE[type(message)].encode(message)


def id_of(message: Message) -> int:
    """The id under which a message travels."""
    return _BY_TYPE[type(message)].id


def encode_frame(message: Message) -> bytes:
    """A whole v1 frame; its header carries the low 24 bits of the origin's sequence."""
    codec = _BY_TYPE[type(message)]
    return pack(codec.id, message.origin.sequence, codec.encode(message))


def decode(frame: Frame) -> Message | None:
    """The message in `frame`, None for an id that is not in the table (to be counted).

    Raises `PayloadError` for a truncated payload, another schema version or a wrong CRC-32.
    """
    codec = _BY_ID.get(frame.type)
    return None if codec is None else codec.decode(frame.payload)
