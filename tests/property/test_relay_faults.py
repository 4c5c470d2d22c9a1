"""Frames dropped, repeated, swapped, cut or replayed: no wrong state ever looks whole."""

import random
from collections import Counter
from dataclasses import replace

from relay_samples import POOL_V2, POOL_V3, boundary, origin, v2_snapshot, v3_snapshot

from keeper.chain import Address
from keeper.relay.book import Book, PoolState, StateContradiction
from keeper.relay.channel import Channel, SequenceError
from keeper.relay.codec import PayloadError, decode, encode_frame
from keeper.relay.feed import Feed
from keeper.relay.frames import Frame, FrameError, FrameReader
from keeper.relay.messages import BlockBoundary, Message, PoolLiquidity, PoolSync

FAULTS = ("drop", "repeat", "swap", "corrupt", "cut", "replay", "older epoch")


def source_blocks(rng: random.Random, epochs: int, blocks: int) -> list[list[Message]]:
    """Blocks of several epochs, each of which begins with snapshots."""
    found: list[list[Message]] = []
    for epoch in range(1, epochs + 1):
        sequence = 0
        for number in range(blocks):
            block: list[Message] = []
            height = epoch * 1_000 + number
            if number == 0:
                nets = {-60: 10**18 + epoch, 60: -(10**18) - epoch}
                block.append(v2_snapshot(origin(0, epoch=epoch, block=height), reserve=epoch))
                block.append(v3_snapshot(origin(1, epoch=epoch, block=height), nets))
            for _ in range(rng.randint(0, 6)):
                at = origin(sequence + len(block), epoch=epoch, block=height)
                low = 10 * rng.randint(-5, 5)
                block.append(
                    PoolSync(at, POOL_V2, rng.randrange(10**20), rng.randrange(10**20))
                    if rng.random() < 0.5
                    else PoolLiquidity(at, POOL_V3, low, low + 10, rng.randrange(1, 10**9))
                )
            block.append(boundary(origin(sequence + len(block), epoch=epoch, block=height)))
            sequence += len(block)
            found.append(block)
    return found


def frozen(book: Book) -> dict[Address, PoolState]:
    return {
        pool: replace(
            s, sequence=0, block_number=0, ticks=dict(s.ticks), gross=dict(s.gross), tick_index=[]
        )
        for pool, s in book.pools.items()
    }


class Consumer:
    """What a keeper does with a stream: believes a boundary, or rejoins."""

    def __init__(self, truth: dict[int, dict[Address, PoolState]]) -> None:
        self.book, self.channel, self.reader = Book(), Channel(), FrameReader()
        self.truth, self.believed = truth, 0

    def join(self, feed: Feed) -> None:
        self.channel.rejoin()
        self.book.reset()
        self.reader = FrameReader()
        self.take(b"".join(feed.joiner_frames()))

    def take(self, raw: bytes) -> None:
        for frame in self.reader.feed(raw):
            message = decode(frame)
            if message is None:  # a corrupted id can look like a future one; the gap shows later
                continue
            if self.channel.epoch is None or self.channel.begins_epoch(message):
                self.book.reset()
            if not self.channel.accept(message):
                continue
            self.book.apply(message)
            if isinstance(message, BlockBoundary):
                assert frozen(self.book) == self.truth[message.origin.block_number]
                self.believed += 1


def spoil(rng: random.Random, fault: str, sent: list[bytes], raw: bytes) -> list[bytes]:
    """What arrives instead of `raw`."""
    at = rng.randrange(len(raw))
    flipped = raw[:at] + bytes([raw[at] ^ 1 << rng.randrange(8)]) + raw[at + 1 :]
    return {
        "drop": [],
        "repeat": [raw, raw],
        "swap": [raw, *sent[-1:]],
        "corrupt": [flipped],
        "cut": [raw[:at]],
        "replay": [*sent[-rng.randint(1, 30) :], raw],
        "older epoch": [encode_frame(v2_snapshot(origin(0, epoch=0))), raw],
    }[fault]


def test_ten_thousand_faults_never_make_a_wrong_state_look_whole() -> None:
    rng = random.Random(31)
    tally: Counter[str] = Counter()
    while tally["faults"] < 10_000:
        blocks, feed, source = source_blocks(rng, 3, 60), Feed(), Book()
        truth: dict[int, dict[Address, PoolState]] = {}
        for block in blocks:
            for message in block:
                source.apply(message)
            truth[block[-1].origin.block_number] = frozen(source)
        consumer, sent = Consumer(truth), list[bytes]()
        for message in (message for block in blocks for message in block):
            raw = encode_frame(message)
            feed.take(Frame(raw[1], 0, raw[8:]))
            arriving = [raw]
            if rng.random() < 0.3:
                fault = rng.choice(FAULTS)
                arriving, tally["faults"] = spoil(rng, fault, sent, raw), tally["faults"] + 1
                tally[fault] += 1
            sent.append(raw)
            try:
                for piece in arriving:
                    consumer.take(piece)
            except (FrameError, PayloadError, SequenceError, StateContradiction):
                tally["rejoined"] += 1
                consumer.join(feed)
        tally["believed"] += consumer.believed
    assert tally["rejoined"] > 3_000
    assert tally["believed"] > 3_000
    assert all(tally[fault] > 1_000 for fault in FAULTS)
