"""Market data of the first protocol, against its golden frames and frames of our own making."""

import json
import struct
from pathlib import Path
from random import Random

import pytest

from keeper.relay.frames import Frame, FrameReader
from keeper.relay.market_data import (
    Arbitrage,
    Book,
    BookChange,
    BookDelta,
    BookReset,
    MarketDataError,
    Status,
    SymbolMapping,
    Trade,
    decode,
)

VECTORS = Path(__file__).parents[3] / "shared" / "spec" / "relay-vectors.json"
STRINGS = ("POL-USDC", "0xa", "0xb", "quickswap", "sushiswap", "0xc", "0xd")
NUMBERS = struct.pack("<8QI", *range(1, 10))
TAIL = b"".join(struct.pack("<H", len(text)) + text.encode() for text in STRINGS)
FOUND = Arbitrage(*range(1, 10), strings=STRINGS)
PAYLOADS = {
    1: struct.pack("<QQQIHHQQQB7x", 1, 2, 3, 9, 5, 9, 6, 7, 8, 2),
    2: struct.pack("<QQHH6Q", 1, 2, 1, 2, 10, 11, 20, 21, 30, 31),
    5: struct.pack("<QQQHH4Q", 1, 2, 3, 1, 1, 10, 11, 20, 21),
    6: struct.pack("<QQQH", 1, 2, 3, 2) + struct.pack("<BQQBBQQB", 0, 4, 5, 1, 1, 6, 7, 2),
    7: struct.pack("<QH", 1, 2),
    8: struct.pack("<QH", 1, 3) + b"a:b",
    9: NUMBERS + TAIL,
    10: struct.pack("<QIIIIQ4x", 1, 2, 3, 4, 5, 6),
}
MEANINGS = {
    1: Trade(1, 2, 3, 5, 6, 7, 8, 2),
    2: Book(1, 2, 0, ((10, 11),), ((20, 21), (30, 31))),
    5: Book(1, 2, 3, ((10, 11),), ((20, 21),)),
    6: BookDelta(1, 2, 3, (BookChange(0, 4, 5, 1), BookChange(1, 6, 7, 2))),
    7: BookReset(1, 2),
    8: SymbolMapping(1, "a:b"),
    9: FOUND,
    10: Status(1, 2, 3, 4, 5, 6),
}


@pytest.mark.parametrize("kind", PAYLOADS)
def test_each_id_is_read_where_its_layout_has_it(kind: int) -> None:
    payload = PAYLOADS[kind]
    assert decode(Frame(kind, 0, payload)) == MEANINGS[kind]
    if kind != 9:
        assert decode(Frame(kind, 0, payload + b"newer")) == MEANINGS[kind]
    for size in range(len(payload)):
        with pytest.raises(MarketDataError):
            decode(Frame(kind, 0, payload[:size]))


def test_both_layouts_of_an_opportunity_are_told_apart_by_their_end() -> None:
    assert decode(Frame(9, 0, NUMBERS + bytes(98) + TAIL)) == FOUND
    with pytest.raises(MarketDataError, match="do not end"):
        decode(Frame(9, 0, NUMBERS + bytes(97) + TAIL))


def test_heartbeats_and_the_newest_revision_s_ids_are_passed_over() -> None:
    assert [decode(Frame(kind, 0, bytes(200))) for kind in (3, 11, 12, 13, 14)] == [None] * 5


def test_anything_at_all_is_read_or_refused_by_a_typed_error() -> None:
    rng, tally = Random(8), {"read": 0, "refused": 0}
    for _ in range(20_000):
        kind = rng.choice(list(PAYLOADS))
        raw = bytearray(PAYLOADS[kind])
        raw[rng.randrange(len(raw))] = rng.randrange(256)
        del raw[rng.randrange(4 * len(raw)) :]
        try:
            decode(Frame(kind, 0, bytes(raw)))
        except MarketDataError:
            tally["refused"] += 1
        else:
            tally["read"] += 1
    assert min(tally.values()) > 3_000


def test_golden_frames_are_what_their_fields_say() -> None:
    if not VECTORS.exists():
        pytest.skip("the golden frames (../shared/spec/relay-vectors.json) are absent")
    vectors = json.loads(VECTORS.read_text())
    found = {
        name: decode(FrameReader().feed(bytes.fromhex(row["hex"]))[0])
        for name, row in vectors.items()
        if name.startswith("v1_")
    }
    trade = found["v1_trade"]
    assert isinstance(trade, Trade)
    fields = vectors["v1_trade"]["fields"]
    assert (trade.price_e8, trade.volume_e8) == (fields["price"], fields["volume"])
    assert trade.symbol_hash == int(fields["symbol_hash"])
    assert found["v1_symbolmapping"] == SymbolMapping(6220887254893429953, "quickswap:POL-USDC")
    assert found["v1_l2reset_from_relay"] == BookReset(16842681295735137662, 2)
    opportunity = found["v1_arbitrage_a32ef92"]
    assert isinstance(opportunity, Arbitrage)
    assert list(opportunity.strings) == vectors["v1_arbitrage_a32ef92"]["fields"]["strings"]
    assert opportunity.gas_estimate == 345_200
