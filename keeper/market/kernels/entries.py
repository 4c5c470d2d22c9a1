"""Whole states written into the exact rows of `kernels.rows`."""

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import kernel
from keeper.market.kernels.crc import integer
from keeper.market.kernels.layout import (
    ABOVE,
    COUNT,
    EMPTY,
    INTS,
    OFFSET,
    TICK,
    TICK_NET,
    WORDS,
)
from keeper.market.kernels.limbs import ONE, Words
from keeper.market.kernels.positions import copy_row, level_ticks, place_tick, ticks_upto
from keeper.market.kernels.rows import CHANGED, META, ROOM, Integers, Rows, note, scatter

Limbs = NDArray[np.uint64]


@kernel
def put_row(rows: Rows, slot: int, kind: int, words: Limbs, ints: Integers, meta: Integers) -> None:
    """Replace a pool's row within the open block."""
    note(rows, slot)
    rows.kinds[slot] = kind
    for i in range(WORDS):
        rows.words[slot, i] = words[i]
    for i in range(INTS):
        rows.ints[slot, i] = ints[i]
    for i in range(META):
        rows.meta[slot, i] = meta[i]


@kernel
def put_ticks(rows: Rows, w: Words, slot: int, ticks: Integers, nets: Limbs, gross: Limbs) -> None:
    """Fill the chunk that the row names with ticks in rising order, net and gross in 2 limbs."""
    offset = rows.ints[slot, OFFSET]
    for i in range(ticks.shape[0]):
        at = offset + i
        place_tick(rows, w, at, ticks[i])
        for limb in range(2):
            rows.tick_words[at, TICK_NET + limb] = nets[i, limb]
            rows.tick_gross[at, limb] = gross[i, limb]
    rows.ints[slot, COUNT] = ticks.shape[0]
    rows.ints[slot, ABOVE] = ticks_upto(rows, slot, rows.ints[slot, TICK])
    level_ticks(rows, slot)


@kernel
def move_ticks(rows: Rows, slot: int, offset: int, room: int) -> None:
    """Let a pool's ticks continue in another chunk, which the open block owns."""
    note(rows, slot)
    source = rows.ints[slot, OFFSET]
    for i in range(rows.ints[slot, COUNT]):
        copy_row(rows, offset + i, source + i)
    rows.ints[slot, OFFSET], rows.meta[slot, ROOM] = offset, room


@kernel
def hold(rows: Rows, slot: int) -> None:
    """Carry a pool on as changed by the open block, unknown before it."""
    note(rows, slot)
    rows.old_kinds[rows.journal[slot] - 1] = EMPTY


@kernel
def put_key(rows: Rows, low: int, middle: int, top: int, slot: int) -> None:
    """Enter a pool's address, in 3 words, into the table; half of the table stays free."""
    words = (np.uint64(low), np.uint64(middle), np.uint64(top))
    mask = rows.places.shape[0] - 1
    place = integer(scatter(words[0], words[1], words[2]) >> ONE) & mask
    while rows.places[place] != 0:
        place = (place + 1) & mask
    for i in range(3):
        rows.keys[place, i] = words[i]
    rows.places[place] = slot + 1


@kernel
def close_journal(rows: Rows) -> None:
    """Begin the next block: nothing is changed in it yet, and no chunk of ticks is its own."""
    for place in range(rows.counts[CHANGED]):
        rows.journal[rows.slots[place]] = 0
        rows.meta[rows.slots[place], ROOM] = 0
    rows.counts[CHANGED] = 0
