"""Frames of a stream, checked and applied without an object each."""

import numpy as np

from keeper.market.kernels.compiler import inner, kernel
from keeper.market.kernels.crc import Bytes, crc32, word32
from keeper.market.kernels.limbs import Words
from keeper.market.kernels.positions import LEFT_OUT
from keeper.market.kernels.rows import Rows, word64
from keeper.market.kernels.updates import (
    FEE_CHANGE,
    LIQUIDITY_CHANGE,
    SWAP,
    SYNC,
    apply_update,
)
from keeper.relay.frames import HEADER_BYTES, MAGIC
from keeper.relay.table import TABLE, offsets

_LAYOUTS = {layout.id: layout.name for layout in TABLE.layouts}
_IDS = np.array([SYNC, SWAP, LIQUIDITY_CHANGE, FEE_CHANGE])
_LEAST = np.array([offsets(TABLE, _LAYOUTS[int(kind)])["end"] for kind in _IDS])
"""Bytes of each payload; a newer writer's may be longer."""


def _seed(kind: int) -> int:
    from zlib import crc32 as checksum  # noqa: PLC0415 -- the kernels' own bears the name

    return checksum(bytes((kind, TABLE.schema_version)))


_SEEDS = np.array([_seed(int(kind)) for kind in _IDS])
_VERSION = TABLE.schema_version
_CRC, _BODY = offsets(TABLE, "PoolSync")["crc32"], offsets(TABLE, "PoolSync")["epoch"]
_EPOCH, _SEQUENCE = _BODY, offsets(TABLE, "PoolSync")["sequence"]


@kernel
def apply_frames(
    rows: Rows, w: Words, data: Bytes, start: int, epoch: int, sequence: int
) -> tuple[int, int]:
    """Apply the updates at `start` that follow `sequence` in `epoch` without a fault.

    Returns where the first frame begins that is not one of them, not whole, or wrong in any way,
    and the sequence of the last that was applied: what to think of the rest is for others to say.
    """
    at, end = start, data.shape[0]
    while end - at >= HEADER_BYTES:
        length = int(data[at + 3]) + 256 * int(data[at + 4])
        body = at + HEADER_BYTES
        if data[at] != MAGIC or data[at + 2] != 0 or body + length > end:
            break
        kind = int(data[at + 1])
        if not _is_sound(data, body, length, kind):
            break
        if word64(data, body + _EPOCH) != np.uint64(epoch):
            break
        if word64(data, body + _SEQUENCE) != np.uint64(sequence + 1):
            break
        if apply_update(rows, w, kind, data, body) > LEFT_OUT:
            break
        at, sequence = body + length, sequence + 1
    return at, sequence


@inner
def _is_sound(data: Bytes, body: int, length: int, kind: int) -> bool:
    """Whether a payload is one of an update, whole and as it was sent."""
    for place in range(_IDS.shape[0]):
        if _IDS[place] == kind:
            if length < _LEAST[place] or data[body] != _VERSION:
                return False
            found = crc32(data, body + _BODY, body + length, _SEEDS[place])
            return bool(found == word32(data, body + _CRC))
    return False
