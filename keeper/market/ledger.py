"""Exact state of all pools that logs carry: rows of limbs, changed in place, with a way back."""

from collections.abc import Iterable
from struct import unpack

import numpy as np
from numpy.typing import NDArray

from keeper.chain import Address, Protocol
from keeper.market.arrays import PoolArrays
from keeper.market.kernels.entries import (
    close_journal,
    hold,
    move_ticks,
    put_key,
    put_row,
    put_ticks,
)
from keeper.market.kernels.layout import (
    CONCENTRATED,
    COUNT,
    EMPTY,
    FEE,
    INTS,
    OFFSET,
    PAIR,
    SPACING,
    TICK,
    WORDS,
)
from keeper.market.kernels.limbs import SCRATCH
from keeper.market.kernels.positions import NO_ROOM
from keeper.market.kernels.publish import publish
from keeper.market.kernels.rows import (
    CHANGED,
    META,
    PROTOCOL_FEE,
    ROOM,
    Integers,
    Rows,
    empty_columns,
)
from keeper.market.kernels.stream import apply_frames
from keeper.market.kernels.updates import apply_update
from keeper.market.undo import Row, Undo
from keeper.relay.codec import encode_payload, id_of
from keeper.relay.messages import Delta, Origin
from keeper.relay.pool_state import PoolState

_LIMB = (1 << 64) - 1
_SPARE_TICKS = 6
"""Rows that a chunk keeps free for ticks to come."""


