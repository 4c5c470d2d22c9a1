"""All known pools with their exact state, block by block: what the market's laws work on."""

from collections.abc import Iterable, KeysView, Sequence
from threading import Lock
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from keeper.chain import Address, Protocol
from keeper.market.arrays import PoolArrays
from keeper.market.kernels.layout import COUNT, EMPTY, FEE, OFFSET, TICK, TICK_NET
from keeper.market.kernels.positions import CONTRADICTED
from keeper.market.kernels.rows import HASH, NUMBER, PROTOCOL_FEE, SEQUENCE, WHOLE, Integers
from keeper.market.keys import keys_of
from keeper.market.ledger import Ledger, stamp
from keeper.market.reading import Reading, take
from keeper.market.undo import Closed, Journal, Row, Undo
from keeper.market.venues import registry
from keeper.market.venues.base import PoolExcluded, VenueState
from keeper.market.venues.pairs import PairState
from keeper.market.venues.uniswap_v3 import stands_in
from keeper.market.view import Change, PoolKey, Topology, Untradable
from keeper.relay.messages import BlockBoundary, Delta, Origin, PoolReading
from keeper.relay.pool_state import PoolState, StateContradiction
from keeper.turns import Turns

PART = 512
"""Pools that are shown before others may have their turn of the loop."""


