"""What pools were before each of the last blocks: the way back of a reorganisation."""

from collections import deque

from keeper.chain import Address
from keeper.relay.messages import BlockBoundary, PoolReading
from keeper.relay.pool_state import PoolState

KEPT_BLOCKS = 64
"""A reorganisation that goes back further needs fresh snapshots."""

Before = PoolState | PoolReading | None
"""A pool's earlier state; None where it was not known."""


class History:
    """Of each block the states that it replaced, the open block's beside."""

    def __init__(self) -> None:
        self._open: dict[Address, Before] = {}
        self._closed: deque[tuple[BlockBoundary, dict[Address, Before]]] = deque(maxlen=KEPT_BLOCKS)

    def clear(self) -> None:
        """Keep no block: the next boundary has no predecessor."""
        self._open = {}
        self._closed.clear()

    def knows(self, pool: Address) -> bool:
        """Whether what the open block replaced of `pool` is noted."""
        return pool in self._open

    def note(self, pool: Address, before: Before) -> None:
        """Keep what the open block replaces; only the first of its changes counts."""
        self._open.setdefault(pool, before)

    def forget(self, pool: Address) -> None:
        """A pool that was wrong is nowhere to be returned to."""
        self._open[pool] = None
        for _, replaced in self._closed:
            replaced.pop(pool, None)

    def close(self, last: BlockBoundary | None, boundary: BlockBoundary) -> None:
        """The open block is whole; `last` is the boundary before it."""
        if last is None or last.origin.block_hash != boundary.parent_hash:
            self._closed.clear()
        else:
            self._closed.append((last, self._open))
        self._open = {}

    def back_to(
        self, head: BlockBoundary, block_hash: bytes
    ) -> tuple[BlockBoundary, dict[Address, Before]] | None:
        """The boundary of that block, and what pools were there if they changed since.

        None where the block is not kept. The blocks after it are forgotten.
        """
        kept = [head, *(boundary for boundary, _ in reversed(self._closed))]
        if block_hash not in {boundary.origin.block_hash for boundary in kept}:
            return None
        found, boundary = self._open, head
        self._open = {}
        while boundary.origin.block_hash != block_hash:
            boundary, replaced = self._closed.pop()
            found |= replaced
        return boundary, found
