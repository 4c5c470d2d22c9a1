"""Flat float arrays derived from exact states, one row a pool, updated in place."""

from math import inf, log

import numpy as np
from numpy.typing import NDArray

from keeper.market.venues.base import VenueState

_GROWTH = 2


class FloatArrays:
    """`log_prices` [slot, direction] as in `MarketView`; `depths` [slot, token] virtual reserves.

    Direction 0 sells token0. Depth is in raw units of the token, 0 where nothing is traded.
    """

    def __init__(self) -> None:
        self._size = 0
        self._log_prices = np.full((16, 2), -inf)
        self._depths = np.zeros((16, 2))

    def append(self) -> int:
        """Make room for one more pool and return its slot."""
        if self._size == len(self._log_prices):
            shape = (self._size * _GROWTH, 2)
            prices, depths = np.full(shape, -inf), np.zeros(shape)
            prices[: self._size], depths[: self._size] = self._log_prices, self._depths
            self._log_prices, self._depths = prices, depths
        self._size += 1
        return self._size - 1

    def update(self, slot: int, state: VenueState | None) -> None:
        """Derive the slot's floats from its exact state; None clears them."""
        for direction in (0, 1):
            first = next(state.segments(zero_for_one=direction == 0), None) if state else None
            usable = first is not None and 0.0 < first.price < inf and 0.0 < first.slope < inf
            if first is None or not usable:
                self._log_prices[slot, direction] = -inf
                self._depths[slot, direction] = 0.0
                continue
            self._log_prices[slot, direction] = log(first.price)
            self._depths[slot, direction] = 1.0 / first.slope

    @property
    def depths(self) -> NDArray[np.float64]:
        """The live depths; not to be kept beyond the current call."""
        return self._depths[: self._size]

    @property
    def log_prices(self) -> NDArray[np.float64]:
        """The live prices; not to be kept beyond the current call."""
        return self._log_prices[: self._size]

    def frozen_log_prices(self) -> NDArray[np.float64]:
        """A read-only copy for a view."""
        copy = self._log_prices[: self._size].copy()
        copy.setflags(write=False)
        return copy
