"""The first protocol's market data (`relay.sock`, ids 1 to 10), decoded for those who watch it.

Prices, volumes and dollars are multiples of 10^-8. Ids 11 to 14 of the newest revision scale raw
amounts whatever the token's decimals, so they are never read.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keeper.relay.frames import Frame

Level = tuple[int, int]
"""Price and volume."""

_TRADE = struct.Struct("<QQQQQQQB7x")
_BOOK = struct.Struct("<QQHH")
_SNAPSHOT = struct.Struct("<QQQHH")
_DELTA = struct.Struct("<QQQH")
_CHANGE = struct.Struct("<BQQB")
_LEVEL = struct.Struct("<QQ")
_RESET = struct.Struct("<QH")
_STATUS = struct.Struct("<QIIIIQ4x")
_ARBITRAGE = struct.Struct("<8QI")
_EXCHANGE_ID = slice(28, 30)
_V3_STATES_BYTES = 2 * 49
"""What the newest revision puts between an opportunity's numbers and its strings."""


class MarketDataError(Exception):
    """A payload that is not what its id says."""


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade; `side` is 0 unknown, 1 buy, 2 sell. The relay's clock is in `relay_ns`."""

    timestamp_ns: int
    ingestion_ns: int
    relay_ns: int
    exchange_id: int
    price_e8: int
    volume_e8: int
    symbol_hash: int
    side: int


@dataclass(frozen=True, slots=True)
class Book:
    """An order book; `book_sequence` is 0 in the form without one."""

    timestamp_ns: int
    symbol_hash: int
    book_sequence: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class BookChange:
    """One level of a delta: side 0 bid, 1 ask; action 0 delete, 1 update, 2 insert."""

    side: int
    price_e8: int
    volume_e8: int
    action: int


@dataclass(frozen=True, slots=True)
class BookDelta:
    """Changes of an order book."""

    timestamp_ns: int
    symbol_hash: int
    book_sequence: int
    changes: tuple[BookChange, ...]


@dataclass(frozen=True, slots=True)
class BookReset:
    """A book whose sequence skipped: forget it."""

    symbol_hash: int
    exchange_id: int


@dataclass(frozen=True, slots=True)
class SymbolMapping:
    """The name behind a symbol's hash."""

    symbol_hash: int
    symbol: str


@dataclass(frozen=True, slots=True)
class Arbitrage:
    """An opportunity as others saw it; `strings` are pair, tokens, exchanges and routers."""

    timestamp_ns: int
    price_buy_e8: int
    price_sell_e8: int
    profit_usd_e8: int
    profit_percent_e8: int
    liquidity_buy_usd_e8: int
    liquidity_sell_usd_e8: int
    max_trade_usd_e8: int
    gas_estimate: int
    strings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """Gas prices in gwei and the native token's price in cents."""

    timestamp_ns: int
    gas_gwei: int
    fast_gwei: int
    instant_gwei: int
    native_usd_e2: int
    block_number: int


MarketData = Trade | Book | BookDelta | BookReset | SymbolMapping | Arbitrage | Status


def decode(frame: Frame) -> MarketData | None:
    """What a frame says, None for a heartbeat and for ids that are not read.

    Raises `MarketDataError`; a longer tail than the layout's is tolerated.
    """
    read = _READERS.get(frame.type)
    if read is None:
        return None
    try:
        return read(frame.payload)
    except (struct.error, UnicodeDecodeError) as error:
        raise MarketDataError(f"market data {frame.type}: {error}") from None


def _trade(payload: bytes) -> Trade:
    stamps = _TRADE.unpack_from(payload)
    timestamp, ingestion, relay, _, price, volume, symbol, side = stamps
    # the running relay writes the exchange over a part of the fourth stamp
    exchange = int.from_bytes(payload[_EXCHANGE_ID], "little")
    return Trade(timestamp, ingestion, relay, exchange, price, volume, symbol, side)


def _levels(payload: bytes, start: int, count: int) -> tuple[Level, ...]:
    size = _LEVEL.size
    return tuple(_LEVEL.unpack_from(payload, start + size * place) for place in range(count))


def _order_book(payload: bytes) -> Book:
    timestamp, symbol, bids, asks = _BOOK.unpack_from(payload)
    return _book(payload, _BOOK.size, (timestamp, symbol, 0), bids, asks)


def _snapshot(payload: bytes) -> Book:
    timestamp, symbol, sequence, bids, asks = _SNAPSHOT.unpack_from(payload)
    return _book(payload, _SNAPSHOT.size, (timestamp, symbol, sequence), bids, asks)


def _book(payload: bytes, start: int, head: tuple[int, int, int], bids: int, asks: int) -> Book:
    middle = start + _LEVEL.size * bids
    return Book(*head, _levels(payload, start, bids), _levels(payload, middle, asks))


def _delta(payload: bytes) -> BookDelta:
    timestamp, symbol, sequence, count = _DELTA.unpack_from(payload)
    places = (_DELTA.size + _CHANGE.size * place for place in range(count))
    changes = tuple(BookChange(*_CHANGE.unpack_from(payload, at)) for at in places)
    return BookDelta(timestamp, symbol, sequence, changes)


def _mapping(payload: bytes) -> SymbolMapping:
    symbol, length = _RESET.unpack_from(payload)
    name = payload[_RESET.size : _RESET.size + length]
    if len(name) != length:
        raise MarketDataError(f"a symbol of {length} bytes is cut")
    return SymbolMapping(symbol, name.decode())


def _arbitrage(payload: bytes) -> Arbitrage:
    """Both layouts have one id: the right one ends exactly where the payload does."""
    for start in (_ARBITRAGE.size, _ARBITRAGE.size + _V3_STATES_BYTES):
        strings = _strings(payload, start)
        if strings is not None:
            values: list[Any] = [*_ARBITRAGE.unpack_from(payload), strings]
            return Arbitrage(*values)
    raise MarketDataError("an opportunity's strings do not end where it does")


def _strings(payload: bytes, at: int) -> tuple[str, ...] | None:
    found = []
    for _ in range(7):
        size = int.from_bytes(payload[at : at + 2], "little")
        found.append(payload[at + 2 : at + 2 + size])
        at += 2 + size
    return tuple(raw.decode() for raw in found) if at == len(payload) else None


def _status(payload: bytes) -> Status:
    return Status(*_STATUS.unpack_from(payload))


_READERS: dict[int, Callable[[bytes], MarketData]] = {
    1: _trade,
    2: _order_book,
    5: _snapshot,
    6: _delta,
    7: lambda payload: BookReset(*_RESET.unpack_from(payload)),
    8: _mapping,
    9: _arbitrage,
    10: _status,
}