class Ledger:
    """The rows of `kernels.rows`, by slot; ticks share the heap of `arrays`.

    The open block's changes are visible in `rows` alone: `show` brings whole blocks to `arrays`.
    """

    def __init__(self, arrays: PoolArrays) -> None:
        self._arrays = arrays
        self._columns = list(empty_columns(arrays.room))
        self._counts = np.zeros(4, dtype=np.int64)
        self._index = _table(4 * arrays.room)
        self._pools: list[tuple[Address, int]] = []
        self._scratch = np.zeros(SCRATCH, dtype=np.uint64)
        self._chunks: dict[int, tuple[int | None, int | None]] = {}
        self.rows = self._tuple()

    def reserve(self, slots: int) -> None:
        """Make room for so many slots of `arrays`."""
        while slots > len(self._columns[0]):
            self._columns = [np.concatenate([c, np.zeros_like(c)]) for c in self._columns]
            self.rows = self._tuple()

    def add(self, slot: int, pool: Address, protocol: Protocol) -> None:
        """Let messages find a pool at its slot."""
        self._pools.append((pool, slot))
        fresh = self._pools[-1:]
        if 2 * len(self._pools) > len(self._index[1]):
            self._index = _table(4 * len(self._index[1]))
            self.rows, fresh = self._tuple(), self._pools
        for known, place in fresh:
            low, middle, top = unpack("<qqI", known)
            put_key(self.rows, low, middle, top, place)
        self.rows.protocols[slot] = protocol

    @property
    def changed(self) -> Integers:
        """Slots that the open block changed."""
        return self.rows.slots[: self._counts[CHANGED]]

    def apply(self, slot: int, message: Delta) -> int:
        """Apply one message of a slot's pool; returns a status of `kernels.positions`."""
        kind, data = id_of(message), np.frombuffer(encode_payload(message), dtype=np.uint8)
        status = apply_update(self.rows, self._scratch, kind, data, 0)
        if status == NO_ROOM:
            self._own_ticks(slot)
            status = apply_update(self.rows, self._scratch, kind, data, 0)
        return status

    def take(self, stream: bytes, start: int, epoch: int, sequence: int) -> tuple[int, int]:
        """Apply whole frames of updates; see `kernels.stream.apply_frames`."""
        data = np.frombuffer(stream, dtype=np.uint8)
        return apply_frames(self.rows, self._scratch, data, start, epoch, sequence)

    def put(self, slot: int, state: PoolState, origin: Origin) -> None:
        """Replace a pool's state by one that was checked."""
        meta = np.array([*stamp(origin), 1, 0], dtype=np.int64)
        ints = np.zeros(INTS, dtype=np.int64)
        ints[FEE], ints[PROTOCOL_FEE] = state.fee_pips, state.protocol_fee
        if state.protocol is Protocol.UNISWAP_V2:
            self._exchange_chunk(slot, None)
            words = _limbs(state.reserve0, 2) + _limbs(state.reserve1, 2) + [0]
            put_row(self.rows, slot, PAIR, np.array(words, dtype=np.uint64), ints, meta)
            return
        count = len(state.tick_index)
        offset, meta[ROOM] = self._arrays.take_chunk(count + _SPARE_TICKS)
        self._exchange_chunk(slot, offset)
        ints[TICK], ints[SPACING], ints[OFFSET] = state.tick, state.tick_spacing, offset
        words = _limbs(state.sqrt_price_x96, 3) + _limbs(state.liquidity, 2)
        put_row(self.rows, slot, CONCENTRATED, np.array(words, dtype=np.uint64), ints, meta)
        ticks = np.array(state.tick_index, dtype=np.int64)
        nets = _limb_rows(state.ticks[tick] for tick in state.tick_index)
        gross = _limb_rows(state.gross[tick] for tick in state.tick_index)
        put_ticks(self.rows, self._scratch, slot, ticks, nets, gross)

    def drop(self, slot: int) -> None:
        """Forget a pool's state, also as what the open block replaced."""
        self._exchange_chunk(slot, None)
        nothing = _NOTHING
        put_row(self.rows, slot, EMPTY, nothing.words, nothing.ints, nothing.meta)
        hold(self.rows, slot)

    def reset(self) -> None:
        """Forget all states, all blocks and the chunks of the arrays' ticks; the slots stay."""
        self.rows.kinds[:] = EMPTY
        self.rows.journal[:] = 0
        self._counts[CHANGED] = 0
        self._chunks.clear()

    def show(self, slots: Integers, fees: Integers) -> None:
        """Bring the rows of `slots`, none of them empty, to the arrays; `fees` are whole, pips."""
        publish(self.rows, self._arrays.flat, slots, fees)

    def close(self, waiting: Iterable[int], *, kept: bool) -> Undo:
        """End the open block and give what it replaced; no rows where that will not be kept.

        Pools that wait go on as changed by the next, unknown until then.
        """
        order = np.argsort(self.changed) if kept else np.empty(0, dtype=np.int64)
        rows = self.rows
        undo = Undo(
            rows.slots[order],
            rows.old_kinds[order],
            rows.old_words[order],
            rows.old_ints[order],
            rows.old_meta[order],
            chunks=self._chunks,
        )
        self._chunks = {}
        close_journal(rows)
        for slot in waiting:
            hold(rows, slot)
            if slot in undo.chunks:
                before, now = undo.chunks[slot]
                undo.chunks[slot], self._chunks[slot] = (before, None), (None, now)
        return undo

    def take_back(self, undo: Undo) -> None:
        """Put back what a closed block replaced; nothing may be open."""
        rows, slots = self.rows, undo.slots
        rows.kinds[slots], rows.words[slots] = undo.kinds, undo.words
        rows.ints[slots], rows.meta[slots] = undo.ints, undo.meta
        for _, now in undo.chunks.values():
            if now is not None:
                self._arrays.release_chunk(now)

    def expire(self, undo: Undo) -> None:
        """A closed block will not be taken back any more: what it replaced is not needed."""
        for before, _ in undo.chunks.values():
            if before is not None:
                self._arrays.release_chunk(before)

    def row(self, slot: int) -> Row:
        """A slot's row as it stood before the open block."""
        rows, at = self.rows, int(self.rows.journal[slot]) - 1
        if at < 0:
            return self.open_row(slot)
        return Row(
            int(rows.old_kinds[at]), rows.old_words[at], rows.old_ints[at], rows.old_meta[at]
        )

    def memory_bytes(self) -> int:
        """What the rows take; ticks lie in the heap of the arrays."""
        return sum(column.nbytes for column in (*self._columns, *self._index))

    def open_row(self, slot: int) -> Row:
        """A slot's row as the open block has it."""
        rows = self.rows
        return Row(int(rows.kinds[slot]), rows.words[slot], rows.ints[slot], rows.meta[slot])

    def _own_ticks(self, slot: int) -> None:
        """Copy a pool's ticks to a chunk of the open block with room for more."""
        before = int(self.rows.ints[slot, OFFSET])
        count = int(self.rows.ints[slot, COUNT])
        offset, room = self._arrays.take_chunk(count + _SPARE_TICKS)
        self.rows = self._tuple()
        move_ticks(self.rows, slot, offset, room)
        self._exchange_chunk(slot, offset, before)

    def _exchange_chunk(self, slot: int, offset: int | None, before: int | None = None) -> None:
        """Note a pool's new chunk; the one before stays, unless the open block made it."""
        self.rows = self._tuple()
        noted = self._chunks.get(slot)
        if noted is not None:
            before, made = noted
            if made is not None:
                self._arrays.release_chunk(made)
        elif before is None and self.rows.kinds[slot] == CONCENTRATED:
            before = int(self.rows.ints[slot, OFFSET])
        if before is not None or offset is not None:
            self._chunks[slot] = (before, offset)
        else:
            self._chunks.pop(slot, None)

    def _tuple(self) -> Rows:
        columns = (*self._columns, self._counts, *self._index, *self._arrays.tick_columns)
        return Rows(*columns)  # type: ignore[arg-type]


def stamp(origin: Origin) -> tuple[int, int, int]:
    """Sequence, block number and the block hash's first 8 bytes, as `meta` holds them."""
    start = int.from_bytes(origin.block_hash[:8], "little")
    return _signed(origin.sequence), _signed(origin.block_number), _signed(start)


def _signed(number: int) -> int:
    return (number + (1 << 63) & _LIMB) - (1 << 63)


def _table(size: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    return np.zeros((size, 3), dtype=np.uint64), np.zeros(size, dtype=np.int64)


def _limbs(number: int, count: int) -> list[int]:
    return [number >> 64 * place & _LIMB for place in range(count)]


def _limb_rows(numbers: Iterable[int]) -> NDArray[np.uint64]:
    return np.array([_limbs(n, 2) for n in numbers], dtype=np.uint64).reshape(-1, 2)


_NOTHING = Row(
    EMPTY,
    np.zeros(WORDS, dtype=np.uint64),
    np.zeros(INTS, dtype=np.int64),
    np.zeros(META, dtype=np.int64),
)
