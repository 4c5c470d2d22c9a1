"""Laws of the codec: nothing is lost, nothing is invented, and every doubt is a typed error."""

import random
import tracemalloc
from zlib import crc32

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from relay_samples import boundary, messages, origin, snapshots, syncs, v2_snapshot, v3_snapshot

from keeper.relay.codec import EncodingError, PayloadError, decode, encode_frame, encode_payload
from keeper.relay.frames import MAX_PAYLOAD_BYTES, Frame, FrameError, FrameReader, heartbeat, pack
from keeper.relay.messages import Message, PoolLiquidity, PoolSwap, PoolSync, TickLiquidity
from keeper.relay.pool_state import TICKS_PER_PART


def reencoded(kind: int, payload: bytes, version: int = 2) -> bytes:
    """`payload` with a valid checksum, as a newer writer would make it."""
    checksum = crc32(payload[5:], crc32(bytes([kind, version])))
    return bytes([version]) + checksum.to_bytes(4, "little") + payload[5:]


@settings(max_examples=2_000, deadline=None)
@given(messages)
def test_decode_inverts_encode_and_the_encoding_is_canonical(message: Message) -> None:
    (frame,) = FrameReader().feed(encode_frame(message))
    found = decode(frame)
    assert found == message
    assert found is not None
    assert encode_payload(found) == frame.payload
    assert frame.sequence == message.origin.sequence % 2**24


@settings(max_examples=300, deadline=None)
@given(messages, st.binary(min_size=1, max_size=50))
def test_a_longer_tail_of_a_newer_writer_is_tolerated(message: Message, tail: bytes) -> None:
    (frame,) = FrameReader().feed(encode_frame(message))
    assert decode(frame._replace(payload=reencoded(frame.type, frame.payload + tail))) == message
    with pytest.raises(PayloadError, match="CRC-32"):
        decode(frame._replace(payload=frame.payload + tail))


