"""The relay over real unix sockets: joining, fan-out, and every fault of either end."""

import asyncio
import contextlib
import os
import random
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from relay_samples import POOL_V2, POOL_V3, boundary, origin, v2_snapshot, v3_snapshot

from keeper.chain import Address, BlockRef
from keeper.relay.book import Book, PoolState
from keeper.relay.client import Gap, Passed, RelayClient, Resync
from keeper.relay.codec import encode_frame
from keeper.relay.frames import pack
from keeper.relay.messages import (
    BlockBoundary,
    Message,
    Origin,
    PoolLiquidity,
    PoolSnapshot,
    PoolSync,
)
from keeper.relay.publisher import Fact, Publisher
from keeper.relay.server import RelayServer
from keeper.relay.sockets import PeerRefusedError, SocketError, connect, listen

Producer = asyncio.StreamWriter


class Relay:
    """A running relay in a directory of its own."""

    def __init__(self, folder: Path, **settings: float) -> None:
        self.producers, self.consumers = folder / "polygon.sock", folder / "defi.sock"
        self.server = RelayServer(self.producers, self.consumers, **settings)  # type: ignore[arg-type]
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        ready = asyncio.Event()
        self._task = asyncio.create_task(self.server.run(ready))
        await asyncio.wait_for(ready.wait(), 5)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def produce(self, *messages: Message) -> Producer:
        _, writer = await connect(self.producers)
        writer.write(b"".join(map(encode_frame, messages)))
        return writer


@pytest.fixture
async def relay(folder: Path) -> AsyncIterator[Relay]:
    running = Relay(folder)
    await running.start()
    yield running
    await running.stop()


async def until(condition: Callable[[], bool], within_s: float = 5) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 -- the thing observed has no event
            await asyncio.sleep(0.005)


async def events_until(client: RelayClient, last: Callable[[object], bool]) -> list[object]:
    """Events up to the first that satisfies `last`."""
    found: list[object] = []
    async with asyncio.timeout(10):
        async with contextlib.aclosing(client.batches()) as batches:
            async for batch in batches:
                for event, _ in batch:
                    found.append(event)
                    if last(event):
                        return found
    raise AssertionError("the stream ended")


def is_boundary(number: int) -> Callable[[object], bool]:
    return lambda e: isinstance(e, BlockBoundary) and e.origin.block_number == number


def sync(at: Origin, reserve: int) -> PoolSync:
    return PoolSync(at, POOL_V2, reserve, reserve)


FIRST_BLOCK: tuple[Message, ...] = (
    v2_snapshot(origin(0)),
    v3_snapshot(origin(1), {-60: 10**18, 60: -(10**18)}),
    boundary(origin(2)),
)


async def test_a_joiner_starts_from_the_last_whole_block(relay: Relay) -> None:
    await relay.produce(
        *FIRST_BLOCK,
        sync(origin(3, block=2), 7),
        boundary(origin(4, block=2)),
        sync(origin(5, block=3), 8),
    )
    early = RelayClient(relay.consumers)
    await events_until(early, lambda e: isinstance(e, PoolSync) and e.reserve0 == 8)
    joined = await events_until(
        RelayClient(relay.consumers), lambda e: isinstance(e, PoolSync) and e.reserve0 == 8
    )
    kinds = [type(event) for event in joined]
    assert kinds == [Resync, PoolSnapshot, PoolSnapshot, BlockBoundary, PoolSync]
    first, second, stamp = joined[1], joined[2], joined[3]
    assert isinstance(first, PoolSnapshot)
    assert isinstance(second, PoolSnapshot)
    assert isinstance(stamp, BlockBoundary)
    assert first.reserve0 == 7
    assert first.origin == second.origin == stamp.origin
    assert (stamp.origin.sequence, stamp.origin.block_number) == (4, 2)


def _random_block(rng: random.Random, number: int, start: int) -> list[Message]:
    messages: list[Message] = []
    for sequence in range(start, start + rng.randint(0, 12)):
        at = origin(sequence, block=number)
        if rng.random() < 0.5:
            messages.append(sync(at, rng.randrange(10**24)))
        else:
            low = rng.randrange(-50, 50) * 10
            messages.append(PoolLiquidity(at, POOL_V3, low, low + 10, rng.randrange(1, 10**12)))
    messages.append(boundary(origin(start + len(messages), block=number)))
    return messages


def _states(book: Book) -> dict[Address, PoolState]:
    """Pools without the numbering, which snapshots renew."""
    return {pool: replace(state, sequence=0, block_number=0) for pool, state in book.pools.items()}


