"""Frames dropped, repeated, permuted, delayed or spoilt on their way: nothing wrong is ever shown.

The keeper's own client and market read what a faulty line makes of a relay's stream.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from market_frames import USD, WPOL, Frames, block_hash, flat_v3, pool_address
from relay_samples import reading

from keeper.chain import Address
from keeper.market.state import Market
from keeper.market.venues.pairs import PairState
from keeper.market.venues.uniswap_v2 import V2State
from keeper.market.venues.v3_tick_math import get_sqrt_ratio_at_tick
from keeper.market.view import MarketView
from keeper.relay.book import Book
from keeper.relay.client import Passed, RelayClient, Resync, _Work
from keeper.relay.codec import BOUNDS, encode_frame
from keeper.relay.feed import Feed
from keeper.relay.frames import Frame, FrameReader
from keeper.relay.messages import BlockBoundary, Message

PAIRS, POOLS, BASKETS = 5, 2, 1
ALL = PAIRS + POOLS + BASKETS
FAULTS = ("drop", "repeat", "permute", "delay", "corrupt", "cut")
WANTED_FAULTS = 10_000
FAULT_RATE = 0.4


class Source:
    """A relay with eight pools and its producer."""

    def __init__(self, rng: Random) -> None:
        self.rng, self.frames = rng, Frames(sequence=-1)
        self.feed, self.book = Feed(), Book()
        self.truth: dict[bytes, dict[Address, object]] = {}

    def first(self) -> Iterator[Message]:
        frames = self.frames
        for number in range(PAIRS):
            yield frames.v2(pool_address(number), USD, WPOL, (10**12, 10**24))
        for number in range(PAIRS, PAIRS + POOLS):
            yield frames.v3(pool_address(number), USD, WPOL, flat_v3(0, 10**18))
        for number in range(PAIRS + POOLS, ALL):
            yield reading(frames.origin(), pool=pool_address(number))
        yield frames.boundary()

    def block(self) -> Iterator[Message]:
        """Changes of about five pools, of some of them more than one."""
        for _ in range(self.rng.randint(1, 9)):
            yield self._change(self.rng.randrange(ALL))
        yield self.frames.boundary()

    def relay(self, message: Message) -> bytes:
        """The message's frame, once the relay has it."""
        self.book.apply(message)
        raw = encode_frame(message)
        assert self.feed.take(Frame(raw[1], message.origin.sequence, raw[8:])) == raw
        if isinstance(message, BlockBoundary):
            self.truth[message.origin.block_hash] = truth_of(self.book)
        return raw

    def _change(self, number: int) -> Message:
        frames, rng, pool = self.frames, self.rng, pool_address(number)
        if number < PAIRS:
            return frames.sync(pool, rng.randrange(1, 10**20), rng.randrange(1, 10**20))
        if number < PAIRS + POOLS and rng.random() < 0.3:
            tick = rng.randint(-450, 450)
            nets = self.book.pools[pool].ticks
            active = sum(net for at, net in nets.items() if at <= tick)
            return frames.swap(pool, get_sqrt_ratio_at_tick(tick), active, tick)
        if number < PAIRS + POOLS:
            low = rng.randrange(-8, 8) * 10
            return frames.liquidity(
                pool, low, low + 10 * rng.randint(1, 9), rng.randrange(1, 10**9)
            )
        return reading(frames.origin(), balance=rng.randrange(10**20, 10**25), pool=pool)


