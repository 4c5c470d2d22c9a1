"""Which of the market's own prices are believed: those that neither jump nor are contradicted.

Amounts are exact whatever a price says; prices decide what pays for its gas. Whoever moves the
deepest pool for some blocks must not make a bad trade look good, or gas look cheap.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from statistics import median
from types import MappingProxyType

from keeper.chain import Address

WINDOW_BLOCKS = 15
MAX_RATIO = 1.25
"""Of a price to the median of the window, or to the reference, either way."""
WHOLE_NATIVE_RAW = 1e18


class PriceCheck:
    """Holds `tokens` to the last blocks' prices, and the native token to a reference too.

    `reference` says what a whole native token is worth in USD, None where nobody knows. A price
    that stays is believed once it is the median: after half of the window.
    """

    def __init__(
        self,
        tokens: Iterable[Address],
        native: Address,
        reference: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._native = native
        self._reference = reference
        names = dict.fromkeys((*tokens, native))
        self._seen: dict[Address, deque[float]] = {
            token: deque(maxlen=WINDOW_BLOCKS) for token in names
        }

    def doubted(self, usd_per_raw: Mapping[Address, float]) -> frozenset[Address]:
        """Tokens whose price in this block is not believed; to be called once a block."""
        return frozenset(
            token
            for token, seen in self._seen.items()
            if (price := usd_per_raw.get(token)) is not None
            and self._is_doubted(token, price, seen)
        )

    def _is_doubted(self, token: Address, price: float, seen: deque[float]) -> bool:
        usual = median(seen) if seen else price
        seen.append(price)
        said = self._reference() if token == self._native else None
        contradicted = said is not None and not _agree(price * WHOLE_NATIVE_RAW, said)
        return contradicted or not _agree(price, usual)


def without(
    usd_per_raw: Mapping[Address, float], doubted: frozenset[Address]
) -> Mapping[Address, float]:
    """The prices of all other tokens."""
    kept = {token: price for token, price in usd_per_raw.items() if token not in doubted}
    return MappingProxyType(kept)


def _agree(one: float, other: float) -> bool:
    return other / MAX_RATIO <= one <= other * MAX_RATIO
