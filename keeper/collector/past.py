"""What followed pools were seen to be: hints are held against it, and change nothing."""

from collections.abc import Iterable

from keeper.chain import Address, Protocol
from keeper.collector.states import UNSTAMPED, State
from keeper.relay.messages import Message, PoolSwap, PoolSync
from keeper.relay.pool_state import PoolState
from keeper.relay.publisher import Fact
from keeper.relay.tlv import PoolHint, PoolNews, SwapHint

KEPT_STATES = 64
_LOW_128 = (1 << 128) - 1
"""Of a price: a PoolState has no more of it."""

Values = tuple[int, ...]


class Past:
    """The last states of each pool of two tokens: its reserves, or price, liquidity and tick."""

    def __init__(self) -> None:
        self._protocols: dict[Address, Protocol] = {}
        self._seen: dict[Address, tuple[Values, ...]] = {}

    def follow(self, state: State) -> None:
        """A pool was read from the node."""
        self._protocols[state.pool] = state.protocol
        if isinstance(state, PoolState):
            self._add(state.pool, _values(state))

    def note(self, facts: Iterable[Fact]) -> None:
        """What logs made of pools, one after the other."""
        for fact in facts:
            message: Message = fact.make(UNSTAMPED)
            if isinstance(message, PoolSync):
                self._add(message.pool, (message.reserve0, message.reserve1))
            elif isinstance(message, PoolSwap):
                self._add(message.pool, _moved(message))

    def contradicts(self, hint: PoolNews) -> bool:
        """Whether the hint says what its pool was not seen to be.

        A change without the state that it left says nothing. Baskets change without logs, so
        whatever is said of them is news.
        """
        protocol = self._protocols.get(hint.pool)
        said: Values | None = None
        if protocol is Protocol.UNISWAP_V2:
            if isinstance(hint, PoolHint):
                said = hint.reserve0, hint.reserve1
        elif protocol in _WITH_TICKS:
            if isinstance(hint, PoolHint | SwapHint):
                said = _moved(hint)
        else:
            return True
        return said is not None and said not in self._seen.get(hint.pool, ())

    def _add(self, pool: Address, values: Values) -> None:
        self._seen[pool] = (*self._seen.get(pool, ())[1 - KEPT_STATES :], values)


_WITH_TICKS = {Protocol.UNISWAP_V3, Protocol.ALGEBRA_V1, Protocol.UNISWAP_V4}


def _values(state: PoolState) -> Values:
    if state.protocol is Protocol.UNISWAP_V2:
        return state.reserve0, state.reserve1
    return _moved(state)


def _moved(state: PoolState | PoolSwap | PoolHint | SwapHint) -> Values:
    return state.sqrt_price_x96 & _LOW_128, state.liquidity, state.tick