async def _follow_and_compare(
    client: RelayClient, truth: dict[int, dict[Address, PoolState]], last: int
) -> int:
    book, compared = Book(), 0
    async for event, _ in client:
        if isinstance(event, Resync):
            book.reset()
            continue
        assert not isinstance(event, Gap | Passed), event
        book.apply(event)
        if isinstance(event, BlockBoundary):
            assert _states(book) == truth[event.origin.block_number]
            compared += 1
            if event.origin.block_number == last:
                break
    assert book.unknown == book.repeated == 0
    return compared


async def test_joiners_under_load_equal_the_source_at_every_boundary(relay: Relay) -> None:
    rng, last = random.Random(4), 120
    blocks, sequence, source = [list(FIRST_BLOCK)], 3, Book()
    for number in range(2, last + 1):
        blocks.append(_random_block(rng, number, sequence))
        sequence += len(blocks[-1])
    truth: dict[int, dict[Address, PoolState]] = {}
    for number, block in enumerate(blocks, 1):
        for message in block:
            source.apply(message)
        truth[number] = {
            pool: replace(
                s, ticks=dict(s.ticks), gross=dict(s.gross), tick_index=list(s.tick_index)
            )
            for pool, s in _states(source).items()
        }
    writer = await relay.produce()
    stream = b"".join(encode_frame(message) for block in blocks for message in block)
    followers: list[asyncio.Task[int]] = []
    at = 0
    while at < len(stream):
        size = rng.randint(1, 400)
        writer.write(stream[at : at + size])
        at += size
        if rng.random() < 0.05 and len(followers) < 25 and at > 3_000:
            client = RelayClient(relay.consumers)
            followers.append(asyncio.create_task(_follow_and_compare(client, truth, last)))
        await asyncio.sleep(0.001 if rng.random() < 0.3 else 0)
    compared = await asyncio.wait_for(asyncio.gather(*followers), 20)
    assert len(compared) >= 10
    assert len(set(compared)) > 5, "the joiners came at different blocks"


def _wrong_crc() -> bytes:
    broken = bytearray(encode_frame(sync(origin(3, block=2), 5)))
    broken[-1] ^= 1
    return bytes(broken)


PRODUCER_FAULTS = {
    "gap": encode_frame(sync(origin(4, block=2), 5)),
    "foreign byte": b"\x00",
    "wrong CRC": _wrong_crc(),
    "older epoch": encode_frame(sync(origin(3, epoch=0), 5)),
    "contradiction": encode_frame(PoolLiquidity(origin(3), POOL_V2, 0, 10, 5))
    + encode_frame(boundary(origin(4, block=2))),
}


@pytest.mark.parametrize("fault", PRODUCER_FAULTS)
async def test_a_producer_at_fault_is_disconnected_and_may_begin_anew(
    relay: Relay, fault: str
) -> None:
    writer = await relay.produce(*FIRST_BLOCK)
    writer.write(PRODUCER_FAULTS[fault])
    await until(lambda: relay.server.counts["producers_refused"] == 1)
    await relay.produce(*[replace(m, origin=m.origin._replace(epoch=9)) for m in FIRST_BLOCK])
    client = RelayClient(relay.consumers)
    found = await events_until(
        client, lambda e: isinstance(e, BlockBoundary) and e.origin.epoch == 9
    )
    assert Resync(9) in found
    assert not any(isinstance(event, Gap) for event in found)


async def test_a_lower_epoch_or_a_late_start_is_refused(relay: Relay) -> None:
    await relay.produce(boundary(origin(1)))
    await until(lambda: relay.server.counts["producers_refused"] == 1)
    await relay.produce(boundary(origin(0, epoch=5)))
    await relay.produce(boundary(origin(0, epoch=4)))
    await until(lambda: relay.server.counts["producers_refused"] == 2)


async def test_nobody_joins_on_half_a_block_after_a_contradiction(relay: Relay) -> None:
    writer = await relay.produce(*FIRST_BLOCK)
    writer.write(PRODUCER_FAULTS["contradiction"])
    await until(lambda: relay.server.counts["producers_refused"] == 1)
    client = RelayClient(relay.consumers)
    joining = asyncio.create_task(events_until(client, is_boundary(1)))
    await asyncio.sleep(0.05)
    await relay.produce(*[replace(m, origin=m.origin._replace(epoch=9)) for m in FIRST_BLOCK])
    assert (await joining)[0] == Resync(9)


