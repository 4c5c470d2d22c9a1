"""Taking thousands of pools in holds the event loop for moments only, whatever room they need."""

import gc
from time import thread_time_ns

import numpy as np
import pytest

from bench.market.stream import FrameStream
from bench.markets import generate
from bench.messages import pool_state
from keeper.market import arrays
from keeper.market.state import Market
from keeper.market.view import MarketView
from keeper.market.warm import warm_market
from keeper.relay.codec import decode
from keeper.relay.frames import FrameReader
from keeper.relay.messages import BlockBoundary, Message

POOLS = 4_000
TURN_MS, BOUNDARY_MS = 2.0, 8.0
"""Of processor time: a snapshot takes half a millisecond at most, the boundary some three."""


@pytest.fixture(scope="module")
def joined() -> list[Message]:
    """What a joiner gets: a snapshot of every pool, and the boundary."""
    market = generate(POOLS, POOLS // 5)
    stream = FrameStream([key.address for key in market.pools], 1_000)
    states = [pool_state(key, s) for key, s in zip(market.pools, market.states, strict=True)]
    reader, found = FrameReader(), []
    reader.add(b"".join(stream.joined(states)))
    while (frame := reader.next()) is not None:
        message = decode(frame)
        assert message is not None
        found.append(message)
    assert isinstance(found[-1], BlockBoundary)
    return found


def take_in(messages: list[Message]) -> tuple[MarketView, list[float]]:
    """The view, and what each message took, ms of processor time."""
    market = Market(())
    market.on_resync(1)
    took, view = [], None
    for message in messages:
        began = thread_time_ns()
        view = market.apply(message)
        took.append((thread_time_ns() - began) / 1e6)
    assert view is not None
    return view, took


def test_no_message_of_a_join_holds_the_loop(joined: list[Message]) -> None:
    warm_market()
    gc.collect()
    gc.disable()  # as `keeper.memory` has it, whose searches come seldom
    try:
        rounds = [take_in(joined)[1] for _ in range(3)]
    finally:
        gc.enable()
    longest = min(max(took[:-1]) for took in rounds)
    boundary = min(took[-1] for took in rounds)
    assert longest < TURN_MS, f"a snapshot took {longest:.1f} ms"
    assert boundary < BOUNDARY_MS, f"the boundary took {boundary:.1f} ms"


def test_a_market_that_outgrows_its_room_is_the_same(
    joined: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    roomy = take_in(joined)[0]
    monkeypatch.setattr(arrays, "FIRST_SLOTS", 16)
    monkeypatch.setattr(arrays, "FIRST_TICKS", 64)
    grown = take_in(joined)[0]
    assert grown.arrays.room < roomy.arrays.room
    assert len(roomy.states) == POOLS
    for one, two in zip(roomy.arrays.copied(), grown.arrays.copied(), strict=True):
        assert np.array_equal(one, two)
    for pool in list(roomy.topology.slots)[::97]:
        assert roomy.states[pool] == grown.states[pool]
