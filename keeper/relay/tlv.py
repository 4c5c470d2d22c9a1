"""The relay's second protocol (TLV): its pool messages, decoded as hints.

It has no block boundary, no ticks at a pool's start and no answer to a gap, so nothing here is
state: a hint says that a pool is worth reading from a node, and a pool is traded only on a snapshot
that a node bore out. Layouts are C's, little-endian, u128 on 16 bytes; padding may hold anything.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zlib import crc32

from keeper.chain import Address

MAGIC = 0xDEADBEEF
VERSION = 1
HEADER_BYTES = 32
MAX_PAYLOAD_BYTES = 1 << 20
"""Far above what any writer sends; a longer one is no message."""
_HEADER = struct.Struct("<IBBBBQQII")
_CHECKSUM = slice(28, 32)
_LONG = 0xFF


class TlvError(Exception):
    """Bytes that are not a message of the protocol: drop the connection, or the datagram."""


@dataclass(frozen=True, slots=True)
class Header:
    """Who wrote a message: `source` 4 is Polygon, `sequence` counts per source."""

    domain: int
    source: int
    flags: int
    sequence: int
    timestamp_ns: int


@dataclass(frozen=True, slots=True)
class PoolHint:
    """Tokens and reserves of a pool, after a PoolSync or in a PoolState; raw units.

    A price of 0 is that of a pool without one; `block_number` is 0 where the message has none.
    """

    pool: Address
    venue: int
    block_number: int
    token0: Address
    token1: Address
    reserve0: int
    reserve1: int
    sqrt_price_x96: int = 0
    liquidity: int = 0
    tick: int = 0


@dataclass(frozen=True, slots=True)
class SwapHint:
    """A swap's raw amounts and, of a pool with ticks, what it left."""

    pool: Address
    venue: int
    block_number: int
    token_in: Address
    token_out: Address
    amount_in: int
    amount_out: int
    sqrt_price_x96: int
    liquidity: int
    tick: int


@dataclass(frozen=True, slots=True)
class LiquidityHint:
    """Liquidity added (PoolMint) or taken (PoolBurn, negative); the message has no block."""

    pool: Address
    venue: int
    token0: Address
    token1: Address
    tick_lower: int
    tick_upper: int
    liquidity_delta: int


@dataclass(frozen=True, slots=True)
class BalancesHint:
    """Reserves of a pool of up to 8 tokens (PoolLiquidity), raw units."""

    pool: Address
    venue: int
    reserves: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GasHint:
    """Gas prices in gwei as of a block."""

    block_number: int
    gas_gwei: int
    base_gwei: int
    tip_gwei: int
    network: int


PoolNews = PoolHint | SwapHint | LiquidityHint | BalancesHint
Hint = PoolNews | GasHint


def decode(message: bytes) -> tuple[Header, list[Hint]]:
    """One whole message; types that are no hints are skipped.

    Raises `TlvError`. A checksum of 0 is one that its writer left out.
    """
    header, size, checksum = _header(message)
    end = HEADER_BYTES + size
    if len(message) != end:
        raise TlvError(f"{len(message)} bytes where the header says {end}")
    summed = message[: _CHECKSUM.start] + message[_CHECKSUM.stop :]
    if checksum and crc32(summed) != checksum:
        raise TlvError("the message's CRC-32 does not match")
    hints = []
    for kind, value in _values(message[HEADER_BYTES:]):
        known = _TYPES.get(kind)
        if known is None:
            continue
        least, read = known
        if len(value) < least:
            raise TlvError(f"type {kind} has {len(value)} bytes, at least {least} due")
        hints.append(read(value))
    return header, hints


class TlvReader:
    """Splits a stream into whole messages; raises `TlvError` at the first byte that is none."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> list[bytes]:
        """Messages that `chunk` completes."""
        data, at, found = self._rest + chunk, 0, []
        while len(data) - at >= HEADER_BYTES:
            _, size, _ = _header(data[at : at + HEADER_BYTES])
            end = at + HEADER_BYTES + size
            if end > len(data):
                break
            found.append(data[at:end])
            at = end
        self._rest = data[at:]
        return found


def _header(message: bytes) -> tuple[Header, int, int]:
    """The header, the payload's size and the checksum."""
    if len(message) < HEADER_BYTES:
        raise TlvError(f"{len(message)} bytes are no header")
    magic, domain, version, source, flags, sequence, stamp, size, checksum = _HEADER.unpack_from(
        message
    )
    if magic != MAGIC or version != VERSION:
        raise TlvError(f"magic 0x{magic:08x}, version {version}: connect a writer of version 1")
    if size > MAX_PAYLOAD_BYTES:
        raise TlvError(f"a payload of {size} bytes is no message")
    return Header(domain, source, flags, sequence, stamp), size, checksum


