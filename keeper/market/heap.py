"""Room for rows of changing number: chunks of powers of two, reused once given back."""

import numpy as np
from numpy.typing import NDArray

_LEAST = 4


class Heap:
    """Columns of equal length in which each owner holds one chunk of consecutive rows.

    `columns` are replaced by longer copies when all room is taken.
    """

    def __init__(self, *columns: NDArray[np.generic]) -> None:
        self.columns = list(columns)
        self._end = 0
        self._free: dict[int, list[int]] = {}
        self._sizes: dict[int, int] = {}

    def resize(self, offset: int | None, rows: int) -> int:
        """A chunk of at least `rows` rows in place of the one at `offset`, whose rows may be lost.

        Returns where it begins: `offset` itself where that chunk is large enough.
        """
        if offset is not None:
            if self._sizes[offset] >= rows:
                return offset
            self.release(offset)
        size = max(1 << max(rows - 1, 0).bit_length(), _LEAST)
        free = self._free.get(size)
        place = free.pop() if free else self._extend(size)
        self._sizes[place] = size
        return place

    def size(self, offset: int) -> int:
        """Rows of the chunk at `offset`."""
        return self._sizes[offset]

    def used(self) -> list[NDArray[np.generic]]:
        """The columns up to the end of the last chunk ever given; beyond nothing was written."""
        return [column[: self._end] for column in self.columns]

    def release(self, offset: int) -> None:
        """Give a chunk back."""
        self._free.setdefault(self._sizes.pop(offset), []).append(offset)

    def reset(self) -> None:
        """Take all chunks back."""
        self._end = 0
        self._free.clear()
        self._sizes.clear()

    def _extend(self, size: int) -> int:
        place, self._end = self._end, self._end + size
        length = len(self.columns[0])
        if self._end > length:
            self.columns = [_longer(column, max(self._end, 2 * length)) for column in self.columns]
        return place


def _longer(column: NDArray[np.generic], length: int) -> NDArray[np.generic]:
    grown = np.zeros((length, *column.shape[1:]), dtype=column.dtype)
    grown[: len(column)] = column
    return grown