class Pools:
    """Slots, exact states, and the arrays that show the last whole block.

    `topology` and `untradable` are as of the last block closed, but for pools lost since.
    """

    def __init__(self) -> None:
        self.topology = Topology(0, (), MappingProxyType({}))
        self.untradable: dict[Address, Untradable] = {}
        self.contradictions = 0
        self.arrays = PoolArrays()
        self.ledger = Ledger(self.arrays)
        self._slots: dict[Address, int] = {}
        self._keys: list[PoolKey] = []
        self._readings: dict[Address, Reading] = {}
        self._replaced: dict[Address, Reading | None] = {}
        self._journal = Journal()
        self._shown = 0
        self._lock = Lock()

    @property
    def known(self) -> KeysView[Address]:
        """All pools that ever had a state."""
        return self._slots.keys()

    @property
    def keys(self) -> Sequence[PoolKey]:
        """Of every slot, those of the open block's new pools included."""
        return self._keys

    def put(self, state: PoolState, origin: Origin) -> None:
        """Take a whole state; raises `StateContradiction` where it cannot be this pool's."""
        pair = state.protocol is Protocol.UNISWAP_V2
        if not (pair or stands_in(state.tick, state.sqrt_price_x96)):
            raise StateContradiction(f"pool 0x{state.pool.hex()}: its tick denies its price")
        known = state.pool in self._slots
        slot = self._admit(state.pool, keys_of(state))
        if not known:
            self.ledger.add(slot, state.pool, state.protocol)
        self.ledger.put(slot, state, origin)

    def read(self, message: PoolReading) -> None:
        """Take a reading; raises `StateContradiction` as `put` does, and `PoolExcluded`."""
        before = self._readings.get(message.pool)
        reading = take(message, before)
        self._admit(message.pool, reading.keys)
        self._replaced.setdefault(message.pool, before)
        self._readings[message.pool] = reading

    def is_inside(self, pool: Address, origin: Origin) -> bool:
        """Whether a pool's state has a message of that origin inside already."""
        slot = self._slots.get(pool)
        if slot is None:
            return False
        reading = self._readings.get(pool)
        if reading is not None:
            return origin.sequence <= reading.origin.sequence
        rows = self.ledger.rows
        known = rows.kinds[slot] != EMPTY
        return bool(known and stamp(origin)[0] <= rows.meta[slot, SEQUENCE])

    def apply(self, message: Delta) -> None:
        """Apply one log's message; raises `StateContradiction` where the pool denies it."""
        slot = self._slots.get(message.pool)
        if slot is None or message.pool in self._readings:
            return
        if self.ledger.apply(slot, message) >= CONTRADICTED:
            raise StateContradiction(f"pool 0x{message.pool.hex()} denies a message")

    def contradict(self, pool: Address) -> None:
        """Lose a pool to a message that denied it."""
        self.contradictions += 1
        self.lose(pool, Untradable.CONTRADICTED)

    def lose(self, pool: Address, reason: Untradable) -> None:
        """Trust nothing about a pool until its next snapshot, in the blocks behind it neither."""
        slot = self._slots.get(pool)
        if slot is None:
            return
        if pool in self._readings:
            del self._readings[pool]
            self._replaced[pool] = None
        else:
            self.ledger.drop(slot)
        self._journal.forget(slot, pool)
        self.retire(pool, reason)

    def retire(self, pool: Address, reason: Untradable) -> None:
        """Offer a pool no more."""
        self.untradable.setdefault(pool, reason)
        slot = self._slots[pool]
        while slot < len(self._keys) and self._keys[slot].address == pool:
            self.arrays.update(slot, None)
            slot += 1

    def lose_all(self, reason: Untradable) -> Turns[None]:
        """Trust nothing, and keep no block."""
        self._forget_blocks()
        self.ledger.reset()
        self._replaced.clear()
        yield
        yield from self.arrays.clear()
        while self._readings:
            self._readings.popitem()
            yield
        self.untradable = {**dict.fromkeys(self._slots, reason), **self.untradable}
        yield

    def keep_only(self, block_hash: bytes, reason: Untradable) -> Turns[bool]:
        """Lose all pools but those whose whole state came in this block; whether any did."""
        self._forget_blocks()
        wanted = int.from_bytes(block_hash[:8], "little", signed=True)
        meta = self.ledger.rows.meta
        slots = self.ledger.changed
        slots = slots[(meta[slots, WHOLE] == 1) & (meta[slots, HASH] == wanted)]
        certain = {self._keys[slot].address for slot in slots.tolist()}
        for pool in self._replaced:
            reading = self._readings.get(pool)
            if reading is not None and reading.origin.block_hash == block_hash:
                certain.add(pool)
        for pool in list(self._slots):
            if pool not in certain:
                self.lose(pool, reason)
                yield
        return bool(certain)

    def close(self, last: BlockBoundary | None, boundary: BlockBoundary) -> Turns[set[Address]]:
        """The open block is whole: show it, and keep what it replaced; gives what it changed.

        Until the end the states are those of the block before, and the arrays nobody's.
        """
        self.arrays.renew()
        self._publish_topology()
        yield
        slots, changed = self.ledger.changed.copy(), set(self._replaced)
        waiting: list[int] = []
        for part in _parts(slots):
            changed.update(self._keys[slot].address for slot in part.tolist())
            yield
            waiting += yield from self._show(part, boundary)
            yield
        carried = yield from self._show_readings(boundary)
        with self._lock:
            undo = self.ledger.close(waiting, kept=last is not None)
            undo.readings, self._replaced = self._replaced, dict.fromkeys(carried)
            expired: Undo | None = undo
            if last is not None:
                expired = self._journal.append(Closed(last, self._shown, undo))
            self._shown = self.arrays.version
        if expired is not None:
            yield
            self.ledger.expire(expired)
        return changed

    def take_back(
        self, head: BlockBoundary, block_hash: bytes
    ) -> Turns[tuple[BlockBoundary, set[Address]] | None]:
        """Return to the end of a block; gives its boundary and what changed, None if not kept."""
        depth = self._journal.depth_of(head, block_hash)
        if depth is None:
            return None
        self.arrays.renew()
        with self._lock:
            undo = self.ledger.close((), kept=True)
            undo.readings, self._replaced = self._replaced, {}
            returned = self._undo(undo)
        for _ in range(depth):
            yield
            with self._lock:
                closed = self._journal.take_back()
                returned |= self._undo(closed.undo)
                head, self._shown = closed.before, closed.version
        yield from self._show_again(returned)
        return head, returned

    def state(self, pool: Address, version: int) -> VenueState:
        """A tradable pool's frozen state as it was shown under `version` of the arrays.

        Raises `LookupError` where that block is not kept any more.
        """
        with self._lock:
            slot = self._slots[pool]
            row, reading = self._as_of(pool, slot, version)
            if reading is not None:
                key = reading.keys[0]
                return PairState(reading.pool, key.place0, key.place1)
            return registry.freeze(self._exact(slot, row))

    def exact(self, pool: Address) -> PoolState | None:
        """A pool's exact state at the end of the last block; None where logs do not carry it."""
        slot = self._slots.get(pool)
        if slot is None or pool in self._readings:
            return None
        row = self.ledger.row(slot)
        return None if row.kind == EMPTY else self._exact(slot, row)

    def last_change(self, pool: Address) -> Change | None:
        """The message that last changed a pool before the open block; None if it is not known."""
        slot = self._slots.get(pool)
        if slot is None:
            return None
        _, reading = self._as_of(pool, slot, self._shown)
        if reading is not None:
            return Change(reading.origin.block_number, reading.origin.sequence)
        row = self.ledger.row(slot)
        return Change(int(row.meta[NUMBER]), int(row.meta[SEQUENCE])) if row.kind else None

    def memory_bytes(self) -> int:
        """What rows, arrays, ticks and the kept blocks take."""
        return (
            self.ledger.memory_bytes() + self.arrays.memory_bytes() + self._journal.memory_bytes()
        )

    def _admit(self, pool: Address, keys: tuple[PoolKey, ...]) -> int:
        """The first slot of a pool, made now if it is met for the first time."""
        slot = self._slots.get(pool)
        if slot is None:
            slot = self._slots[pool] = len(self._keys)
            self._keys.extend(keys)
            for _ in keys:
                self.arrays.append()
            self.ledger.reserve(len(self._keys))
        elif tuple(self._keys[slot : slot + len(keys)]) != keys:
            raise StateContradiction(f"pool 0x{pool.hex()} is not what it was")
        return slot

    def _publish_topology(self) -> None:
        topology = self.topology
        if len(self._keys) == len(topology.pools):
            return
        slots = MappingProxyType(dict(self._slots))
        self.topology = Topology(topology.version + 1, tuple(self._keys), slots)

    def _show(self, slots: Integers, boundary: BlockBoundary) -> Turns[list[int]]:
        """Show what logs changed and the block bears out; returns the slots that must wait."""
        rows = self.ledger.rows
        slots = slots[rows.kinds[slots] != EMPTY]
        bad, ahead = _verdicts(rows.meta[slots], boundary)
        for slot in slots[bad].tolist():
            self.contradict(self._keys[slot].address)
            yield
        waiting: list[int] = slots[ahead].tolist()
        for slot in waiting:
            self.retire(self._keys[slot].address, Untradable.AHEAD_OF_BLOCK)
            yield
        yield from self._offer(slots[~(bad | ahead)])
        return waiting

    def _offer(self, slots: Integers) -> Turns[None]:
        rows = self.ledger.rows
        fees = rows.ints[slots, FEE]
        shared = rows.ints[slots, PROTOCOL_FEE] != 0  # what a Uniswap V4 pool's protocol takes
        self.ledger.show(slots[~shared], fees[~shared])
        if self.untradable:
            for slot in slots.tolist():
                self.untradable.pop(self._keys[slot].address, None)
        for slot in slots[shared].tolist():
            yield
            self._offer_shared(slot)

    def _offer_shared(self, slot: int) -> None:
        try:
            state = registry.freeze(self._exact(slot, self.ledger.open_row(slot)))
        except PoolExcluded:
            self.retire(self._keys[slot].address, Untradable.EXCLUDED)
        else:
            self.arrays.update(slot, state)

    def _show_readings(self, boundary: BlockBoundary) -> Turns[list[Address]]:
        carried = []
        for pool in self._replaced:
            yield
            reading = self._readings.get(pool)
            if reading is None:
                continue
            meta = np.array([[*stamp(reading.origin), 1]], dtype=np.int64)
            bad, ahead = _verdicts(meta, boundary)
            if bad[0]:
                self.contradict(pool)
            elif ahead[0]:
                carried.append(pool)
                self.retire(pool, Untradable.AHEAD_OF_BLOCK)
            else:
                yield from self._offer_reading(pool, reading)
        return carried

    def _offer_reading(self, pool: Address, reading: Reading) -> Turns[None]:
        for slot, key in enumerate(reading.keys, self._slots[pool]):
            self.arrays.update(slot, PairState(reading.pool, key.place0, key.place1))
            yield
        self.untradable.pop(pool, None)

    def _forget_blocks(self) -> None:
        for undo in self._journal.clear():
            self.ledger.expire(undo)

    def _undo(self, undo: Undo) -> set[Address]:
        self.ledger.take_back(undo)
        for pool, before in undo.readings.items():
            self._readings.pop(pool, None)
            if before is not None:
                self._readings[pool] = before
        return {self._keys[slot].address for slot in undo.slots.tolist()} | undo.readings.keys()

    def _show_again(self, pools: Iterable[Address]) -> Turns[None]:
        kinds, slots = self.ledger.rows.kinds, []
        for pool in pools:
            slot, reading = self._slots[pool], self._readings.get(pool)
            if reading is not None:
                yield from self._offer_reading(pool, reading)
            elif kinds[slot] != EMPTY:
                slots.append(slot)
            else:
                self.retire(pool, Untradable.GAP)
            yield
        for part in _parts(np.array(slots, dtype=np.int64)):
            yield from self._offer(part)
            yield

    def _as_of(self, pool: Address, slot: int, version: int) -> tuple[Row, Reading | None]:
        row, reading = self.ledger.row(slot), self._readings.get(pool)
        if pool in self._replaced:
            reading = self._replaced[pool]
        if version == self._shown:
            return row, reading
        for undo in self._journal.since(version):
            row = undo.row(slot) or row
            reading = undo.readings.get(pool, reading)
        return row, reading

    def _exact(self, slot: int, row: Row) -> PoolState:
        key, rows = self._keys[slot], self.ledger.rows
        first = int(row.ints[OFFSET])
        part = slice(first, first + int(row.ints[COUNT]))
        index = rows.tick_at[part].tolist()
        nets = [_signed(*net) for net in rows.tick_words[part, TICK_NET : TICK_NET + 2].tolist()]
        gross = [low | high << 64 for low, high in rows.tick_gross[part].tolist()]
        words = row.words.tolist()
        pair = key.protocol is Protocol.UNISWAP_V2
        return PoolState(
            pool=key.address,
            protocol=key.protocol,
            factory=key.factory,
            token0=key.token0,
            token1=key.token1,
            decimals0=key.decimals0,
            decimals1=key.decimals1,
            fee_pips=int(row.ints[FEE]),
            tick_spacing=key.tick_spacing,
            reserve0=words[0] | words[1] << 64 if pair else 0,
            reserve1=words[2] | words[3] << 64 if pair else 0,
            sqrt_price_x96=0 if pair else words[0] | words[1] << 64 | words[2] << 128,
            liquidity=0 if pair else words[3] | words[4] << 64,
            tick=int(row.ints[TICK]),
            epoch=0,
            sequence=int(row.meta[SEQUENCE]),
            block_number=int(row.meta[NUMBER]),
            ticks=dict(zip(index, nets, strict=True)),
            gross=dict(zip(index, gross, strict=True)),
            tick_index=index,
            protocol_fee=int(row.ints[PROTOCOL_FEE]),
        )


def _parts(slots: Integers) -> list[Integers]:
    return [slots[at : at + PART] for at in range(0, len(slots), PART)]


def _verdicts(
    meta: Integers, boundary: BlockBoundary
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which changes the closing block contradicts, and which are of a block to come.

    A delta must be of the closing block; a whole state may be older, but not of a sibling.
    """
    _, number, own = stamp(boundary.origin)
    parent = int.from_bytes(boundary.parent_hash[:8], "little", signed=True)
    numbers, hashes, whole = meta[:, NUMBER], meta[:, HASH], meta[:, WHOLE] == 1
    ahead = numbers > number
    same, previous = numbers == number, (numbers == number - 1) & whole
    bad = np.where(same, hashes != own, np.where(previous, hashes != parent, ~whole))
    return bad & ~ahead, ahead


def _signed(low: int, high: int) -> int:
    return (low | high << 64) - (high >> 63 << 128)
