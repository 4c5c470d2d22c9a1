"""Factories' events: each tells of one new pool."""

from collections.abc import Callable, Collection, Sequence

from keeper.chain import Address, Protocol
from keeper.collector import abi
from keeper.collector.origins import Factory, PoolRef, v4_id, v4_ref
from keeper.collector.ticks import V4Key
from keeper.node import BadAnswer, Log, Node, RequestRefused

FIRST_SPAN, MAX_SPAN = 2_000, 100_000
"""Blocks of one `eth_getLogs`; a span that a node refuses is halved."""

PAIR_CREATED = abi.topic("PairCreated(address,address,address,uint256)")
V3_CREATED = abi.topic("PoolCreated(address,address,uint24,int24,address)")
ALGEBRA_CREATED = abi.topic("Pool(address,address,address)")
V4_CREATED = abi.topic("Initialize(bytes32,address,address,uint24,int24,address,uint160,int24)")
BALANCER_CREATED = abi.topic("PoolCreated(address)")

CREATIONS: dict[Protocol, bytes] = {
    Protocol.UNISWAP_V2: PAIR_CREATED,
    Protocol.UNISWAP_V3: V3_CREATED,
    Protocol.ALGEBRA_V1: ALGEBRA_CREATED,
    Protocol.UNISWAP_V4: V4_CREATED,
    Protocol.BALANCER_V2_WEIGHTED: BALANCER_CREATED,
    Protocol.BALANCER_V2_STABLE: BALANCER_CREATED,
}
"""Protocols whose factories tell of a pool in an event, and its topic."""
_BETWEEN = {PAIR_CREATED: 1, V3_CREATED: 1, ALGEBRA_CREATED: 1, V4_CREATED: 2}
"""Which topic of such an event is the lower of the pool's two tokens."""

Tokens = Collection[Address]


async def scan(
    node: Node, factory: Factory, tokens: Sequence[Address], first_block: int, last_block: int
) -> list[PoolRef]:
    """Pools between two of `tokens`, all where there are none, that the factory made meanwhile."""
    found: list[PoolRef] = []
    span, first = FIRST_SPAN, max(first_block, factory.first_block)
    while first <= last_block:
        last = min(first + span - 1, last_block)
        try:
            logs = await node.logs_between(
                first, last, [factory.address], _filter(factory.protocol, tokens)
            )
        except (RequestRefused, BadAnswer):
            if span == 1:
                raise
            span //= 2
            continue
        found += [ref for log in logs if (ref := created(log, factory, tokens)) is not None]
        first, span = last + 1, min(2 * span, MAX_SPAN)
    return found


def created(log: Log, factory: Factory, tokens: Tokens) -> PoolRef | None:
    """The pool that a log of `factory` tells of, None where it is none to follow.

    Raises `MalformedWordError` when the log is not what its topic promises.
    """
    wanted = CREATIONS.get(factory.protocol)
    if wanted is None or not log.topics or log.topics[0] != wanted:
        return None
    at = _BETWEEN.get(wanted)
    if at is None:
        return PoolRef(abi.address(_topics(log, 2)[1]), factory)
    pair = [abi.address(word) for word in _topics(log, at + 2)[at : at + 2]]
    if tokens and not set(pair) <= set(tokens):
        return None
    return _READERS[wanted](log, factory, pair)


def _topics(log: Log, least: int) -> tuple[bytes, ...]:
    if len(log.topics) < least:
        raise abi.MalformedWordError(f"{len(log.topics)} topics instead of {least}")
    return log.topics


def _filter(protocol: Protocol, tokens: Sequence[Address]) -> list[bytes | list[bytes] | None]:
    topic = CREATIONS[protocol]
    at = _BETWEEN.get(topic)
    if at is None or not tokens:
        return [topic]
    words = [token.rjust(abi.WORD, b"\0") for token in tokens]
    return [topic, *([None] * (at - 1)), words, words]


def _pair(log: Log, factory: Factory, _: list[Address]) -> PoolRef:
    return PoolRef(abi.address(abi.words(log.data, 2)[0]), factory)


def _v3(log: Log, factory: Factory, _: list[Address]) -> PoolRef:
    return PoolRef(abi.address(abi.words(log.data, 2)[1]), factory)


def _algebra(log: Log, factory: Factory, _: list[Address]) -> PoolRef:
    return PoolRef(abi.address(abi.words(log.data, 1)[0]), factory)


def _v4(log: Log, factory: Factory, pair: list[Address]) -> PoolRef:
    fee, spacing, hooks, _, _ = abi.words(log.data, 5)
    currency0, currency1 = pair
    key = V4Key(
        currency0=currency0,
        currency1=currency1,
        fee_pips=abi.unsigned(fee, 24),
        tick_spacing=abi.signed(spacing, 24),
        hooks=abi.address(hooks),
    )
    if v4_id(key) != log.topics[1]:
        raise abi.MalformedWordError("a pool's id is not the hash of its key")
    return v4_ref(factory, key)


_READERS: dict[bytes, Callable[[Log, Factory, list[Address]], PoolRef]] = {
    PAIR_CREATED: _pair,
    V3_CREATED: _v3,
    ALGEBRA_CREATED: _algebra,
    V4_CREATED: _v4,
}
