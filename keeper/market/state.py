"""The market's state: messages in, immutable views of whole blocks out."""

from collections.abc import Iterable
from dataclasses import dataclass
from time import time_ns
from types import MappingProxyType

from keeper.chain import Address, BlockRef
from keeper.market.arrays import PoolArrays
from keeper.market.prices import usd_per_raw
from keeper.market.venues import registry
from keeper.market.venues.base import VenueState
from keeper.market.view import MarketView, PoolKey, Topology, Untradable
from keeper.relay.book import Book
from keeper.relay.messages import BlockBoundary, Message, PoolSnapshot
from keeper.relay.pool_state import PoolState, StateContradiction


@dataclass(frozen=True, slots=True)
class _Touch:
    """The block that last changed a pool since the last boundary, and whether as a whole."""

    number: int
    hash: bytes
    is_snapshot: bool


class Market:
    """Applies messages in order and publishes a `MarketView` at each block boundary.

    The exact state is the relay's `Book`; this adds what trading on it needs: blocks that follow
    each other, doubt about every pool that a fault touches, frozen states and float arrays.
    """

    def __init__(self, usd_tokens: Iterable[Address]) -> None:
        self.desynchronised: str | None = None
        """Why the channel must be rejoined for fresh snapshots, None while it need not be."""
        self.last_gap: str | None = None
        """What last ended trust in all pools."""
        self.contradictions = 0
        self._usd_tokens = tuple(usd_tokens)
        self._book = Book()
        self._arrays = PoolArrays()
        self._topology = Topology(0, (), MappingProxyType({}))
        self._states: dict[Address, VenueState] = {}
        self._untradable: dict[Address, Untradable] = {}
        self._touched: dict[Address, _Touch] = {}
        self._view: MarketView | None = None

    def view(self) -> MarketView | None:
        """The last whole block, or None while there is none that can be trusted."""
        return self._view

    def apply(self, message: Message, frame_ns: int | None = None) -> MarketView | None:
        """Apply one message; returns the new view when it completed a block.

        `frame_ns` is when the message's frame arrived (`time.time_ns`), now if not given.
        Contradictions do not raise: the pools concerned become untradable.
        """
        arrived_ns = time_ns() if frame_ns is None else frame_ns
        if isinstance(message, BlockBoundary):
            return self._close_block(message, arrived_ns)
        try:
            changed = self._book.apply(message)
        except StateContradiction:
            self._doubt(message.pool)
            return None
        if changed is None:
            return None
        origin = message.origin
        is_snapshot = isinstance(message, PoolSnapshot)
        touch = _Touch(origin.block_number, origin.block_hash, is_snapshot)
        before = self._touched.get(changed.pool)
        if before and before.hash != touch.hash and not (before.is_snapshot or is_snapshot):
            self._doubt(changed.pool)
            return None
        self._touched[changed.pool] = touch
        return None

    def on_gap(self, reason: str) -> None:
        """Trust no pool until its next snapshot, which is on its way: the channel begins anew."""
        self._lose_all(reason)
        self.desynchronised = None

    def _lose_all(self, reason: str) -> None:
        self.last_gap = reason
        self._book.reset()
        self._touched.clear()
        self._view = None
        for address in self._topology.slots:
            self._retire(address, Untradable.GAP)

    def _doubt(self, pool: Address) -> None:
        """Drop a contradicted pool, and whatever else the book dropped with it."""
        self.contradictions += 1
        self._book.pools.pop(pool, None)
        for lost in (self._topology.slots.keys() | {pool}) - self._book.pools.keys():
            self._touched.pop(lost, None)
            self._retire(lost, Untradable.CONTRADICTED)

    def _retire(self, pool: Address, reason: Untradable) -> None:
        slot = self._topology.slots.get(pool)
        if slot is None:
            return
        self._untradable.setdefault(pool, reason)
        self._states.pop(pool, None)
        self._arrays.update(slot, None)

    def _close_block(self, boundary: BlockBoundary, frame_ns: int) -> MarketView | None:
        closed = self._book.boundary
        if closed and boundary.origin.block_hash == closed.origin.block_hash:
            return None
        if closed and not _follows(boundary, closed):
            self._forget_all_but(boundary.origin.block_hash)
        try:
            self._book.apply(boundary)
        except StateContradiction as error:
            self._lose_all(str(error))
            self.desynchronised = self.last_gap
            return None
        changed = self._refresh(boundary)
        self._view = self._publish(boundary, changed, frame_ns)
        return self._view

    def _forget_all_but(self, block_hash: bytes) -> None:
        """The chain took another way: only snapshots of the new block itself still hold."""
        certain = {
            pool
            for pool, touch in self._touched.items()
            if touch.is_snapshot and touch.hash == block_hash
        }
        if not certain:
            self.last_gap = "a block does not follow its predecessor"
            self.desynchronised = self.last_gap
        for pool in self._topology.slots.keys() - certain:
            self._book.pools.pop(pool, None)
            self._touched.pop(pool, None)
            self._retire(pool, Untradable.GAP)

    def _refresh(self, boundary: BlockBoundary) -> frozenset[Address]:
        """Freeze what the block changed; returns those pools, the newly untradable included."""
        block = boundary.origin
        changed = frozenset(self._touched)
        self._admit(changed)
        waiting: dict[Address, _Touch] = {}
        for pool, touch in self._touched.items():
            if touch.number > block.block_number:
                waiting[pool] = touch
                self._retire(pool, Untradable.AHEAD_OF_BLOCK)
            elif _contradicts(touch, boundary):
                self._drop(pool)
            else:
                self._freeze(self._book.pools[pool])
        self._touched = waiting
        return changed

    def _drop(self, pool: Address) -> None:
        self.contradictions += 1
        self._book.pools.pop(pool, None)
        self._retire(pool, Untradable.CONTRADICTED)

    def _freeze(self, state: PoolState) -> None:
        slot = self._topology.slots[state.pool]
        try:
            frozen = registry.freeze(state, self._states.get(state.pool))
        except StateContradiction:
            self._drop(state.pool)
            return
        if self._topology.pools[slot] != _key(state):
            self._drop(state.pool)
            return
        self._states[state.pool] = frozen
        self._untradable.pop(state.pool, None)
        self._arrays.update(slot, frozen)

    def _admit(self, pools: Iterable[Address]) -> None:
        """Give a slot to each pool met for the first time, in an order of their own."""
        fresh = sorted(pool for pool in pools if pool not in self._topology.slots)
        if not fresh:
            return
        slots = dict(self._topology.slots)
        for pool in fresh:
            slots[pool] = self._arrays.append()
        keys = (*self._topology.pools, *(_key(self._book.pools[pool]) for pool in fresh))
        self._topology = Topology(self._topology.version + 1, keys, MappingProxyType(slots))

    def _publish(
        self, boundary: BlockBoundary, changed: frozenset[Address], frame_ns: int
    ) -> MarketView:
        prices = usd_per_raw(
            self._topology.pools, self._arrays.log_prices, self._arrays.depths, self._usd_tokens
        )
        return MarketView(
            block=_block_ref(boundary),
            changed=changed,
            topology=self._topology,
            states=MappingProxyType(dict(self._states)),
            untradable=MappingProxyType(dict(self._untradable)),
            log_prices=self._arrays.frozen_log_prices(),
            arrays=self._arrays,
            arrays_version=self._arrays.publish(),
            usd_per_raw=MappingProxyType(prices),
            frame_ns=frame_ns,
            applied_ns=time_ns(),
        )


