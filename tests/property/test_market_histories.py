"""The market through random histories with reorganisations equals a fresh read of the chain."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from history_chain import UNSTAMPED, VAULT, HistoryChain

from keeper.chain import Address, Protocol
from keeper.market.arrays import PoolArrays
from keeper.market.kernels.layout import ABOVE, COUNT, FEE, OFFSET, SPACING, TICK
from keeper.market.state import Market
from keeper.market.venues.pairs import PairState
from keeper.market.venues.uniswap_v2 import V2State
from keeper.market.venues.uniswap_v3 import V3State
from keeper.market.view import MarketView
from keeper.relay.codec import encode_frame
from keeper.relay.messages import BlockBoundary, Message, Reorganisation
from keeper.relay.pool_state import PoolState

DEPTHS = (1, 2, 5, 16, 64, 100)
KEPT = 64
HISTORIES = 204


class Follower:
    """A market that is fed like a keeper's: updates as frames, everything else as messages."""

    def __init__(self, chain: HistoryChain) -> None:
        self.chain, self.market = chain, Market(())
        self.sequence = 0
        self.resyncs = 0
        self.changes: dict[Address, tuple[int, int]] = {}
        self.known: dict[bytes, dict[Address, tuple[int, int]]] = {}
        self.kept: list[tuple[MarketView, dict[Address, object]]] = []
        self.join()

    def join(self) -> None:
        self.market.on_resync(1)
        self.take(self.chain.begin())

    def take(self, messages: Sequence[Message]) -> None:
        for message in messages:
            frame = encode_frame(message)
            taken = self.market.take_frames(frame, 0, 1, self.sequence)
            assert taken in ((0, self.sequence), (len(frame), message.origin.sequence))
            if not taken[0]:
                self.market.apply(message)
            self.sequence = message.origin.sequence
            self.note(message)
        if self.market.desynchronised is not None:
            self.resyncs += 1
            self.join()

    def note(self, message: Message) -> None:
        """Know by other means which message changed each pool last."""
        at = message.origin
        if isinstance(message, BlockBoundary):
            self.known[at.block_hash] = dict(self.changes)
        elif isinstance(message, Reorganisation):
            self.changes = dict(self.known[at.block_hash])
        else:
            self.changes[message.pool] = (at.block_number, at.sequence)

    def truth(self) -> dict[Address, object]:
        """The chain's own word, in the form that `shown` gives."""
        found: dict[Address, object] = {state.pool: state for state in self.chain.read()}
        vault = self.chain.read_vault(UNSTAMPED)
        found[VAULT] = tuple(holding.balance for holding in vault.tokens)
        return found

    def require_truth(self) -> None:
        """Every exact state is the chain's, and the view shows the same."""
        truth, view = self.truth(), self.market.view()
        assert view is not None
        assert view.block == self.chain.blocks[-1].block
        assert set(view.states) == set(truth)
        require(view, truth)
        for pool, state in truth.items():
            assert self.market.pools.last_change(pool) == self.changes[pool]
            if isinstance(state, PoolState):
                held = self.market.pools.exact(pool)
                assert held is not None
                assert replace(held, sequence=0, block_number=0) == state
        require_arrays(view)

    def keep(self) -> None:
        """Remember what this block's view must show for as long as it is kept."""
        view = self.market.view()
        assert view is not None
        self.kept.append((view, self.truth()))

    def require_kept(self) -> int:
        """Views of blocks behind the head show what they showed, or say that they are gone."""
        intact = 0
        for view, truth in self.kept:
            try:
                require(view, truth)
            except LookupError:
                continue
            intact += 1
        return intact


def require(view: MarketView, truth: dict[Address, object]) -> None:
    for pool, state in truth.items():
        shown = view.states[pool]
        if not isinstance(state, PoolState):
            assert isinstance(shown, PairState)
            assert shown.pool.balances == state  # type: ignore[attr-defined]
        elif isinstance(shown, V3State):
            nets = dict(zip(shown.ticks, shown.nets, strict=True))
            assert (shown.sqrt_price_x96, shown.tick, shown.liquidity, nets) == (
                state.sqrt_price_x96,
                state.tick,
                state.liquidity,
                state.ticks,
            )
        else:
            assert shown == V2State(state.reserve0, state.reserve1, state.fee_pips)


def require_arrays(view: MarketView) -> None:
    """The arrays, changed in place, are those that the states would make anew."""
    fresh = PoolArrays()
    for slot in range(len(view.topology.pools)):
        fresh.update(fresh.append(), view.state_of(slot))
    shown, anew = view.arrays.flat, fresh.flat
    for slot, key in enumerate(view.topology.pools):
        assert shown.kinds[slot] == anew.kinds[slot]
        assert (shown.words[slot] == anew.words[slot]).all()
        assert shown.log_prices[slot] == pytest.approx(anew.log_prices[slot], rel=1e-12)
        assert shown.slopes[slot] == pytest.approx(anew.slopes[slot], rel=1e-9), key
        if key.protocol is Protocol.UNISWAP_V3:
            mine, theirs = (
                slice(flat.ints[slot, OFFSET], flat.ints[slot, OFFSET] + flat.ints[slot, COUNT])
                for flat in (shown, anew)
            )
            assert (shown.tick_at[mine] == anew.tick_at[theirs]).all()
            assert (shown.tick_words[mine] == anew.tick_words[theirs]).all()
            assert np.allclose(shown.tick_floats[mine], anew.tick_floats[theirs], rtol=1e-12)
            columns = [FEE, TICK, SPACING, COUNT, ABOVE]
            assert (shown.ints[slot, columns] == anew.ints[slot, columns]).all()


def run(seed: int, depth: int) -> Counter[str]:
    """One history: blocks, a reorganisation of `depth`, the new branch, and all that again."""
    rng, tally = Random(seed), Counter[str]()
    chain = HistoryChain(rng)
    follower = Follower(chain)
    for _ in range(2 if depth <= KEPT else 1):
        for _ in range(depth + rng.randint(1, 3)):
            follower.take(chain.mine(rng.randint(0, 3)))
            if rng.random() < 0.1:
                follower.keep()
        follower.require_truth()
        tally["intact"] += follower.require_kept()
        half = chain.mine(2)
        follower.take(half[:-1])  # the block in progress is lost as well
        follower.take([chain.abandon_and_reorganise(depth)])
        for _ in range(rng.randint(1, 3)):
            follower.take(chain.mine(rng.randint(0, 3)))
        follower.require_truth()
        tally["reorganisations"] += 1
    tally["blocks"] = len(chain.blocks)
    tally["intact"] += follower.require_kept()
    tally["resyncs"] = follower.resyncs
    assert follower.market.contradictions == 0
    return tally


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_market_equals_the_chain_after_reorganisations(depth: int, figures: list[str]) -> None:
    count = HISTORIES // len(DEPTHS)
    tally = sum((run(1_000 * depth + seed, depth) for seed in range(count)), Counter[str]())
    assert tally["resyncs"] == (0 if depth <= KEPT else count)
    assert tally["intact"] > count
    figures.append(
        f"histories: {count} with {tally['reorganisations']} reorganisations of depth {depth}: "
        "state, view and arrays equal to a fresh read of the contracts"
    )
