"""A block's logs as facts of a channel; every other log is tolerated and counted."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from keeper.chain import Address, BlockRef, Protocol
from keeper.collector import abi, topics
from keeper.collector.creations import created
from keeper.collector.origins import Factory, PoolRef
from keeper.collector.states import State
from keeper.node import Log
from keeper.relay import pool_reading
from keeper.relay.messages import (
    BlockBoundary,
    Message,
    Origin,
    PoolFee,
    PoolLiquidity,
    PoolSwap,
    PoolSync,
)
from keeper.relay.publisher import Fact

Make = Callable[[Origin], Message]
Read = Callable[[Address, Log], Make | None]


@dataclass(slots=True)
class Findings:
    """What a block's logs say: changes in log order, and pools that must be read at its end."""

    facts: list[Fact] = field(default_factory=list)
    touched: set[Address] = field(default_factory=set)
    created: list[PoolRef] = field(default_factory=list)
    ignored: int = 0


class Interpreter:
    """Knows which pools are followed, and so whose logs mean something."""

    def __init__(self, factories: Iterable[Factory], tokens: Iterable[Address]) -> None:
        self.waiting: set[Address] = set()
        """Pools that are known and left out: some have no price yet, or nothing to judge by."""
        self._factories = {factory.address: factory for factory in factories}
        self._tokens = frozenset(tokens)
        self._protocols: dict[Address, Protocol] = {}
        self._homes: dict[Address, Address] = {}

    def __contains__(self, pool: Address) -> bool:
        return pool in self._protocols

    def follow(self, state: State) -> None:
        """Take the pool's logs for changes of its state from now on."""
        self.waiting.discard(state.pool)
        self._protocols[state.pool] = state.protocol
        if state.protocol in _KEPT_TOGETHER:
            self._homes[state.pool] = state.factory

    def leave(self, pool: Address) -> None:
        """Ignore the pool's logs again."""
        self._protocols.pop(pool, None)
        self._homes.pop(pool, None)

    def read(self, logs: Iterable[Log]) -> Findings:
        """What the logs of one block say.

        Raises `MalformedWordError` when a followed pool's log is not what its topic promises.
        """
        found = Findings()
        for log in logs:
            if not (log.topics and self._note(log, found)):
                found.ignored += 1
        return found

    def _note(self, log: Log, found: Findings) -> bool:
        topic = log.topics[0]
        factory = self._factories.get(log.address)
        if factory is not None and (ref := created(log, factory, self._tokens)) is not None:
            found.created.append(ref)
            return True
        pool = self._pool_of(log)
        protocol = self._protocols.get(pool)
        if self._must_be_read(pool, protocol, topic):
            found.touched.add(pool)
            return True
        read = _READERS.get((protocol, topic))
        make = None if read is None else read(pool, log)
        if make is not None:
            found.facts.append(Fact(make, log.transaction_index, log.log_index))
        return make is not None

    def _must_be_read(self, pool: Address, protocol: Protocol | None, topic: bytes) -> bool:
        if protocol is None:
            return topic in topics.OF_WAITING and pool in self.waiting
        if protocol in pool_reading.PROTOCOLS:
            return topic in topics.OF_BASKETS or topic in topics.OF_VAULT
        return protocol is Protocol.UNISWAP_V4 and topic == topics.V4_FEE

    def _pool_of(self, log: Log) -> Address:
        """The pool that a log is about: managers and vaults name it by an id that begins with it.

        Anybody can write such an id into a log, so only the pool's own manager is believed.
        """
        if log.topics[0] in _NAMED_BY_ID and len(log.topics) > 1:
            pool = Address(log.topics[1][:20])
            if self._homes.get(pool) == log.address:
                return pool
        return log.address


def boundary_of(block: BlockRef) -> Fact:
    """The end of `block`."""
    return Fact(
        partial(
            BlockBoundary,
            parent_hash=block.parent_hash,
            timestamp_s=block.timestamp_s,
            base_fee_wei=block.base_fee_wei,
        )
    )


_NAMED_BY_ID = topics.OF_VAULT | {topics.V4_SWAP, topics.V4_LIQUIDITY, topics.V4_FEE}
_KEPT_TOGETHER = {
    Protocol.UNISWAP_V4,
    Protocol.BALANCER_V2_WEIGHTED,
    Protocol.BALANCER_V2_STABLE,
}


def _sync(pool: Address, log: Log) -> Make:
    reserve0, reserve1 = (abi.unsigned(word, 112) for word in abi.words(log.data, 2))
    return partial(PoolSync, pool=pool, reserve0=reserve0, reserve1=reserve1)


def _swap(pool: Address, log: Log) -> Make:
    return _moved(pool, *abi.words(log.data, 5)[2:])


def _v4_swap(pool: Address, log: Log) -> Make:
    return _moved(pool, *abi.words(log.data, 6)[2:5])


def _moved(pool: Address, price: bytes, liquidity: bytes, tick: bytes) -> Make:
    return partial(
        PoolSwap,
        pool=pool,
        sqrt_price_x96=abi.unsigned(price, 160),
        liquidity=abi.unsigned(liquidity, 128),
        tick=abi.signed(tick, 24),
    )


def _mint(pool: Address, log: Log) -> Make | None:
    delta = abi.unsigned(abi.words(log.data, 4)[1], 128)
    return _liquidity(pool, _range(log), delta)


def _burn(pool: Address, log: Log) -> Make | None:
    delta = abi.unsigned(abi.words(log.data, 3)[0], 128)
    return _liquidity(pool, _range(log), -delta)


def _v4_liquidity(pool: Address, log: Log) -> Make | None:
    lower, upper, delta, _salt = abi.words(log.data, 4)
    return _liquidity(pool, (lower, upper), abi.signed(delta, 128))


def _range(log: Log) -> tuple[bytes, bytes]:
    if len(log.topics) != 4:
        raise abi.MalformedWordError(f"{len(log.topics)} topics instead of 4")
    return log.topics[2], log.topics[3]


def _liquidity(pool: Address, bounds: tuple[bytes, bytes], delta: int) -> Make | None:
    lower, upper = (abi.signed(word, 24) for word in bounds)
    if not delta:  # burning nothing is how owners collect fees
        return None
    return partial(
        PoolLiquidity,
        pool=pool,
        tick_lower=lower,
        tick_upper=upper,
        liquidity_delta=delta,
    )


def _algebra_fee(pool: Address, log: Log) -> Make:
    (fee,) = abi.words(log.data, 1)
    return partial(PoolFee, pool=pool, fee_pips=abi.unsigned(fee, 16), protocol_fee=0)


_V3: dict[bytes, Read] = {topics.SWAP: _swap, topics.MINT: _mint, topics.BURN: _burn}
_BY_PROTOCOL: dict[Protocol, dict[bytes, Read]] = {
    Protocol.UNISWAP_V2: {topics.SYNC: _sync},
    Protocol.UNISWAP_V3: _V3,
    Protocol.ALGEBRA_V1: {**_V3, topics.ALGEBRA_FEE: _algebra_fee},
    Protocol.UNISWAP_V4: {
        topics.V4_SWAP: _v4_swap,
        topics.V4_LIQUIDITY: _v4_liquidity,
    },
}
_READERS: dict[tuple[Protocol | None, bytes], Read] = {
    (protocol, topic): read
    for protocol, readers in _BY_PROTOCOL.items()
    for topic, read in readers.items()
}
