"""The market's state: messages in, immutable views of whole blocks out."""

from collections.abc import Iterable
from dataclasses import dataclass
from time import time_ns
from types import MappingProxyType

from keeper.chain import Address, BlockRef
from keeper.market.arrays import PoolArrays
from keeper.market.keys import keys_of
from keeper.market.prices import usd_per_raw
from keeper.market.venues import registry
from keeper.market.venues.base import PoolExcluded, VenueState
from keeper.market.venues.pairs import PairState
from keeper.market.view import MarketView, PoolKey, Topology, Untradable
from keeper.relay.book import Book
from keeper.relay.messages import (
    BlockBoundary,
    Message,
    PoolReading,
    PoolSnapshot,
    Reorganisation,
)
from keeper.relay.pool_state import StateContradiction


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
        self._returned: set[Address] = set()
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
        if isinstance(message, Reorganisation):
            self._return_to(message)
            return None
        try:
            changed = self._book.apply(message)
        except StateContradiction:
            self._doubt(message.pool)
            return None
        if changed is None:
            return None
        origin = message.origin
        is_snapshot = isinstance(message, PoolSnapshot | PoolReading)
        touch = _Touch(origin.block_number, origin.block_hash, is_snapshot)
        before = self._touched.get(changed)
        if before and before.hash != touch.hash and not (before.is_snapshot or is_snapshot):
            self._doubt(changed)
            return None
        self._touched[changed] = touch
        return None

    def _return_to(self, message: Reorganisation) -> None:
        """Take blocks back; there is no view until the first block of the new branch is whole."""
        try:
            self._returned |= self._book.roll_back(message)
        except StateContradiction as error:
            self._lose_all(str(error))
            self.desynchronised = self.last_gap
            return
        self._touched.clear()
        self._view = None

    def on_gap(self, reason: str) -> None:
        """Trust no pool until its next snapshot, which is on its way: the channel begins anew."""
        self._lose_all(reason)
        self.desynchronised = None

    def _lose_all(self, reason: str) -> None:
        self.last_gap = reason
        self._book.reset()
        self._touched.clear()
        self._returned.clear()
        self._view = None
        for address in self._topology.slots:
            self._retire(address, Untradable.GAP)

    def _doubt(self, pool: Address) -> None:
        """Drop a contradicted pool, and whatever else the book dropped with it."""
        self.contradictions += 1
        self._book.drop(pool)
        for lost in (self._topology.slots.keys() | {pool}) - self._known():
            self._touched.pop(lost, None)
            self._retire(lost, Untradable.CONTRADICTED)

    def _known(self) -> set[Address]:
        return self._book.pools.keys() | self._book.readings.keys()

    def _retire(self, pool: Address, reason: Untradable) -> None:
        if pool not in self._topology.slots:
            return
        self._untradable.setdefault(pool, reason)
        self._states.pop(pool, None)
        for slot in self._topology.slots_of(pool):
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
            self._book.drop(pool)
            self._touched.pop(pool, None)
            self._retire(pool, Untradable.GAP)

    def _refresh(self, boundary: BlockBoundary) -> frozenset[Address]:
        """Freeze what the block changed; returns those pools, the newly untradable included."""
        block = boundary.origin
        changed = frozenset(self._touched.keys() | self._returned)
        self._admit(self._touched)
        waiting: dict[Address, _Touch] = {}
        for pool, touch in self._touched.items():
            if touch.number > block.block_number:
                waiting[pool] = touch
                self._retire(pool, Untradable.AHEAD_OF_BLOCK)
            elif _contradicts(touch, boundary):
                self._drop(pool)
            else:
                self._freeze(pool)
        for pool in self._returned - self._touched.keys():
            if pool in self._known():
                self._freeze(pool)
            else:
                self._retire(pool, Untradable.GAP)
        self._touched, self._returned = waiting, set()
        return changed

    def _drop(self, pool: Address) -> None:
        self.contradictions += 1
        self._book.drop(pool)
        self._retire(pool, Untradable.CONTRADICTED)

    def _freeze(self, pool: Address) -> None:
        slots = self._topology.slots_of(pool)
        try:
            frozen = self._frozen(pool)
        except StateContradiction:
            self._drop(pool)
            return
        except PoolExcluded:
            self._retire(pool, Untradable.EXCLUDED)
            return
        if tuple(self._topology.pools[slot] for slot in slots) != self._keys(pool):
            self._drop(pool)
            return
        self._states[pool] = frozen
        self._untradable.pop(pool, None)
        for slot in slots:
            key = self._topology.pools[slot]
            self._arrays.update(
                slot,
                PairState(frozen.pool, key.place0, key.place1)
                if isinstance(frozen, PairState)
                else frozen,
            )

    def _frozen(self, pool: Address) -> VenueState:
        state = self._book.pools.get(pool)
        if state is not None:
            return registry.freeze(state, self._states.get(pool))
        (first, *_), reading = self._keys(pool), self._book.readings[pool]
        return PairState(registry.freeze_reading(reading), first.place0, first.place1)

    def _keys(self, pool: Address) -> tuple[PoolKey, ...]:
        return keys_of(self._book.pools.get(pool) or self._book.readings[pool])

    def _admit(self, pools: Iterable[Address]) -> None:
        """Give its slots to each pool met for the first time, in an order of their own."""
        fresh = sorted(pool for pool in pools if pool not in self._topology.slots)
        if not fresh:
            return
        slots, keys = dict(self._topology.slots), list(self._topology.pools)
        for pool in fresh:
            slots[pool] = len(keys)
            for key in self._keys(pool):
                keys.append(key)
                self._arrays.append()
        self._topology = Topology(self._topology.version + 1, tuple(keys), MappingProxyType(slots))

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


def _block_ref(boundary: BlockBoundary) -> BlockRef:
    return BlockRef(
        number=boundary.origin.block_number,
        hash=boundary.origin.block_hash,
        parent_hash=boundary.parent_hash,
        timestamp_s=boundary.timestamp_s,
        base_fee_wei=boundary.base_fee_wei,
    )
