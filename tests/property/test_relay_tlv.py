"""The second protocol's messages: golden ones, ones of our own making, and anything at all."""

import json
import struct
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlv_writer import GARBAGE, message, padded, wide

from keeper.relay.tlv import (
    HEADER_BYTES,
    BalancesHint,
    GasHint,
    LiquidityHint,
    PoolHint,
    SwapHint,
    TlvError,
    TlvReader,
    decode,
)

VECTORS = Path(__file__).parents[3] / "shared" / "spec" / "relay-vectors.json"
POOL, TOKEN0, TOKEN1 = b"\x01" * 20, b"\x02" * 20, b"\x03" * 20

SYNC = (
    wide(10**24)
    + wide(7 * 10**11)
    + struct.pack("<QQHBB12s", 5, 77, 400, 18, 6, GARBAGE)
    + padded(POOL, TOKEN0, TOKEN1)
)
SWAP = (
    wide(10**20)
    + wide(71_000_000)
    + wide(5)
    + struct.pack("<QQiHBB8s", 5, 77, -276_324, 400, 18, 6, GARBAGE[:8])
    + padded(POOL, TOKEN0, TOKEN1)
    + (2**96).to_bytes(32, "little")
)
CHANGE = (
    wide(12)
    + wide(1)
    + wide(2)
    + struct.pack("<QiiHBB12s", 5, -60, 60, 301, 18, 6, GARBAGE)
    + padded(POOL, b"\x09" * 20, TOKEN0, TOKEN1)
)
STATE = (
    wide(3)
    + wide(4)
    + wide(2**96)
    + wide(9)
    + struct.pack("<QQiIHBBB3s", 77, 5, -7, 30, 301, 1, 18, 6, GARBAGE[:3])
    + padded(POOL, TOKEN0, TOKEN1)
)
BALANCES = (
    struct.pack("<Q8sH14s", 5, GARBAGE[:8], 3, bytes(14))
    + b"".join(wide(n) for n in (1, 2, 3, 0, 0, 0, 0, 0))
    + padded(POOL)
    + struct.pack("<H14s", 402, bytes(14))
)
GAS = struct.pack("<QQIIIHH", 77, 5, 50, 30, 20, 137, 0)
HINTS = {
    16: (SYNC, PoolHint(POOL, 400, 77, TOKEN0, TOKEN1, 10**24, 7 * 10**11)),  # type: ignore[arg-type]
    11: (
        SWAP,
        SwapHint(POOL, 400, 77, TOKEN0, TOKEN1, 10**20, 71_000_000, 2**96, 5, -276_324),  # type: ignore[arg-type]
    ),
    12: (CHANGE, LiquidityHint(POOL, 301, TOKEN0, TOKEN1, -60, 60, 12)),  # type: ignore[arg-type]
    13: (CHANGE, LiquidityHint(POOL, 301, TOKEN0, TOKEN1, -60, 60, -12)),  # type: ignore[arg-type]
    15: (STATE, PoolHint(POOL, 301, 77, TOKEN0, TOKEN1, 3, 4, 2**96, 9, -7)),  # type: ignore[arg-type]
    10: (BALANCES, BalancesHint(POOL, 402, (1, 2, 3))),  # type: ignore[arg-type]
    18: (GAS, GasHint(77, 50, 30, 20, 137)),
}


@pytest.mark.parametrize("kind", HINTS)
def test_every_type_is_read_where_its_layout_has_it(kind: int) -> None:
    value, hint = HINTS[kind]
    assert len(value) == {10: 208, 11: 208, 12: 208, 13: 208, 15: 192, 16: 160, 18: 32}[kind]
    header, hints = decode(message((kind, value)))
    assert hints == [hint]
    assert (header.source, header.sequence, header.timestamp_ns) == (4, 7, 99)
    with pytest.raises(TlvError, match="at least"):
        decode(message((kind, value[:-1])))


def test_golden_messages_are_what_their_fields_say() -> None:
    if not VECTORS.exists():
        pytest.skip("the golden frames (../shared/spec/relay-vectors.json) are absent")
    vectors = json.loads(VECTORS.read_text())
    rows = {name: row for name, row in vectors.items() if name.startswith("v2")}
    raw = {name: bytes.fromhex(row["hex"]) for name, row in rows.items()}
    header, (swap,) = decode(raw["v2C_poolswap"])
    assert isinstance(swap, SwapHint)
    assert (swap.amount_in, swap.amount_out, swap.tick) == (10**20, 71_000_000, -276_324)
    assert (swap.venue, header.domain, header.source) == (400, 1, 4)
    _, (sync,) = decode(raw["v2C_poolsync"])
    assert isinstance(sync, PoolHint)
    assert (sync.reserve0, sync.reserve1) == (10**24, 7 * 10**11)
    assert decode(raw["v2C_trade"])[1] == []
    stream = b"".join(raw.values())
    for cut in range(len(stream)):
        reader = TlvReader()
        found = [*reader.feed(stream[:cut]), *reader.feed(stream[cut:])]
        assert b"".join(found) == stream


def test_a_checksum_that_is_given_must_match_and_unknown_types_are_skipped() -> None:
    raw = message((99, bytes(300)), (16, SYNC), (1, b""))
    assert len(decode(raw)[1]) == 1
    assert len(decode(message((16, SYNC), checksum=False))[1]) == 1
    for place in (12, 20, HEADER_BYTES + 40, len(raw) - 1):
        broken = bytearray(raw)
        broken[place] ^= 1
        with pytest.raises(TlvError):
            decode(bytes(broken))


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=400))
def test_anything_at_all_is_a_message_or_a_typed_error(raw: bytes) -> None:
    for attempt in (raw, message((16, raw[:255])), message((10, raw), (11, raw))):
        try:
            decode(attempt)
        except TlvError:
            continue


def test_spoilt_messages_end_in_a_typed_error_or_hints() -> None:
    rng, whole = Random(20260101), message((16, SYNC), (11, SWAP), (10, BALANCES), checksum=False)
    faults = hints = 0
    for _ in range(30_000):
        raw = bytearray(whole)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(raw))
            if rng.random() < 0.5:
                raw[at] = rng.randrange(256)
            else:
                del raw[at : at + rng.randint(1, 9)]
        spoilt = bytes(raw)
        try:
            for found in TlvReader().feed(spoilt) if rng.random() < 0.5 else [spoilt]:
                hints += len(decode(found)[1])
        except TlvError:
            faults += 1
    assert faults > 3_000
    assert hints > 3_000