@settings(max_examples=500, deadline=None)
@given(messages, st.data())
def test_every_flipped_bit_is_noticed(message: Message, data: st.DataObject) -> None:
    (frame,) = FrameReader().feed(encode_frame(message))
    bit = data.draw(st.integers(0, 8 * len(frame.payload) - 1))
    payload = bytearray(frame.payload)
    payload[bit // 8] ^= 1 << bit % 8
    with pytest.raises(PayloadError):
        decode(frame._replace(payload=bytes(payload)))


@settings(max_examples=300, deadline=None)
@given(messages, st.integers(20, 27))
def test_no_message_passes_for_one_of_another_id(message: Message, kind: int) -> None:
    (frame,) = FrameReader().feed(encode_frame(message))
    assume(kind != frame.type)
    with pytest.raises(PayloadError):
        decode(frame._replace(type=kind))


@settings(max_examples=300, deadline=None)
@given(messages, st.data())
def test_every_truncation_is_noticed(message: Message, data: st.DataObject) -> None:
    (frame,) = FrameReader().feed(encode_frame(message))
    length = data.draw(st.integers(0, len(frame.payload) - 1))
    with pytest.raises(PayloadError):
        decode(frame._replace(payload=frame.payload[:length]))
    if length >= 5:
        with pytest.raises(PayloadError):
            decode(frame._replace(payload=reencoded(frame.type, frame.payload[:length])))


@given(snapshots)
def test_another_schema_version_is_refused_by_name(message: Message) -> None:
    (frame,) = FrameReader().feed(encode_frame(message))
    with pytest.raises(PayloadError, match="schema version 1, expected 2"):
        decode(frame._replace(payload=reencoded(frame.type, frame.payload, version=1)))


def test_an_unknown_protocol_is_refused() -> None:
    payload = bytearray(encode_payload(v2_snapshot(origin(0))))
    place = payload.index(b"\x02" * 20 + b"\x01") + 20
    payload[place] = 99
    with pytest.raises(PayloadError, match="unknown protocol"):
        decode(Frame(20, 0, reencoded(20, bytes(payload))))


def test_an_unknown_id_is_no_message() -> None:
    assert decode(Frame(77, 0, b"whatever")) is None


@given(syncs)
def test_values_that_do_not_fit_are_refused_when_encoding(message: PoolSync) -> None:
    too_wide = PoolSync(message.origin, message.pool, 2**128, message.reserve1)
    with pytest.raises(EncodingError):
        encode_payload(too_wide)
    with pytest.raises(EncodingError, match="pool has 19 bytes"):
        encode_payload(PoolSync(message.origin, message.pool[:19], 0, 0))  # type: ignore[arg-type]
    with pytest.raises(EncodingError):
        encode_payload(PoolSwap(message.origin, message.pool, -1, 0, 0))


def test_a_full_part_fits_a_frame_and_a_bigger_one_is_refused() -> None:
    full = v3_snapshot(origin(0), {tick * 10: 0 for tick in range(TICKS_PER_PART)})
    assert len(encode_payload(full)) <= MAX_PAYLOAD_BYTES
    over = v3_snapshot(origin(0), {tick * 10: 0 for tick in range(TICKS_PER_PART + 1)})
    with pytest.raises(EncodingError, match="split it"):
        encode_payload(over)
    with pytest.raises(FrameError, match="split"):
        pack(1, 0, bytes(MAX_PAYLOAD_BYTES + 1))


def _corpus() -> list[bytes]:
    sample: list[Message] = [
        v2_snapshot(origin(0)),
        v3_snapshot(origin(1), {-60: 10**18, 60: -(10**18)}),
        PoolSync(origin(2), b"p" * 20, 1, 2),  # type: ignore[arg-type]
        PoolSwap(origin(3), b"p" * 20, 2**96, 5, -7),  # type: ignore[arg-type]
        PoolLiquidity(origin(4), b"p" * 20, -60, 60, -5),  # type: ignore[arg-type]
        boundary(origin(5)),
    ]
    return [encode_frame(message) for message in sample]


def _mutated(rng: random.Random, corpus: list[bytes]) -> bytes:
    raw = bytearray(rng.choice(corpus) + rng.choice(corpus))
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(raw))
        kind = rng.randrange(5)
        if kind == 0:
            raw[at] = rng.randrange(256)
        elif kind == 1:
            del raw[at : at + rng.randint(1, 40)]
        elif kind == 2:
            raw[at:at] = rng.randbytes(rng.randint(1, 40))
        elif kind == 3:
            raw[3:5] = rng.randbytes(2)
        else:
            raw[at:at] = rng.choice(corpus)
        raw = raw or bytearray(b"\0")
    return bytes(raw)


def test_malformed_streams_end_in_a_typed_error_or_valid_messages() -> None:
    rng, corpus = random.Random(20250815), _corpus()
    tally = {"messages": 0, "faults": 0}
    tracemalloc.start()
    for _ in range(50_000):
        try:
            for frame in FrameReader().feed(_mutated(rng, corpus)):
                tally["messages"] += decode(frame) is not None
        except (FrameError, PayloadError):
            tally["faults"] += 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000
    assert tally["messages"] > 1_000
    assert tally["faults"] > 10_000


def test_a_resynchronising_reader_is_itself_again_within_one_frame_of_clean_data() -> None:
    rng, corpus = random.Random(7), [heartbeat(1), pack(1, 2, bytes(64)), pack(8, 3, bytes(28))]
    clean = [pack(1, sequence, bytes(64)) for sequence in range(1_100)]
    for _ in range(100):
        reader = FrameReader(resynchronise=True)
        for _ in range(100):
            reader.feed(_mutated(rng, corpus))
            assert reader.pending_bytes <= MAX_PAYLOAD_BYTES + 8
        found = reader.feed(b"".join(clean))
        assert [frame.raw for frame in found[-150:]] == clean[-150:]


def test_ticks_beyond_the_payload_are_refused_before_they_are_read() -> None:
    payload = bytearray(encode_payload(v3_snapshot(origin(0), {-10: 1, 10: -1})))
    payload[-74:-72] = b"\xff\xff"
    with pytest.raises(PayloadError, match="65535 ticks"):
        decode(Frame(20, 0, reencoded(20, bytes(payload))))
    assert (
        TickLiquidity(-10, 1, 1)
        in decode(  # type: ignore[union-attr]
            Frame(20, 0, encode_payload(v3_snapshot(origin(0), {-10: 1, 10: -1})))
        ).ticks
    )
