"""Snapshots that come in parts, put together."""

from keeper.chain import Address
from keeper.relay.messages import PoolSnapshot
from keeper.relay.pool_state import StateContradiction


class Parts:
    """The parts of one snapshot that have come; all of a snapshot's follow each other."""

    def __init__(self) -> None:
        self._held: list[PoolSnapshot] = []

    @property
    def pending(self) -> bool:
        """Whether a snapshot has begun that is not whole."""
        return bool(self._held)

    def add(self, message: PoolSnapshot) -> list[PoolSnapshot] | None:
        """All parts, once the last is here; raises `StateContradiction` where they do not join."""
        held = self._held
        fits = message.part == len(held) and message.part < message.parts
        if not fits or (held and not _same_snapshot(held[-1], message)):
            raise _cut(message.pool)
        held.append(message)
        if len(held) < message.parts:
            return None
        self._held = []
        return held

    def require_none(self) -> None:
        """Raise `StateContradiction` where something else comes between two parts."""
        if self._held:
            raise _cut(self._held[0].pool)

    def abandon(self) -> set[Address]:
        """Wait for no further part; gives the pool that loses its snapshot, if any."""
        pools = {part.pool for part in self._held}
        self._held = []
        return pools


def _cut(pool: Address) -> StateContradiction:
    return StateContradiction(
        f"pool 0x{pool.hex()}: its snapshot came in parts that do not join; "
        "wait for its next snapshot"
    )


def _same_snapshot(one: PoolSnapshot, two: PoolSnapshot) -> bool:
    return (one.pool, one.parts, one.origin.epoch, one.origin.block_hash) == (
        two.pool,
        two.parts,
        two.origin.epoch,
        two.origin.block_hash,
    )
