"""Nothing holds the event loop: neither the join of thousands of pools nor the blocks that follow.

Measured is the whole keeper's reader, from the socket to the opportunities that it tells of, in
processor time of the loop's thread; of several runs the best, since a processor is shared.
"""

import asyncio
import gc
import socket
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from time import thread_time_ns

import numpy as np
import pytest

from bench.market.turns import watched_turns
from bench.markets import ALL_VENUES, Shocks, generate
from bench.markets import Market as BenchMarket
from bench.messages import joining, update
from keeper.agent import Agent, Rooms
from keeper.chain import Address, BlockRef, ChainInstance
from keeper.execution.outcomes import Prices
from keeper.execution.submitter import SubmissionPolicy, Submitter
from keeper.execution.tracker import Tracker
from keeper.journal import OpportunityRow
from keeper.market import arrays
from keeper.market.flash_pools import DeepPools
from keeper.market.state import Market
from keeper.market.view import MarketView
from keeper.observe.metrics import Metrics
from keeper.relay.client import RelayClient
from keeper.relay.codec import encode_frame
from keeper.relay.messages import BlockBoundary, Message, Origin
from keeper.relay.sockets import listen
from keeper.risk.limits import Limits
from keeper.risk.prices import PriceCheck
from keeper.strategies import registry
from keeper.strategies.base import StrategySettings
from keeper.strategies.warm import warm
from keeper.turns import at_once, share_interpreter

POOLS, BLOCKS, UPDATES = 10_000, 8, 300
TURN_MS = 2.0
RUNS = 6
FEWER = 3_000
REFUSES_ALL = Limits(
    0.01, 1e9, max_gas_price_wei=0, max_in_flight=4, max_consecutive_reverts=2, max_age_ms=60_000
)