def _follows(boundary: BlockBoundary, closed: BlockBoundary) -> bool:
    same_channel = boundary.origin.epoch == closed.origin.epoch
    next_number = boundary.origin.block_number == closed.origin.block_number + 1
    return same_channel and next_number and boundary.parent_hash == closed.origin.block_hash


def _contradicts(touch: _Touch, boundary: BlockBoundary) -> bool:
    """A delta must be of the closing block; a snapshot may be older, but not of a sibling."""
    origin = boundary.origin
    if touch.number == origin.block_number:
        return touch.hash != origin.block_hash
    if touch.number == origin.block_number - 1 and touch.is_snapshot:
        return touch.hash != boundary.parent_hash
    return not touch.is_snapshot


def _key(state: PoolState) -> PoolKey:
    return PoolKey(
        address=state.pool,
        protocol=state.protocol,
        factory=state.factory,
        token0=state.token0,
        token1=state.token1,
        decimals0=state.decimals0,
        decimals1=state.decimals1,
        fee_pips=state.fee_pips,
    )


def _block_ref(boundary: BlockBoundary) -> BlockRef:
    return BlockRef(
        number=boundary.origin.block_number,
        hash=boundary.origin.block_hash,
        parent_hash=boundary.parent_hash,
        timestamp_s=boundary.timestamp_s,
        base_fee_wei=boundary.base_fee_wei,
    )
