"""Splitting a stream into frames, against the golden frames of the existing relay."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from relay_samples import boundary, origin, v3_snapshot

from keeper.relay.codec import encode_frame
from keeper.relay.document import layouts_markdown, replace_layouts
from keeper.relay.frames import (
    HEADER_BYTES,
    Frame,
    FrameError,
    FrameReader,
    heartbeat,
    pack,
)
from keeper.relay.table import TABLE

ROOT = Path(__file__).parents[2]
VECTORS = ROOT.parent / "shared" / "spec" / "relay-vectors.json"


@pytest.fixture(scope="module")
def golden() -> list[bytes]:
    if not VECTORS.exists():
        pytest.skip("the golden frames (../shared/spec/relay-vectors.json) are absent")
    vectors = json.loads(VECTORS.read_text())
    return [bytes.fromhex(row["hex"]) for name, row in vectors.items() if name.startswith("v1_")]


def split(stream: bytes, *cuts: int, resynchronise: bool = False) -> list[Frame]:
    reader = FrameReader(resynchronise=resynchronise)
    edges = [0, *cuts, len(stream)]
    return [frame for start, end in pairwise(edges) for frame in reader.feed(stream[start:end])]


@pytest.mark.parametrize("resynchronise", [False, True])
def test_golden_frames_split_alike_at_every_point_and_by_single_bytes(
    golden: list[bytes], resynchronise: bool
) -> None:
    stream = b"".join(golden)
    whole = split(stream, resynchronise=resynchronise)
    assert [frame.raw for frame in whole] == golden
    for cut in range(len(stream)):
        assert split(stream, cut, resynchronise=resynchronise) == whole
    assert split(stream, *range(1, len(stream)), resynchronise=resynchronise) == whole


def test_headers_of_the_golden_frames_are_read_as_stated(golden: list[bytes]) -> None:
    first = split(golden[0])[0]
    assert (first.type, first.sequence, len(first.payload)) == (1, 12345, 64)


def test_a_thousand_own_frames_split_alike_at_every_split_point() -> None:
    frames = [encode_frame(boundary(origin(n))) for n in range(1000)]
    for number, raw in enumerate(frames):
        after = frames[(number + 1) % 1000]
        for cut in range(0, len(raw), 7):
            assert [f.raw for f in split(raw + after, cut)] == [raw, after]


def test_resynchronising_readers_skip_garbage_and_count_it(golden: list[bytes]) -> None:
    noise = b"\x00garbage\xfe\x01\xfe"
    for cut in range(len(noise) + 20):
        stream = golden[0] + noise + golden[1]
        reader = FrameReader(resynchronise=True)
        found = reader.feed(stream[: len(golden[0]) + cut])
        found += reader.feed(stream[len(golden[0]) + cut :])
        assert [frame.raw for frame in found] == golden[:2]
        assert reader.skipped_bytes == len(noise)


def test_strict_readers_refuse_foreign_bytes_and_flags() -> None:
    with pytest.raises(FrameError, match="0x47 where a frame must begin"):
        FrameReader().feed(b"GET / HTTP/1.1\r\n")
    raw = bytearray(heartbeat(1))
    raw[2] = 1
    with pytest.raises(FrameError):
        FrameReader().feed(bytes(raw))


def test_sequences_wrap_at_24_bits() -> None:
    (frame,) = split(pack(3, 2**24 + 5, bytes(16)))
    assert frame.sequence == 5


def test_an_incomplete_frame_stays_bounded() -> None:
    reader = FrameReader()
    reader.feed(pack(20, 0, bytes(65_535))[:-1])
    assert reader.pending_bytes == HEADER_BYTES + 65_534


def test_the_documented_layouts_are_those_of_the_table() -> None:
    page = (ROOT / "docs" / "relay.md").read_text("utf-8")
    assert replace_layouts(page, layouts_markdown(TABLE)) == page


def test_documented_offsets_are_the_encoded_ones() -> None:
    raw = encode_frame(v3_snapshot(origin(7), {}))
    row = next(line for line in layouts_markdown(TABLE).splitlines() if "| tick_spacing |" in line)
    offset = HEADER_BYTES + int(row.split("|")[1])
    assert raw[offset : offset + 4] == (10).to_bytes(4, "little")
