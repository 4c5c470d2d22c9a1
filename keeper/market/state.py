"""The market's state: messages in, immutable views of whole blocks out."""

from collections.abc import Iterable, Mapping
from functools import partial
from time import time_ns
from types import MappingProxyType

from keeper.chain import Address, BlockRef
from keeper.market.pools import Pools
from keeper.market.prices import Valuation
from keeper.market.states import States
from keeper.market.venues.base import PoolExcluded
from keeper.market.view import MarketView, Untradable
from keeper.relay.messages import (
    BlockBoundary,
    Message,
    PoolMessage,
    PoolReading,
    PoolSnapshot,
    Reorganisation,
)
from keeper.relay.pool_state import PoolState, StateContradiction
from keeper.relay.snapshots import Parts
from keeper.turns import Turns, at_once


class Market:
    """Applies messages in order and publishes a `MarketView` at each block boundary.

    `pools` hold the exact state; this holds the laws of blocks: they follow each other, a view
    shows a whole one, and what a fault touches is not traded until its next snapshot.
    """

    def __init__(self, usd_tokens: Iterable[Address]) -> None:
        self.desynchronised: str | None = None
        """Why the channel must be rejoined for fresh snapshots, None while it need not be."""
        self.last_gap: str | None = None
        """What last ended trust in all pools."""
        self.pools = Pools()
        self._valuation = Valuation(usd_tokens)
        self._parts = Parts()
        self._boundary: BlockBoundary | None = None
        self._epoch: int | None = None
        self._returned: set[Address] = set()
        self._unconfirmed: set[Address] = set()
        self._view: MarketView | None = None

    @property
    def contradictions(self) -> int:
        """How many pools were lost to messages that denied them."""
        return self.pools.contradictions

    def view(self) -> MarketView | None:
        """The last whole block, or None while there is none that can be trusted."""
        return self._view

    def apply(self, message: Message, frame_ns: int | None = None) -> MarketView | None:
        """Apply one message; returns the new view when it completed a block.

        `frame_ns` is when the message's frame arrived (`time.time_ns`), now if not given.
        Contradictions do not raise: the pools concerned become untradable.
        """
        return at_once(self.turns(message, frame_ns))

    def turns(self, message: Message, frame_ns: int | None = None) -> Turns[MarketView | None]:
        """As `apply`, but for the yields of what takes long; nothing else may be applied meanwhile.

        Views that were published before stay what they were.
        """
        if isinstance(message, BlockBoundary):
            return (yield from self._close_block(message, frame_ns or time_ns()))
        if isinstance(message, Reorganisation):
            yield from self._return_to(message)
        else:
            if isinstance(message, PoolSnapshot | PoolReading):
                self._unconfirmed.discard(message.pool)
            if not self.pools.is_inside(message.pool, message.origin):
                self._change(message)
                self._valuation.learn(self.pools.keys)
        return None

    def take_frames(self, stream: bytes, start: int, epoch: int, sequence: int) -> tuple[int, int]:
        """Apply whole frames of updates without an object each.

        Begins at byte `start` with the frame after `sequence` of `epoch` and stops before the first
        that is not an update, or not beyond doubt; returns where that begins, and the last
        sequence applied.
        """
        if self._parts.pending:
            return start, sequence
        return self.pools.ledger.take(stream, start, epoch, sequence)

    def on_gap(self, reason: str) -> None:
        """Frames may be missing: show nothing, and trust no pool until its next snapshot.

        What was applied is the stream up to the gap, and stays: a snapshot of a pool that has
        seen more already confirms it.
        """
        self.last_gap, self.desynchronised = reason, None
        self._parts.abandon()
        self._unconfirmed = set(self.pools.known)
        self._view = None

    def on_resync(self, epoch: int) -> None:
        """Snapshots of `epoch` follow; of another than before nothing can be compared."""
        at_once(self.resync(epoch))

    def resync(self, epoch: int) -> Turns[None]:
        """As `on_resync`, but for the yields, as `turns`."""
        if epoch != self._epoch:
            yield from self._lose_all("a new epoch began")
        else:
            self.on_gap("the channel was joined anew")
        self._epoch = epoch

    def _change(self, message: PoolMessage) -> None:
        try:
            self._apply(message)
        except StateContradiction:
            for pool in {message.pool, *self._parts.abandon()}:
                self.pools.contradict(pool)
        except PoolExcluded:
            self.pools.lose(message.pool, Untradable.EXCLUDED)

    def _apply(self, message: PoolMessage) -> None:
        if isinstance(message, PoolSnapshot):
            parts = self._parts.add(message)
            if parts is not None:
                self.pools.put(PoolState.from_snapshot(parts), message.origin)
            return
        self._parts.require_none()
        if isinstance(message, PoolReading):
            self.pools.read(message)
        else:
            self.pools.apply(message)

    def _return_to(self, message: Reorganisation) -> Turns[None]:
        """Take blocks back; there is no view until the first block of the new branch is whole."""
        self._parts.abandon()
        self._view = None
        head = self._boundary
        if head is None or head.origin.block_hash != message.replaced_hash:
            yield from self._desynchronise("a head that is not known was replaced")
            return
        found = yield from self.pools.take_back(head, message.origin.block_hash)
        if found is None:
            yield from self._desynchronise("a block that is not kept any more was replaced")
            return
        self._boundary, returned = found
        self._returned |= returned

    def _close_block(self, boundary: BlockBoundary, frame_ns: int) -> Turns[MarketView | None]:
        closed = self._boundary
        if closed and boundary.origin.block_hash == closed.origin.block_hash:
            return None  # of a joiner's snapshot that says what is known
        for pool in self._unconfirmed:
            self.pools.lose(pool, Untradable.GAP)
            yield
        self._unconfirmed = set()
        if self._parts.pending:
            yield from self._desynchronise("a snapshot came in parts that do not join")
            return None
        if closed and not _follows(boundary, closed):
            closed = None
            kept = yield from self.pools.keep_only(boundary.origin.block_hash, Untradable.GAP)
            if not kept:
                self.last_gap = "a block does not follow its predecessor"
                self.desynchronised = self.last_gap
        changed = yield from self.pools.close(closed, boundary)
        yield
        changed |= self._returned
        self._boundary, self._returned = boundary, set()
        pools, arrays = self.pools, self.pools.arrays
        values = yield from self._valuation.usd_per_raw(
            pools.topology, arrays.log_prices, arrays.slopes
        )
        yield
        self._view = self._publish(boundary, frozenset(changed), values, frame_ns)
        yield
        return self._view

    def _desynchronise(self, reason: str) -> Turns[None]:
        yield from self._lose_all(reason)
        self.desynchronised = reason

    def _lose_all(self, reason: str) -> Turns[None]:
        self.last_gap = reason
        self._boundary, self._view = None, None
        yield from self.pools.lose_all(Untradable.GAP)
        self._parts.abandon()
        self._returned.clear()
        self._unconfirmed.clear()

    def _publish(
        self,
        boundary: BlockBoundary,
        changed: frozenset[Address],
        usd_per_raw: Mapping[Address, float],
        frame_ns: int,
    ) -> MarketView:
        pools, arrays = self.pools, self.pools.arrays
        topology, version = pools.topology, arrays.version
        untradable = MappingProxyType(dict(pools.untradable))
        return MarketView(
            block=_block_ref(boundary),
            changed=changed,
            topology=topology,
            states=States(topology, untradable, partial(pools.state, version=version)),
            untradable=untradable,
            log_prices=arrays.frozen_log_prices(),
            arrays=arrays,
            arrays_version=version,
            usd_per_raw=usd_per_raw,
            frame_ns=frame_ns,
            applied_ns=time_ns(),
        )


def _follows(boundary: BlockBoundary, closed: BlockBoundary) -> bool:
    same_channel = boundary.origin.epoch == closed.origin.epoch
    next_number = boundary.origin.block_number == closed.origin.block_number + 1
    return same_channel and next_number and boundary.parent_hash == closed.origin.block_hash


def _block_ref(boundary: BlockBoundary) -> BlockRef:
    return BlockRef(
        number=boundary.origin.block_number,
        hash=boundary.origin.block_hash,
        parent_hash=boundary.parent_hash,
        timestamp_s=boundary.timestamp_s,
        base_fee_wei=boundary.base_fee_wei,
    )