class Story:
    """What a market of every venue tells: a joiner's snapshots, and blocks of updates."""

    def __init__(self) -> None:
        self.market = generate(POOLS, POOLS // 5, shares=ALL_VENUES)
        self.number = 1_000
        self._sequence = 0
        pools = zip(self.market.pools, self.market.states, strict=True)
        self.join: list[Message] = [m for pool in pools for m in joining(*pool, self._origin())]
        self.join.append(self._boundary())
        shocks = Shocks(self.market, seed=1)
        self.blocks = [message for _ in range(BLOCKS) for message in self._block(shocks)]

    def _block(self, shocks: Shocks) -> Iterator[Message]:
        self.number += 1
        for change in shocks.block(UPDATES):
            self._sequence += 1
            yield update(self.market.pools[change.slot], change.state, self._origin())
        self._sequence += 1
        yield self._boundary()

    def _boundary(self) -> BlockBoundary:
        return BlockBoundary(self._origin(), bytes([self.number - 1 & 255]) * 32, self.number, 1)

    def _origin(self) -> Origin:
        block = bytes([self.number & 255]) * 32
        return Origin(1, self._sequence, 137, self.number, block, 0, 0, 1, 2)


class Ear:
    """A journal that hears what was left undone."""

    def __init__(self) -> None:
        self.rows: list[OpportunityRow] = []

    def lock_alive(self) -> bool:
        return True

    def add_rejections(self, chain_instance: str, reasons: Counter[str]) -> None:
        assert chain_instance
        assert all(count > 0 for count in reasons.values())

    def offer_opportunity(self, row: OpportunityRow) -> None:
        self.rows.append(row)


class Unread:
    """Nothing is known of lenders: what is found is funded by a flash swap of its own pools."""

    number = 0

    def at(self, block: BlockRef) -> None:
        assert block.number

    async def refresh(self, view: MarketView) -> None:
        DeepPools(tuple(view.usd_per_raw)[:4]).look(view)


@pytest.fixture(scope="module")
def story() -> Story:
    return Story()


@pytest.fixture
def at_work() -> Iterator[None]:
    """The process as the daemon has it: kernels loaded, few searches for garbage, fair threads."""
    warm()
    interval = sys.getswitchinterval()
    share_interpreter()
    gc.collect()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()
    sys.setswitchinterval(interval)


def rooms_of(path: Path, market: BenchMarket, journal: Ear) -> Rooms:
    keeper, prices = Market(market.tokens[:1]), Prices()
    instance = ChainInstance(137, b"\1" * 32, "a run")
    policy = SubmissionPolicy(Address(b"\1" * 20), 10**9, 30, 3, 0.01)
    return Rooms(
        node=None,  # type: ignore[arg-type]
        client=RelayClient(path, heartbeat_s=60, intake=keeper),
        market=keeper,
        strategies=registry.create(
            ("simple", "triangular"), StrategySettings(market.tokens[:4], 0.01, 50_000.0)
        ),
        limits=REFUSES_ALL,
        funds=Unread(),  # type: ignore[arg-type]
        submitter=Submitter(
            node=None,  # type: ignore[arg-type]
            store=None,  # type: ignore[arg-type]
            signer=None,  # type: ignore[arg-type]
            nonces=None,  # type: ignore[arg-type]
            instance=instance,
            policy=policy,
        ),
        tracker=Tracker(None, None, prices, market.native),  # type: ignore[arg-type]
        journal=journal,  # type: ignore[arg-type]
        prices=prices,
        price_check=PriceCheck(market.tokens[:4], market.native),
        native_price=None,
        metrics=Metrics(),
        instance=instance,
        wrapped_native=market.native,
        tip_wei=10**9,
    )


def tell(server: socket.socket, stream: bytes, heard: threading.Event) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(stream)
        heard.wait(60)


async def follow(path: Path, story: Story) -> tuple[MarketView, Ear, float]:
    """The last view, what was told of, and the longest turn in ms."""
    stream = b"".join(map(encode_frame, (*story.join, *story.blocks)))
    journal, stop = Ear(), asyncio.Event()
    rooms = rooms_of(path, story.market, journal)
    with listen(path) as server:
        server.setblocking(True)
        heard = threading.Event()
        threading.Thread(target=tell, args=(server, stream, heard), daemon=True).start()
        with watched_turns() as turns:
            agent = asyncio.create_task(Agent(rooms).run(stop))
            async with asyncio.timeout(240):
                while (view := rooms.market.view()) is None or view.block.number < story.number:
                    await asyncio.sleep(0.002)
                    if agent.done():
                        await agent  # which says what it died of
            stop.set()
            await agent
        heard.set()
    return view, journal, max(turns) / 1e6


@pytest.mark.usefixtures("at_work")
def test_no_turn_of_a_join_or_a_block_holds_the_loop(story: Story, tmp_path: Path) -> None:
    longest = []
    for run in range(RUNS):
        view, journal, turn = asyncio.run(follow(tmp_path / f"{run}.sock", story))
        assert len(view.states) == POOLS
        assert journal.rows
        longest.append(turn)
        if turn < TURN_MS:
            return
    pytest.fail(f"the longest turn of each run took {longest} ms")


def test_a_turn_that_is_too_long_would_be_seen() -> None:
    async def hold() -> None:
        await asyncio.sleep(0)
        until = thread_time_ns() + 3_000_000
        while thread_time_ns() < until:
            pass

    with watched_turns() as turns:
        asyncio.run(hold())
    assert max(turns) >= 3_000_000


def test_a_market_that_outgrows_its_room_is_the_same(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    roomy = joined(story)
    monkeypatch.setattr(arrays, "FIRST_SLOTS", 16)
    monkeypatch.setattr(arrays, "FIRST_TICKS", 64)
    monkeypatch.setattr(arrays, "FIRST_SEGMENTS", 64)
    grown = joined(story)
    assert len(grown.arrays.tick_columns[0]) < len(roomy.arrays.tick_columns[0])
    assert len(roomy.states) == FEWER
    for one, two in zip(roomy.arrays.copied(), grown.arrays.copied(), strict=True):
        assert np.array_equal(one, two)
    for pool in list(roomy.topology.slots)[::97]:
        assert roomy.states[pool] == grown.states[pool]


def joined(story: Story) -> MarketView:
    market, view = Market(()), None
    market.on_resync(1)
    for message in (*story.join[:FEWER], story.join[-1]):
        view = at_once(market.turns(message))
    assert view is not None
    return view