class Line:
    """Carries frames, and now and then does something to one; `hit` names whose it was."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.faults: Counter[str] = Counter()
        self.hit: set[Address] = set()
        self._late: list[tuple[int, bytes]] = []

    def break_off(self) -> None:
        """What was under way is lost with the connection."""
        self._late.clear()

    def carry(self, message: Message, raw: bytes) -> list[bytes]:
        """What arrives once this frame was sent."""
        arriving = [raw]
        if self.rng.random() < FAULT_RATE:
            fault = self.rng.choice(FAULTS)
            self.faults[fault] += 1
            if not isinstance(message, BlockBoundary):
                self.hit.add(message.pool)  # type: ignore[union-attr]
            arriving = self._spoil(fault, raw)
        self._late = [(wait - 1, late) for wait, late in self._late]
        arriving += [late for wait, late in self._late if wait < 0]
        self._late = [(wait, late) for wait, late in self._late if wait >= 0]
        return arriving

    def _spoil(self, fault: str, raw: bytes) -> list[bytes]:
        at = self.rng.randrange(len(raw))
        if fault == "repeat":
            return [raw, raw]
        if fault in {"permute", "delay"}:
            self._late.append((1 if fault == "permute" else self.rng.randint(2, 40), raw))
            return []
        if fault == "corrupt":
            return [raw[:at] + bytes([raw[at] ^ 1 << self.rng.randrange(8)]) + raw[at + 1 :]]
        return [] if fault == "drop" else [raw[:at]]


class Keeper:
    """Client and market as the agent has them; a decision is made on every view."""

    def __init__(self, source: Source, line: Line) -> None:
        self.market, self.source, self.line = Market([USD]), source, line
        self.rejoins = 0
        self.client = RelayClient(Path("unused"), intake=self.market)
        self.frames = FrameReader(bounds=BOUNDS)
        self.tradable: dict[bytes, set[Address]] = {}

    def join(self) -> None:
        """What the client does once it is connected again."""
        self.client._channel.rejoin()
        self.frames = FrameReader(bounds=BOUNDS)
        self.take(b"".join(self.source.feed.joiner_frames()))

    def take(self, raw: bytes) -> None:
        self.frames.add(raw)
        work = _Work(0)
        while not work.done:
            for event, received_ns in self.client._events(self.frames, work):
                if isinstance(event, Resync):
                    self.market.on_resync(event.epoch)
                elif not isinstance(event, Passed):
                    view = self.market.apply(event, received_ns)  # type: ignore[arg-type]
                    if view is not None:
                        self.decide(view)
        if work.fault is not None or self.market.desynchronised is not None:
            self.rejoins += 1
            self.line.break_off()
            self.market.on_gap(str(work.fault))
            self.join()

    def decide(self, view: MarketView) -> None:
        """Whatever may be traded in a view is what the relay's source had at that block."""
        truth = self.source.truth[view.block.hash]
        for pool in view.states:
            assert shown(view, pool) == truth[pool], (view.block.number, pool.hex())
        self.tradable[view.block.hash] = set(view.states)


def truth_of(book: Book) -> dict[Address, object]:
    """What views must show of every pool that can be known."""
    found: dict[Address, object] = {}
    for pool, state in book.pools.items():
        pair = state.tick_spacing == 0
        found[pool] = (
            V2State(state.reserve0, state.reserve1, state.fee_pips)
            if pair
            else (state.sqrt_price_x96, state.tick, state.liquidity, dict(state.ticks))
        )
    for pool, read in book.readings.items():
        found[pool] = tuple(token.balance for token in read.tokens)
    return found


def shown(view: MarketView, pool: Address) -> object:
    state = view.states[pool]
    if isinstance(state, PairState):
        return state.pool.balances  # type: ignore[attr-defined]
    if isinstance(state, V2State):
        return state
    nets = dict(zip(state.ticks, state.nets, strict=True))  # type: ignore[attr-defined]
    return state.sqrt_price_x96, state.tick, state.liquidity, nets  # type: ignore[attr-defined]


def test_ten_thousand_faults_of_the_line_never_make_a_wrong_view(figures: list[str]) -> None:
    rng = Random(64)
    faults, rejoins, decisions = Counter[str](), 0, 0
    unaffected = tradable = slowest = 0
    while faults.total() < WANTED_FAULTS:
        line, source = Line(rng), Source(rng)
        keeper = Keeper(source, line)
        hits: list[tuple[bytes, set[Address]]] = []
        for number in range(400):
            line.hit = set()
            for message in source.block() if number else source.first():
                for piece in line.carry(message, source.relay(message)):
                    keeper.take(piece)
            hits.append((block_hash(source.frames.number - 1), line.hit))
        seen = [keeper.tradable.get(block, set()) for block, _ in hits]
        for place, (_, hit) in enumerate(hits[:-5]):
            unaffected += ALL - len(hit)
            tradable += len(seen[place] - hit)
            for pool in hit:
                wait = next(i for i, pools in enumerate(seen[place:]) if pool in pools)
                slowest = max(slowest, wait)
        faults += line.faults
        rejoins += keeper.rejoins
        decisions += len(keeper.tradable)
    assert all(faults[kind] > 1_000 for kind in FAULTS)
    assert rejoins > 5_000
    share = tradable / unaffected
    figures.append(
        f"faults of frames: {faults.total()}, {rejoins} rejoins, {decisions} views, none wrong, "
        f"{share:.2%} of the unaffected pools tradable, the others {slowest} block later at most"
    )
    assert share >= 0.99
    assert slowest <= 5
