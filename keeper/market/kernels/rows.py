"""The exact state of pools that logs carry, one row a pool, as it stands in the open block.

What the open block replaces is kept beside it, so that a block can be taken back.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import inner
from keeper.market.kernels.crc import Bytes, integer, word32
from keeper.market.kernels.layout import INTS, WORDS
from keeper.market.kernels.limbs import HALF, ONE, Word

PROTOCOL_FEE = 7
"""Column of `ints`: a Uniswap V4 pool's packed protocol fees. FEE is as in its messages."""

Integers = NDArray[np.int64]

SEQUENCE, NUMBER, HASH, WHOLE, ROOM = range(5)
"""Columns of `meta`: the message that last changed the pool (its sequence, the number and the first
8 bytes of the hash of its block, whether it was the whole state), and how many ticks fit the
pool's chunk, 0 while that is not the open block's own to change."""
META = 5

CHANGED, APPLIED, UNKNOWN, REPEATED = range(4)
"""Columns of `counts`: rows of the open block's journal; messages since the start that changed a
pool, met no pool, or were inside its state already."""


class Rows(NamedTuple):
    """`kinds`, `words` and `ints` as in `FlatPools`, of the open block; `protocols` never change.

    `journal` [slot] is 1 + the row of `slots` and `old_*`, which hold what the open block replaced,
    0 for a pool that it left alone. `tick_gross` [tick] is liquidity in 2 limbs, beside the other
    columns of ticks. `keys` and `places` are an open-addressed table from an address, in 3 words,
    to 1 + slot.
    """

    kinds: NDArray[np.uint8]
    words: NDArray[np.uint64]
    ints: NDArray[np.int64]
    meta: NDArray[np.int64]
    protocols: NDArray[np.uint8]
    journal: NDArray[np.int64]
    slots: NDArray[np.int64]
    old_kinds: NDArray[np.uint8]
    old_words: NDArray[np.uint64]
    old_ints: NDArray[np.int64]
    old_meta: NDArray[np.int64]
    counts: NDArray[np.int64]
    keys: NDArray[np.uint64]
    places: NDArray[np.int64]
    tick_at: NDArray[np.int64]
    tick_words: NDArray[np.uint64]
    tick_floats: NDArray[np.float64]
    tick_gross: NDArray[np.uint64]


def empty_columns(rows: int) -> tuple[NDArray[np.generic], ...]:
    """The columns of `Rows` up to `old_meta`, for so many pools."""
    return (
        np.zeros(rows, dtype=np.uint8),
        np.zeros((rows, WORDS), dtype=np.uint64),
        np.zeros((rows, INTS), dtype=np.int64),
        np.zeros((rows, META), dtype=np.int64),
        np.zeros(rows, dtype=np.uint8),
        np.zeros(rows, dtype=np.int64),
        np.zeros(rows, dtype=np.int64),
        np.zeros(rows, dtype=np.uint8),
        np.zeros((rows, WORDS), dtype=np.uint64),
        np.zeros((rows, INTS), dtype=np.int64),
        np.zeros((rows, META), dtype=np.int64),
    )


@inner
def word64(data: Bytes, at: int) -> Word:
    """Eight bytes as a little-endian integer."""
    return word32(data, at) | (word32(data, at + 4) << HALF)


@inner
def signed32(data: Bytes, at: int) -> int:
    """Four bytes as a little-endian integer with a sign."""
    word = integer(word32(data, at))
    return word - (1 << 32) if word >= 1 << 31 else word


@inner
def scatter(low: Word, middle: Word, top: Word) -> Word:
    """A number that any bit of an address changes (Steele et al. 2014, the mixer of SplitMix)."""
    z = low ^ (middle * np.uint64(0x9E3779B97F4A7C15)) ^ (top * np.uint64(0xC2B2AE3D27D4EB4F))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@inner
def find(rows: Rows, data: Bytes, at: int) -> int:
    """Slot of the pool whose 20 bytes begin at `at`, -1 where there is none."""
    low, middle, top = word64(data, at), word64(data, at + 8), word32(data, at + 16)
    mask = rows.places.shape[0] - 1
    place = integer(scatter(low, middle, top) >> ONE) & mask
    while rows.places[place] != 0:
        if (
            rows.keys[place, 0] == low
            and rows.keys[place, 1] == middle
            and rows.keys[place, 2] == top
        ):
            return int(rows.places[place]) - 1
        place = (place + 1) & mask
    return -1


@inner
def note(rows: Rows, slot: int) -> None:
    """Keep what the open block replaces of a pool; only the first of its changes counts."""
    if rows.journal[slot] != 0:
        return
    place = rows.counts[CHANGED]
    rows.slots[place] = slot
    rows.old_kinds[place] = rows.kinds[slot]
    for i in range(WORDS):
        rows.old_words[place, i] = rows.words[slot, i]
    for i in range(INTS):
        rows.old_ints[place, i] = rows.ints[slot, i]
    for i in range(META):
        rows.old_meta[place, i] = rows.meta[slot, i]
    rows.counts[CHANGED] = place + 1
    rows.journal[slot] = place + 1


@inner
def is_changed(rows: Rows, slot: int) -> bool:
    """Whether a message of the open block changed a pool; to be noted alone changes nothing."""
    place = rows.journal[slot] - 1
    return bool(place >= 0 and rows.meta[slot, SEQUENCE] != rows.old_meta[place, SEQUENCE])
