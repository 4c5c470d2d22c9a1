"""The frames of a bench market as a relay would send them: a joiner's snapshots, then blocks."""

from collections.abc import Iterator, Sequence
from hashlib import sha256

from bench.markets import Shocks, Update
from keeper.chain import Address
from keeper.market.venues.base import VenueState
from keeper.market.venues.uniswap_v2 import V2State
from keeper.market.venues.uniswap_v3 import V3State
from keeper.relay.codec import encode_frame
from keeper.relay.messages import NO_INDEX, BlockBoundary, Message, Origin, PoolSwap, PoolSync
from keeper.relay.pool_state import PoolState

EPOCH = 1


class FrameStream:
    """Encodes states as of a first block, and then blocks of updates, numbered without a gap."""

    def __init__(self, pools: Sequence[Address], number: int) -> None:
        self.number = number
        self._pools = pools
        self._sequence = 0

    def joined(self, states: Sequence[PoolState]) -> Iterator[bytes]:
        """All states and the boundary of the first block."""
        origin = self._origin()
        for state in states:
            for part in state.snapshot(origin):
                yield encode_frame(part)
        yield self._boundary()

    def block(self, updates: Sequence[Update]) -> Iterator[bytes]:
        """The updates of one more block, and its boundary."""
        self.number += 1
        for update in updates:
            self._sequence += 1
            yield encode_frame(message_of(self._pools[update.slot], update.state, self._origin()))
        self._sequence += 1
        yield self._boundary()

    def _boundary(self) -> bytes:
        origin = self._origin()._replace(transaction_index=NO_INDEX, log_index=NO_INDEX)
        parent = _hash(self.number - 1)
        return encode_frame(BlockBoundary(origin, parent, 2 * self.number, 30 * 10**9))

    def _origin(self) -> Origin:
        here = (self.number, _hash(self.number))
        return Origin(EPOCH, self._sequence, 137, *here, 0, 0, 1, 2)


def message_of(pool: Address, state: VenueState, origin: Origin) -> Message:
    """What a log would say that left the pool in `state`."""
    if isinstance(state, V2State):
        return PoolSync(origin, pool, state.reserve0, state.reserve1)
    if isinstance(state, V3State):
        return PoolSwap(origin, pool, state.sqrt_price_x96, state.liquidity, state.tick)
    raise TypeError(f"no single log tells the state of a {type(state).__name__}")


def blocks(shocks: Shocks, count: int, size: int) -> Iterator[list[Update]]:
    """Updates of the shock law, `size` to a block; a pool may change more than once in it."""
    for _ in range(count):
        yield [shocks.next() for _ in range(size)]


def _hash(number: int) -> bytes:
    return sha256(number.to_bytes(8)).digest()
