"""The latest exact state of every pool, built from messages alone, with a way back."""

from keeper.chain import Address
from keeper.relay import pool_reading
from keeper.relay.history import History
from keeper.relay.messages import (
    BlockBoundary,
    Delta,
    Message,
    Origin,
    PoolReading,
    PoolSnapshot,
    Reorganisation,
)
from keeper.relay.pool_state import PoolState, StateContradiction
from keeper.relay.snapshots import Parts

__all__ = ["Book", "PoolState", "StateContradiction"]


class Book:
    """Pools by address, as of the last message applied; `boundary` is the last block boundary.

    `pools` are those that deltas change, `readings` those that are read whole. A message already
    inside a pool's state (by sequence) is dropped and counted in `repeated`, a delta for a pool
    without a snapshot in `unknown`. Pools that contradict a message leave the book.
    """

    def __init__(self) -> None:
        self.pools: dict[Address, PoolState] = {}
        self.readings: dict[Address, PoolReading] = {}
        self.boundary: BlockBoundary | None = None
        self.repeated = 0
        self.unknown = 0
        self._parts = Parts()
        self._history = History()

    def reset(self) -> None:
        """Forget all pools: a new epoch, or a gap, makes every state doubtful."""
        self.pools.clear()
        self.readings.clear()
        self._parts.abandon()
        self._history.clear()
        self.boundary = None

    def drop(self, pool: Address) -> None:
        """Forget one pool, in the blocks behind it too, until its next snapshot."""
        self.pools.pop(pool, None)
        self.readings.pop(pool, None)
        self._history.forget(pool)

    def apply(self, message: Message) -> Address | None:
        """Advance by one message and return the pool it changed, None where it changed none.

        Raises `StateContradiction`, after which the pool is absent until its next snapshot; of a
        `Reorganisation` that the book cannot follow, all of them are.
        """
        if isinstance(message, BlockBoundary):
            self._expect_no_part()
            self._history.close(self.boundary, message)
            self.boundary = message
            return None
        if isinstance(message, Reorganisation):
            self.roll_back(message)
            return None
        if self._is_inside(message.pool, message.origin):
            self.repeated += 1
            return None
        try:
            if isinstance(message, PoolSnapshot):
                return self._take_part(message)
            self._expect_no_part()
            return self._change(message)
        except StateContradiction:
            self._abandon()
            self.drop(message.pool)
            raise

    def roll_back(self, message: Reorganisation) -> set[Address]:
        """Return to the end of the message's block; gives the pools that this changed.

        Raises `StateContradiction` where that block is not one of the last 64, or where another
        head is to be replaced than this book's; nothing in it can be trusted then.
        """
        self._parts.abandon()
        if self.boundary is None or message.replaced_hash != self.boundary.origin.block_hash:
            self.reset()
            raise StateContradiction("a head that is not known was replaced; rejoin")
        found = self._history.back_to(self.boundary, message.origin.block_hash)
        if found is None:
            self.reset()
            raise StateContradiction("a block that is not kept any more was replaced; rejoin")
        boundary, changed = found
        self.boundary = BlockBoundary(
            boundary.origin._replace(epoch=message.origin.epoch, sequence=message.origin.sequence),
            boundary.parent_hash,
            boundary.timestamp_s,
            boundary.base_fee_wei,
        )
        for pool, before in changed.items():
            self.pools.pop(pool, None)
            self.readings.pop(pool, None)
            if isinstance(before, PoolState):
                self.pools[pool] = before
            elif before is not None:
                self.readings[pool] = before
        return set(changed)

    def _change(self, message: Delta | PoolReading) -> Address | None:
        pool = message.pool
        if isinstance(message, PoolReading):
            pool_reading.check(message)
            self._history.note(pool, self.readings.get(pool) or self.pools.pop(pool, None))
            self.readings[pool] = message
            return pool
        state = self.pools.get(pool)
        if state is None:
            self.unknown += 1
            return None
        if not self._history.knows(pool):
            self._history.note(pool, state.copy())
        state.apply(message)
        return pool

    def _take_part(self, message: PoolSnapshot) -> Address | None:
        pool = message.pool
        self._history.note(pool, self.pools.pop(pool, None) or self.readings.pop(pool, None))
        parts = self._parts.add(message)
        if parts is None:
            return None
        self.pools[pool] = PoolState.from_snapshot(parts)
        return pool

    def _expect_no_part(self) -> None:
        try:
            self._parts.require_none()
        except StateContradiction:
            self._abandon()
            raise

    def _abandon(self) -> None:
        for pool in self._parts.abandon():
            self.drop(pool)

    def _is_inside(self, pool: Address, origin: Origin) -> bool:
        state = self.pools.get(pool)
        if state is not None:
            return origin.epoch == state.epoch and origin.sequence <= state.sequence
        reading = self.readings.get(pool)
        if reading is None:
            return False
        at = reading.origin
        return origin.epoch == at.epoch and origin.sequence <= at.sequence