async def test_a_newer_producer_replaces_the_older(relay: Relay) -> None:
    reader, older = await connect(relay.producers)
    older.write(b"".join(map(encode_frame, FIRST_BLOCK)))
    await events_until(RelayClient(relay.consumers), is_boundary(1))
    await relay.produce(*[replace(m, origin=m.origin._replace(epoch=2)) for m in FIRST_BLOCK])
    async with asyncio.timeout(2):
        assert await reader.read() == b""
    assert relay.server.counts["producers_replaced"] == 1


async def test_a_new_epoch_reaches_clients_as_a_resync(relay: Relay) -> None:
    writer = await relay.produce(*FIRST_BLOCK)
    client = RelayClient(relay.consumers)
    stream = events_until(client, is_boundary(9))
    following = asyncio.create_task(stream)
    await until(lambda: client.counts["messages"] == 3)
    writer.write(encode_frame(v2_snapshot(origin(0, epoch=2, block=9))))
    writer.write(encode_frame(boundary(origin(1, epoch=2, block=9))))
    found = await following
    assert [type(e) for e in found[-3:]] == [Resync, PoolSnapshot, BlockBoundary]
    assert not any(isinstance(e, Gap) for e in found)


async def test_unknown_ids_are_ignored_and_heartbeats_tolerated(relay: Relay) -> None:
    writer = await relay.produce(*FIRST_BLOCK)
    writer.write(pack(99, 0, b"?") + pack(3, 0, bytes(16)))
    writer.write(encode_frame(boundary(origin(3, block=2))))
    await events_until(RelayClient(relay.consumers), is_boundary(2))
    assert relay.server.counts["producers_refused"] == 0


async def test_a_slow_consumer_is_cut_off_and_others_lose_nothing(folder: Path) -> None:
    relay = Relay(folder, max_pending_bytes=100_000)
    await relay.start()
    try:
        writer = await relay.produce(*FIRST_BLOCK)
        _, sleeper = await connect(relay.consumers)
        sleeper.transport.pause_reading()  # type: ignore[attr-defined]
        client = RelayClient(relay.consumers)
        following = asyncio.create_task(events_until(client, is_boundary(2)))
        await until(lambda: client.counts["messages"] == 3)
        for sequence in range(3, 6_003):
            writer.write(encode_frame(sync(origin(sequence, block=2), sequence)))
            if sequence % 100 == 0:
                await asyncio.sleep(0.001)
        writer.write(encode_frame(boundary(origin(6_003, block=2))))
        found = await following
        assert not any(isinstance(event, Gap) for event in found)
        await until(lambda: relay.server.counts["consumers_slow"] == 1)
    finally:
        await relay.stop()


async def _fake_relay(path: Path, answer: bytes) -> asyncio.Server:
    async def handle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await asyncio.sleep(30)

    return await asyncio.start_unix_server(handle, sock=listen(path))


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"".join(map(encode_frame, FIRST_BLOCK)) + encode_frame(sync(origin(4), 1)), "sequence 4"),
        (
            b"".join(map(encode_frame, (*FIRST_BLOCK, boundary(origin(3, epoch=2))))),
            "epoch 2 came within 1",
        ),
        (encode_frame(sync(origin(4), 1)), "does not begin with a snapshot"),
        (b"".join(map(encode_frame, FIRST_BLOCK)) + b"\x17" * 8, "must begin with 0xfe"),
        (pack(20, 0, b"\x02" * 30), "cannot have 30 bytes"),
        (pack(21, 0, b"\x09" * 300), "schema version 9"),
    ],
)
async def test_clients_name_what_makes_state_doubtful_and_rejoin(
    folder: Path, stream: bytes, reason: str
) -> None:
    server = await _fake_relay(folder / "defi.sock", stream)
    client = RelayClient(folder / "defi.sock")
    found = await events_until(client, lambda e: isinstance(e, Gap))
    gap = found[-1]
    assert isinstance(gap, Gap)
    assert reason in gap.reason
    assert "\n" not in gap.reason
    server.close()


async def test_clients_drop_what_they_have_seen(folder: Path) -> None:
    stream = [
        *FIRST_BLOCK,
        sync(origin(3, block=2), 7),
        sync(origin(2, block=2), 6),
        sync(origin(3, block=2), 7),
        boundary(origin(4, block=2)),
    ]
    server = await _fake_relay(folder / "defi.sock", b"".join(map(encode_frame, stream)))
    client = RelayClient(folder / "defi.sock")
    found = await events_until(client, is_boundary(2))
    assert [e.reserve0 for e in found if isinstance(e, PoolSync)] == [7]
    assert client.counts["repeated"] == 2
    server.close()


