"""A node's logs as facts of a channel; every other log is tolerated and counted by the caller."""

from collections.abc import Callable
from functools import partial

from keeper.chain import BlockRef, Protocol
from keeper.collector import abi
from keeper.node import Log
from keeper.relay.messages import BlockBoundary, Message, Origin, PoolLiquidity, PoolSwap, PoolSync
from keeper.relay.publisher import Fact

STATE_TOPICS = (abi.SYNC, abi.SWAP, abi.MINT, abi.BURN)
Make = Callable[[Origin], Message]


def fact_of(log: Log, protocol: Protocol) -> Fact | None:
    """What `log` of a known pool says about its state, None when it says nothing.

    Raises `MalformedWordError` when the log is not what its topic promises.
    """
    readers = _READERS[protocol]
    read = readers.get(log.topics[0]) if log.topics else None
    make = None if read is None else read(log)
    return None if make is None else Fact(make, log.transaction_index, log.log_index)


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


def _sync(log: Log) -> Make:
    reserve0, reserve1 = (abi.unsigned(word, 112) for word in abi.words(log.data, 2))
    return partial(PoolSync, pool=log.address, reserve0=reserve0, reserve1=reserve1)


def _swap(log: Log) -> Make:
    _, _, price, liquidity, tick = abi.words(log.data, 5)
    return partial(
        PoolSwap,
        pool=log.address,
        sqrt_price_x96=abi.unsigned(price, 160),
        liquidity=abi.unsigned(liquidity, 128),
        tick=abi.signed(tick, 24),
    )


def _mint(log: Log) -> Make | None:
    return _liquidity(log, abi.unsigned(abi.words(log.data, 4)[1], 128))


def _burn(log: Log) -> Make | None:
    return _liquidity(log, -abi.unsigned(abi.words(log.data, 3)[0], 128))


def _liquidity(log: Log, delta: int) -> Make | None:
    if len(log.topics) != 4:
        raise abi.MalformedWordError(f"{len(log.topics)} topics instead of 4")
    lower, upper = (abi.signed(word, 24) for word in log.topics[2:])
    if not delta:  # burning nothing is how owners collect fees
        return None
    return partial(
        PoolLiquidity,
        pool=log.address,
        tick_lower=lower,
        tick_upper=upper,
        liquidity_delta=delta,
    )


_READERS: dict[Protocol, dict[bytes, Callable[[Log], Make | None]]] = {
    Protocol.UNISWAP_V2: {abi.SYNC: _sync},
    Protocol.UNISWAP_V3: {abi.SWAP: _swap, abi.MINT: _mint, abi.BURN: _burn},
}
