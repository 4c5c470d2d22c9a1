"""CRC-32 (IEEE 802.3, as zlib's) over bytes, eight at a time (Kounavis and Berry 2005)."""

import numpy as np
from numpy.typing import NDArray

from keeper.market.kernels.compiler import inner

Bytes = NDArray[np.uint8]

_POLYNOMIAL = 0xEDB88320
_ONES = np.uint64(0xFFFF_FFFF)
_BYTE = np.uint64(0xFF)
_8, _16, _24 = np.uint64(8), np.uint64(16), np.uint64(24)


def _tables() -> NDArray[np.uint32]:
    """Row k: what a byte does to the remainder k bytes later."""
    tables = np.zeros((8, 256), dtype=np.uint32)
    for byte in range(256):
        rest = byte
        for _ in range(8):
            rest = rest >> 1 ^ (_POLYNOMIAL if rest & 1 else 0)
        tables[0, byte] = rest
    for row in range(1, 8):
        before = tables[row - 1]
        tables[row] = before >> 8 ^ tables[0][before & 0xFF]
    return tables


_TABLES = _tables()


@inner
def integer(word: np.uint64) -> int:
    """The same bits as a signed integer."""
    return np.int64(word)  # type: ignore[return-value]


@inner
def word32(data: Bytes, at: int) -> np.uint64:
    """Four bytes as a little-endian integer."""
    return (
        np.uint64(data[at])
        | (np.uint64(data[at + 1]) << _8)
        | (np.uint64(data[at + 2]) << _16)
        | (np.uint64(data[at + 3]) << _24)
    )


@inner
def _step(low: np.uint64, row: int) -> np.uint64:
    """What four bytes do, the first of them `row` + 3 places from the end of eight."""
    return (
        np.uint64(_TABLES[row + 3, low & _BYTE])
        ^ np.uint64(_TABLES[row + 2, (low >> _8) & _BYTE])
        ^ np.uint64(_TABLES[row + 1, (low >> _16) & _BYTE])
        ^ np.uint64(_TABLES[row, (low >> _24) & _BYTE])
    )


@inner
def crc32(data: Bytes, start: int, end: int, seed: int) -> np.uint64:
    """Checksum of the bytes from `start` to `end`; `seed` is that of what precedes them."""
    rest = np.uint64(seed) ^ _ONES
    at = start
    while at + 8 <= end:
        rest = _step(rest ^ word32(data, at), 4) ^ _step(word32(data, at + 4), 0)
        at += 8
    while at < end:
        rest = (rest >> _8) ^ np.uint64(_TABLES[0, (rest ^ np.uint64(data[at])) & _BYTE])
        at += 1
    return rest ^ _ONES
