"""Views show whole, uncontradicted blocks, or nothing at all."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from market_frames import (
    USD,
    WETH,
    WPOL,
    Frames,
    block_hash,
    flat_v3,
    pool_address,
    snapshots,
    two_pools,
)

from keeper.chain import Protocol
from keeper.market.state import Market
from keeper.market.venues.uniswap_v2 import V2State
from keeper.market.view import MarketView, Untradable
from keeper.relay.messages import Message, PoolSync

PAIR, POOL = pool_address(1), pool_address(2)


def fed(frames: Frames, messages: list[Message] | None = None) -> Market:
    market = Market([USD])
    for message in messages or two_pools(frames):
        market.apply(message)
    return market


def current(market: Market) -> MarketView:
    view = market.view()
    assert view is not None
    return view


def test_no_view_before_the_first_boundary() -> None:
    frames = Frames()
    *first, boundary = two_pools(frames)
    market = fed(frames, first)
    assert market.view() is None
    view = market.apply(boundary, frame_ns=17)
    assert view is current(market)
    assert view is not None
    assert view.frame_ns == 17 < view.applied_ns
    assert view.block.hash == block_hash(100)
    assert view.block.parent_hash == block_hash(99)
    assert view.changed == {PAIR, POOL}


def test_half_a_block_is_never_visible() -> None:
    frames = Frames()
    market = fed(frames)
    before = current(market)
    seen = before.states[PAIR]
    market.apply(frames.sync(PAIR, 1_000, 2_000))
    assert current(market) is before
    assert current(market).states[PAIR] == seen
    market.apply(frames.boundary())
    after = current(market)
    assert after.states[PAIR] == V2State(1_000, 2_000, 3000)
    assert after.changed == {PAIR}
    assert before.states[PAIR] == seen
    assert before.log_prices[before.topology.slots[PAIR], 0] != after.log_prices[0, 0]


def test_views_are_immutable() -> None:
    view = current(fed(Frames()))
    with pytest.raises(FrozenInstanceError):
        view.block = view.block  # type: ignore[misc]
    with pytest.raises(TypeError):
        view.states[PAIR] = V2State(1, 1, 1)  # type: ignore[index]
    with pytest.raises(ValueError, match="read-only"):
        view.log_prices[0, 0] = 0.0


def test_float_arrays_equal_the_exact_states() -> None:
    frames = Frames()
    market = fed(frames)
    market.apply(frames.sync(PAIR, 7 * 10**11, 10**24))
    view = market.apply(frames.boundary())
    assert view is not None
    sold0, sold1 = np.exp(view.log_prices[view.topology.slots[PAIR]])
    assert sold0 == pytest.approx(0.997 * 10**24 / (7 * 10**11))
    assert sold1 == pytest.approx(0.997 * 7 * 10**11 / 10**24)
    price = 1.0001**282_850
    sold0, sold1 = np.exp(view.log_prices[view.topology.slots[POOL]])
    assert sold0 == pytest.approx(0.9995 * price, rel=1e-4)
    assert sold1 == pytest.approx(0.9995 / price, rel=1e-4)


def test_a_gap_ends_trading_until_snapshots_return() -> None:
    frames = Frames()
    market = fed(frames)
    market.on_gap("frames were lost")
    assert market.view() is None
    assert market.desynchronised is None
    market.apply(frames.sync(PAIR, 1_000, 2_000))
    view = market.apply(frames.boundary())
    assert view is not None
    assert not view.states
    assert set(view.untradable.values()) == {Untradable.GAP}
    assert np.isneginf(view.log_prices).all()
    market.apply(snapshots(frames)[0])
    view = market.apply(frames.boundary())
    assert view is not None
    assert PAIR in view.states
    assert POOL not in view.states


def test_a_block_that_does_not_follow_ends_trust_in_all_older_state() -> None:
    frames = Frames()
    market = fed(frames)
    frames.branch = "side"
    view = market.apply(frames.boundary())
    assert view is not None
    assert not view.states
    assert market.desynchronised is not None


def test_snapshots_of_the_new_branch_itself_survive_it() -> None:
    frames = Frames()
    market = fed(frames)
    frames.branch, frames.number = "side", 100
    market.apply(frames.v2(PAIR, USD, WPOL, (10**9, 10**20), decimals=(6, 18)))
    view = market.apply(frames.boundary())
    assert view is not None
    assert view.states == {PAIR: V2State(10**9, 10**20, 3000)}
    assert view.untradable == {POOL: Untradable.GAP}
    assert market.desynchronised is None


def test_a_skipped_block_number_ends_trust() -> None:
    frames = Frames()
    market = fed(frames)
    frames.number += 1
    view = market.apply(frames.boundary())
    assert view is not None
    assert not view.states


def test_a_repeated_boundary_changes_nothing() -> None:
    frames = Frames()
    messages = two_pools(frames)
    market = fed(frames, messages)
    view = market.view()
    assert market.apply(messages[-1]) is None
    assert market.view() is view


def contradictions(frames: Frames) -> dict[str, list[Message]]:
    """Messages that a right view of pool 1 or 2 cannot contain."""
    state = flat_v3(282_850, 10**18)
    foreign = frames.origin()._replace(block_hash=block_hash(101, "side"))
    return {
        "burn below zero": [frames.liquidity(POOL, 277_850, 287_850, -(10**19))],
        "liquidity denies ticks": [frames.swap(POOL, state.sqrt_price_x96, 5, state.tick)],
        "tick denies price": [frames.swap(POOL, state.sqrt_price_x96, 10**18, state.tick + 7)],
        "reserve overflow": [frames.sync(PAIR, 2**112, 1)],
        "delta of a sibling block": [PoolSync(foreign, PAIR, 1, 1)],
        "late delta": [PoolSync(frames.origin(99), PAIR, 1, 1)],
        "another protocol": [frames.sync(POOL, 1, 1)],
        "tokens swapped": [frames.v2(PAIR, USD, WETH, (1, 1))],
    }


@pytest.mark.parametrize("name", contradictions(Frames()))
def test_contradicted_pools_become_untradable_alone(name: str) -> None:
    frames = Frames()
    market = fed(frames)
    messages = contradictions(frames)[name]
    hit = messages[0].pool  # type: ignore[union-attr]
    for message in messages:
        market.apply(message)
    view = market.apply(frames.boundary())
    assert view is not None
    assert view.untradable == {hit: Untradable.CONTRADICTED}
    assert set(view.states) == {PAIR, POOL} - {hit}
    assert market.contradictions == 1
    for message in snapshots(frames):
        market.apply(message)
    healed = market.apply(frames.boundary())
    assert healed is not None
    assert not healed.untradable


def test_a_snapshot_ahead_of_the_block_waits_for_it() -> None:
    frames = Frames()
    market = fed(frames)
    ahead = replace(
        frames.v2(PAIR, USD, WPOL, (10**9, 10**20), decimals=(6, 18)), origin=frames.origin(102)
    )
    market.apply(ahead)
    view = market.apply(frames.boundary())
    assert view is not None
    assert view.untradable == {PAIR: Untradable.AHEAD_OF_BLOCK}
    view = market.apply(frames.boundary())
    assert view is not None
    assert view.states[PAIR] == V2State(10**9, 10**20, 3000)


def test_a_snapshot_cut_by_a_boundary_ends_all_trust() -> None:
    frames = Frames()
    market = fed(frames)
    half = replace(frames.v3(POOL, USD, WPOL, flat_v3(0, 1)), parts=2)
    market.apply(half)
    assert market.apply(frames.boundary()) is None
    assert market.view() is None
    assert market.desynchronised is not None
    market.on_gap("frames were lost")
    assert market.desynchronised is None


def test_a_delta_for_an_unknown_pool_is_no_pool() -> None:
    frames = Frames()
    market = fed(frames)
    market.apply(frames.sync(pool_address(9), 1, 1))
    view = market.apply(frames.boundary())
    assert view is not None
    assert pool_address(9) not in view.states


def test_topology_grows_only_with_new_pools() -> None:
    frames = Frames()
    market = fed(frames)
    version = current(market).topology.version
    market.apply(frames.sync(PAIR, 1_000, 2_000))
    market.apply(frames.boundary())
    assert current(market).topology.version == version
    for number in range(3, 40):
        market.apply(frames.v2(pool_address(number), USD, WETH, (10**9, 10**18)))
    market.apply(frames.boundary())
    topology = current(market).topology
    assert topology.version == version + 1
    assert [topology.slots[pool.address] for pool in topology.pools] == list(range(39))
    assert topology.pools[1].protocol is Protocol.UNISWAP_V3


def test_a_pool_lost_in_the_block_it_came_with_is_not_tradable() -> None:
    frames = Frames()
    first, second, boundary = *snapshots(frames), frames.boundary()
    market = fed(frames, [first, frames.sync(PAIR, 2**112, 1), second, boundary])
    assert current(market).untradable == {PAIR: Untradable.CONTRADICTED}
    assert set(current(market).states) == {POOL}
    market = fed(frames, [first, second])
    market.on_gap("frames were lost")
    assert market.apply(boundary) is not None
    assert not current(market).states