def _values(payload: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and value of each entry; those above 255 bytes have a longer head."""
    at, end = 0, len(payload)
    while at < end:
        is_long = payload[at] == _LONG
        head = 5 if is_long else 2
        if at + head > end:
            raise TlvError("an entry's head is cut")
        if is_long:
            kind, size = payload[at + 2], int.from_bytes(payload[at + 3 : at + 5], "little")
        else:
            kind, size = payload[at], payload[at + 1]
        at += head
        if at + size > end:
            raise TlvError(f"the value of type {kind} is cut")
        yield kind, payload[at : at + size]
        at += size


def _number(value: bytes, at: int, size: int) -> int:
    return int.from_bytes(value[at : at + size], "little")


def _signed(value: bytes, at: int) -> int:
    return int.from_bytes(value[at : at + 4], "little", signed=True)


def _address(value: bytes, at: int) -> Address:
    return Address(value[at : at + 20])


def _pool_liquidity(value: bytes) -> BalancesHint:
    count = _number(value, 16, 2)
    if count > 8:
        raise TlvError(f"{count} reserves do not fit their 8 places")
    reserves = tuple(_number(value, 32 + 16 * place, 16) for place in range(count))
    return BalancesHint(_address(value, 160), _number(value, 192, 2), reserves)


def _pool_swap(value: bytes) -> SwapHint:
    return SwapHint(
        pool=_address(value, 80),
        venue=_number(value, 68, 2),
        block_number=_number(value, 56, 8),
        token_in=_address(value, 112),
        token_out=_address(value, 144),
        amount_in=_number(value, 0, 16),
        amount_out=_number(value, 16, 16),
        sqrt_price_x96=_number(value, 176, 32),
        liquidity=_number(value, 32, 16),
        tick=_signed(value, 64),
    )


def _liquidity(sign: int) -> Callable[[bytes], LiquidityHint]:
    def read(value: bytes) -> LiquidityHint:
        return LiquidityHint(
            pool=_address(value, 80),
            venue=_number(value, 64, 2),
            token0=_address(value, 144),
            token1=_address(value, 176),
            tick_lower=_signed(value, 56),
            tick_upper=_signed(value, 60),
            liquidity_delta=sign * _number(value, 0, 16),
        )

    return read


def _pool_state(value: bytes) -> PoolHint:
    return PoolHint(
        pool=_address(value, 96),
        venue=_number(value, 88, 2),
        block_number=_number(value, 64, 8),
        token0=_address(value, 128),
        token1=_address(value, 160),
        reserve0=_number(value, 0, 16),
        reserve1=_number(value, 16, 16),
        sqrt_price_x96=_number(value, 32, 16),
        liquidity=_number(value, 48, 16),
        tick=_signed(value, 80),
    )


def _pool_sync(value: bytes) -> PoolHint:
    return PoolHint(
        pool=_address(value, 64),
        venue=_number(value, 48, 2),
        block_number=_number(value, 40, 8),
        token0=_address(value, 96),
        token1=_address(value, 128),
        reserve0=_number(value, 0, 16),
        reserve1=_number(value, 16, 16),
    )


def _gas_price(value: bytes) -> GasHint:
    gas, base, tip = (_number(value, at, 4) for at in (16, 20, 24))
    return GasHint(_number(value, 0, 8), gas, base, tip, _number(value, 28, 2))


_TYPES: dict[int, tuple[int, Callable[[bytes], Hint]]] = {
    10: (208, _pool_liquidity),
    11: (208, _pool_swap),
    12: (208, _liquidity(1)),
    13: (208, _liquidity(-1)),
    15: (192, _pool_state),
    16: (160, _pool_sync),
    18: (32, _gas_price),
}
"""Least size and reader of each type."""