async def test_a_silent_relay_is_found_dead_within_two_heartbeats(folder: Path) -> None:
    server = await _fake_relay(folder / "defi.sock", b"".join(map(encode_frame, FIRST_BLOCK)))
    client = RelayClient(folder / "defi.sock", heartbeat_s=0.1)
    began = time.monotonic()
    found = await events_until(client, lambda e: isinstance(e, Gap))
    assert time.monotonic() - began < 0.5
    assert "no heartbeat" in found[-1].reason  # type: ignore[attr-defined]
    server.close()


async def test_heartbeats_keep_an_idle_link_alive(folder: Path) -> None:
    relay = Relay(folder, heartbeat_s=0.05)
    await relay.start()
    try:
        await relay.produce(*FIRST_BLOCK)
        client = RelayClient(relay.consumers, heartbeat_s=0.2)
        task = asyncio.create_task(events_until(client, lambda e: isinstance(e, Gap)))
        await until(lambda: client.counts["heartbeats"] >= 10)
        assert not task.done()
        task.cancel()
    finally:
        await relay.stop()


async def test_clients_survive_a_relay_that_restarts(folder: Path) -> None:
    relay = Relay(folder)
    client = RelayClient(relay.consumers)
    following = asyncio.create_task(events_until(client, is_boundary(1)))
    await until(lambda: client.counts["gaps"] > 0)
    for _ in range(2):
        await relay.start()
        await relay.produce(*FIRST_BLOCK)
        found = await following
        assert "start the relay" in found[0].reason or isinstance(found[0], Resync)  # type: ignore[attr-defined]
        following = asyncio.create_task(events_until(client, lambda e: isinstance(e, Gap)))
        await until(lambda: client.counts["messages"] % 3 == 0)
        await relay.stop()
        assert isinstance((await following)[-1], Gap)
        following = asyncio.create_task(events_until(client, is_boundary(1)))
    following.cancel()


async def test_sockets_are_private_and_refuse_other_users(relay: Relay) -> None:
    for path in (relay.producers, relay.consumers):
        assert path.stat().st_mode & 0o777 == 0o600
    if os.geteuid() != 0:
        pytest.skip("only root can connect as another user")
    relay.consumers.parent.chmod(0o755)
    relay.consumers.chmod(0o666)
    stranger = socket.socket(socket.AF_UNIX)
    os.seteuid(65534)
    try:
        stranger.connect(str(relay.consumers))
    finally:
        os.seteuid(0)
    assert await asyncio.to_thread(stranger.recv, 100) == b""
    assert relay.server.counts["peers_refused"] == 1
    stranger.close()


async def test_a_relay_of_another_user_is_not_believed(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can listen as another user")
    os.chmod(folder, 0o777)
    impostor = socket.socket(socket.AF_UNIX)
    os.seteuid(65534)
    try:
        impostor.bind(str(folder / "defi.sock"))
        impostor.listen()
    finally:
        os.seteuid(0)
    with pytest.raises(PeerRefusedError, match="runs as user 65534"):
        await connect(folder / "defi.sock")
    impostor.close()


async def test_a_taken_socket_is_refused_and_a_dead_one_replaced(folder: Path) -> None:
    path = folder / "defi.sock"
    listen(path).close()
    alive = listen(path)
    with pytest.raises(SocketError, match="served already"):
        listen(path)
    alive.close()
    (folder / "file").touch()
    with pytest.raises(SocketError, match="not a socket"):
        listen(folder / "file")
    with pytest.raises(SocketError, match="shorter directory"):
        listen(folder / ("x" * 120))
    with pytest.raises(SocketError, match="start the relay"):
        await connect(folder / "nobody.sock")


async def test_publishers_notice_a_relay_that_goes_away(relay: Relay) -> None:
    publisher = Publisher(relay.producers, 137)
    block = BlockRef(1, bytes(32), bytes(32), 1, 1)
    with pytest.raises(SocketError, match="connect first"):
        await publisher.publish(block, 1, [])
    await publisher.connect()
    await publisher.publish(block, 1, [Fact(boundary)])
    epoch = publisher.epoch
    await events_until(RelayClient(relay.consumers), is_boundary(1))
    await relay.stop()
    await until(lambda: not publisher.connected)
    with pytest.raises(SocketError, match="start the relay"):
        await publisher.connect()
    await relay.start()
    await publisher.connect()
    assert publisher.epoch > epoch
    assert publisher.sequence == 0
    publisher.close()
