"""What each of the last blocks replaced, so that it can be taken back, or read as it was."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from keeper.chain import Address
from keeper.market.kernels.layout import EMPTY
from keeper.market.kernels.rows import Integers
from keeper.market.reading import Reading
from keeper.relay.history import KEPT_BLOCKS
from keeper.relay.messages import BlockBoundary


@dataclass(frozen=True, slots=True)
class Row:
    """One pool's exact row (see `kernels.rows`); its ticks lie where OFFSET and COUNT say."""

    kind: int
    words: NDArray[np.uint64]
    ints: Integers
    meta: Integers


@dataclass(slots=True)
class Undo:
    """The rows that one block replaced, and the readings; None for one that was not known.

    `chunks` holds, by slot, the ticks' chunk before and after where the block changed it; None is
    no chunk. `slots` ascend.
    """

    slots: Integers
    kinds: NDArray[np.uint8]
    words: NDArray[np.uint64]
    ints: Integers
    meta: Integers
    readings: dict[Address, Reading | None] = field(default_factory=dict)
    chunks: dict[int, tuple[int | None, int | None]] = field(default_factory=dict)

    def row(self, slot: int) -> Row | None:
        """What the block replaced of a slot, None where it left it alone."""
        at = self._place(slot)
        if at is None:
            return None
        return Row(int(self.kinds[at]), self.words[at], self.ints[at], self.meta[at])

    def forget(self, slot: int) -> None:
        """A pool that was wrong is not to be returned to."""
        at = self._place(slot)
        if at is not None:
            self.kinds[at] = EMPTY

    def _place(self, slot: int) -> int | None:
        at = int(self.slots.searchsorted(slot))
        return at if at < len(self.slots) and self.slots[at] == slot else None


@dataclass(frozen=True, slots=True)
class Closed:
    """One block: the boundary before it, the version of what was shown then, and the way back."""

    before: BlockBoundary
    version: int
    undo: Undo


class Journal:
    """The last blocks, oldest first."""

    def __init__(self) -> None:
        self._blocks: deque[Closed] = deque()

    def __len__(self) -> int:
        return len(self._blocks)

    def append(self, closed: Closed) -> Undo | None:
        """Keep one more block; returns what is not kept any more."""
        self._blocks.append(closed)
        return self._blocks.popleft().undo if len(self._blocks) > KEPT_BLOCKS else None

    def clear(self) -> list[Undo]:
        """Keep none; returns what was kept."""
        kept = [closed.undo for closed in self._blocks]
        self._blocks.clear()
        return kept

    def depth_of(self, head: BlockBoundary, block_hash: bytes) -> int | None:
        """How many blocks lie above the one of that hash; None where it is not kept."""
        if head.origin.block_hash == block_hash:
            return 0
        for depth, closed in enumerate(reversed(self._blocks), 1):
            if closed.before.origin.block_hash == block_hash:
                return depth
        return None

    def memory_bytes(self) -> int:
        """What the replaced rows take."""
        undos = [closed.undo for closed in self._blocks]
        columns = [(u.slots, u.kinds, u.words, u.ints, u.meta) for u in undos]
        return sum(column.nbytes for each in columns for column in each)

    def take_back(self) -> Closed:
        """The last block, which is not kept any more."""
        return self._blocks.pop()

    def forget(self, slot: int, pool: Address) -> None:
        """Never return to any state of a pool."""
        for closed in self._blocks:
            closed.undo.forget(slot)
            if pool in closed.undo.readings:
                closed.undo.readings[pool] = None

    def since(self, version: int) -> Iterator[Undo]:
        """The blocks after what was shown under `version`, newest first.

        Raises `LookupError` where that is not kept: it is too old, or was taken back.
        """
        for closed in reversed(self._blocks):
            yield closed.undo
            if closed.version == version:
                return
        raise LookupError("that block is not kept any more; take the present view")
