"""The latest exact state of every pool, built from messages alone."""

from keeper.chain import Address
from keeper.relay.messages import BlockBoundary, Message, Origin, PoolSnapshot
from keeper.relay.pool_state import PoolState, StateContradiction

__all__ = ["Book", "PoolState", "StateContradiction"]


class Book:
    """Pools by address, as of the last message applied; `boundary` is the last block boundary.

    A message already inside a pool's state (by sequence) is dropped and counted in `repeated`, one
    for a pool without a snapshot in `unknown`. Pools that contradict a message leave the book.
    """

    def __init__(self) -> None:
        self.pools: dict[Address, PoolState] = {}
        self.boundary: BlockBoundary | None = None
        self.repeated = 0
        self.unknown = 0
        self._parts: list[PoolSnapshot] = []

    def reset(self) -> None:
        """Forget all pools: a new epoch, or a gap, makes every state doubtful."""
        self.pools.clear()
        self._parts.clear()
        self.boundary = None

    def apply(self, message: Message) -> PoolState | None:
        """Advance by one message and return the pool it changed, None where it changed none.

        Raises `StateContradiction`, after which the pool is absent until its next snapshot.
        """
        if isinstance(message, BlockBoundary):
            self._expect_no_part()
            self.boundary = message
            return None
        state = self.pools.get(message.pool)
        if state is not None and _is_inside(state, message.origin):
            self.repeated += 1
            return None
        if isinstance(message, PoolSnapshot):
            return self._take_part(message)
        self._expect_no_part()
        if state is None:
            self.unknown += 1
            return None
        try:
            state.apply(message)
        except StateContradiction:
            del self.pools[message.pool]
            raise
        return state

    def _take_part(self, message: PoolSnapshot) -> PoolState | None:
        self.pools.pop(message.pool, None)
        held = self._parts
        fits = message.part == len(held) and message.part < message.parts
        if not fits or (held and not _same_snapshot(held[-1], message)):
            raise self._cut_snapshot(message.pool)
        held.append(message)
        if len(held) < message.parts:
            return None
        self._parts = []
        state = PoolState.from_snapshot(held)
        self.pools[state.pool] = state
        return state

    def _expect_no_part(self) -> None:
        if self._parts:
            raise self._cut_snapshot(self._parts[0].pool)

    def _cut_snapshot(self, pool: Address) -> StateContradiction:
        self._parts = []
        return StateContradiction(
            f"pool 0x{pool.hex()}: its snapshot came in parts that do not join; "
            "wait for its next snapshot"
        )


def _is_inside(state: PoolState, origin: Origin) -> bool:
    return origin.epoch == state.epoch and origin.sequence <= state.sequence


def _same_snapshot(one: PoolSnapshot, two: PoolSnapshot) -> bool:
    return (one.pool, one.parts, one.origin.epoch, one.origin.block_hash) == (
        two.pool,
        two.parts,
        two.origin.epoch,
        two.origin.block_hash,
    )
