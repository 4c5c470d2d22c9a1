"""A bench market as the keeper holds it: told by messages, read by views of whole blocks."""

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from bench import messages
from bench.markets import GAS_PRICE_WEI, NATIVE_USD, Market, Shocks, Update
from keeper.gas_table import POLYGON
from keeper.market.state import Market as KeeperMarket
from keeper.market.view import MarketView
from keeper.relay.codec import decode, encode_frame
from keeper.relay.frames import FrameReader
from keeper.relay.messages import NO_INDEX, BlockBoundary, Message, Origin
from keeper.strategies.base import GasQuote, StrategySettings

PROFIT_TOKENS = 4
EPOCH, CHAIN_ID, BLOCK_TIME_S = 1, 137, 2
GAS = GasQuote(GAS_PRICE_WEI, NATIVE_USD / 1e18, POLYGON)


class Told(NamedTuple):
    """Frames, and the sequence of the message before them."""

    sequence: int
    stream: bytes


class World:
    """Tells a `keeper.market.state.Market` of its own all pools, then block after block."""

    def __init__(self, market: Market, shocks: Shocks) -> None:
        self.market = market
        self.shocks = shocks
        self.keeper = KeeperMarket(market.tokens[:1])
        self._number = self._sequence = 0
        origin = self._origin()
        for key, state in zip(market.pools, market.states, strict=True):
            for message in messages.joining(key, state, origin):
                self.keeper.apply(message)
        view = self.close()
        assert view.topology.pools[-1].address == market.pools[-1].address
        assert not view.untradable, f"{len(view.untradable)} pools are not tradable"

    def settings(self) -> StrategySettings:
        """Profits in the market's hubs, no least profit, no bound on a trade."""
        return StrategySettings(profit_tokens=self.market.tokens[:PROFIT_TOKENS])

    def messages(self, updates: Iterable[Update]) -> list[Message]:
        """What a relay would tell of `updates` in the open block."""
        pools = self.market.pools
        return [messages.update(pools[u.slot], u.state, self._origin()) for u in updates]

    def told(self, updates: Iterable[Update]) -> Told:
        """The same as a relay would send it, in one read."""
        before = self._sequence
        return Told(before, b"".join(map(encode_frame, self.messages(updates))))

    def hear(self, told: Told) -> None:
        """Apply frames as the relay's client does: updates by the kernel, others one by one."""
        frames, sequence = FrameReader(), told.sequence
        frames.add(told.stream)
        while True:
            frames.at, sequence = self.keeper.take_frames(frames.stream, frames.at, EPOCH, sequence)
            frame = frames.next()
            if frame is None:
                return
            message = decode(frame)
            assert message is not None
            self.keeper.apply(message)
            sequence += 1

    def take(self, told: Iterable[Message]) -> MarketView:
        """Apply messages and close their block."""
        for message in told:
            self.keeper.apply(message)
        return self.close()

    def block(self, updates: Iterable[Update]) -> MarketView:
        """The market after `updates`, as one whole block."""
        return self.take(self.messages(updates))

    def close(self) -> MarketView:
        """The open block's view; the next block begins."""
        origin = self._origin()._replace(transaction_index=NO_INDEX, log_index=NO_INDEX)
        parent, time_s = _hash(self._number - 1), BLOCK_TIME_S * self._number
        view = self.keeper.apply(BlockBoundary(origin, parent, time_s, GAS_PRICE_WEI))
        assert view is not None, self.keeper.last_gap
        self._number += 1
        return view

    def _origin(self) -> Origin:
        self._sequence += 1
        here = (self._number, _hash(self._number))
        return Origin(EPOCH, self._sequence, CHAIN_ID, *here, 0, 0, 1, 2)


def _hash(number: int) -> bytes:
    return sha256(b"%d" % number).digest()
