"""What the lens' records say of pools with ticks: Uniswap V3, Algebra and Uniswap V4."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from keeper.chain import Address
from keeper.collector import abi
from keeper.collector.lens import Answer, Lens, Record, Unreadable, next_size
from keeper.collector.records import Progress, address, foreign, padded, signed
from keeper.relay.pool_state import MAX_TICK

UNISWAP_V3 = abi.selector("uniswap_v3((address,int16,int16)[],(uint256,uint256))")
ALGEBRA = abi.selector("algebra((address,int16,int16)[],(uint256,uint256))")
UNISWAP_V4 = abi.selector("uniswap_v4(address,(bytes32,int24,int16,int16)[],(uint256,uint256))")

FIRST_WORD, LAST_WORD = -(1 << 15), (1 << 15) - 1
"""Beyond both ends of every tick bitmap; the lens keeps within the pool's own."""
MAX_CALLS_PER_POOL = 64
"""A pool whose ticks take more, each call full, is not one that anybody can trade in."""
FIRST_PAGES = 16


@dataclass(frozen=True, slots=True)
class V4Key:
    """What a Uniswap V4 pool's id is the hash of (`PoolKey.sol`)."""

    currency0: Address
    currency1: Address
    fee_pips: int
    tick_spacing: int
    hooks: Address


@dataclass(frozen=True, slots=True)
class Concentrated:
    """A pool with ticks, which are (tick, gross, net) in rising order.

    `factory` is a Uniswap V4 pool's manager, `protocol_fee` its packed pair, else 0.
    """

    factory: Address
    token0: Address
    token1: Address
    fee_pips: int
    protocol_fee: int
    tick_spacing: int
    sqrt_price_x96: int
    tick: int
    liquidity: int
    ticks: tuple[tuple[int, int, int], ...]


Found = dict[Address, Concentrated | Unreadable]
Parse = Callable[[Record, Sequence[tuple[int, int, int]]], Concentrated]


async def read_concentrated(
    lens: Lens,
    pools: Sequence[Address],
    block_hash: bytes,
    progress: Progress | None = None,
    function: bytes = UNISWAP_V3,
) -> Found:
    """State of each Uniswap V3 pool, or of each Algebra pool with `function` ALGEBRA."""
    heads = {pool: padded(pool) for pool in pools}
    walk = _Walk(lens, heads, lambda _: partial(_concentrated, lens))
    return await walk.read(function, (), block_hash, progress)


async def read_v4(
    lens: Lens,
    manager: Address,
    keys: Mapping[bytes, V4Key],
    block_hash: bytes,
    progress: Progress | None = None,
) -> Found:
    """State of each Uniswap V4 pool by its key, under the first 20 bytes of its id."""
    heads = {Address(i[:20]): i + abi.word_of(key.tick_spacing) for i, key in keys.items()}
    by_pool = {Address(i[:20]): key for i, key in keys.items()}
    walk = _Walk(lens, heads, lambda pool: partial(_v4, lens, by_pool[pool]))
    return await walk.read(UNISWAP_V4, (padded(manager),), block_hash, progress)


class _Walk:
    """Pools still to read, and what is known of those read in part.

    A pool whose ticks do not fit one call is read on from the word where the last call ended.
    `heads` are what a pool's item begins with, before the range of words.
    """

    def __init__(
        self, lens: Lens, heads: Mapping[Address, bytes], parse: Callable[[Address], Parse]
    ) -> None:
        self._lens = lens
        self._heads = heads
        self._parse = parse
        self._found: Found = {}
        self._waiting = list(heads)
        self._partial: list[Address] = []
        self._starts = dict.fromkeys(heads, FIRST_WORD)
        self._first: dict[Address, tuple[int, ...]] = {}
        self._ticks: dict[Address, list[tuple[int, int, int]]] = {}
        self._calls = dict.fromkeys(heads, 0)

    async def read(
        self,
        function: bytes,
        constants: Sequence[bytes],
        block_hash: bytes,
        progress: Progress | None,
    ) -> Found:
        """What each pool is found to be, in the order asked."""
        size = FIRST_PAGES
        while self._waiting:
            batch = self._waiting[:size]
            items = [self._item(pool) for pool in batch]
            answers = await self._lens.ask(function, constants, items, block_hash)
            pages = zip(batch, answers, strict=False)
            done = sum(self._take(pool, answer, first=pool == batch[0]) for pool, answer in pages)
            self._waiting = [*self._partial, *self._waiting[len(answers) :]]
            self._partial = []
            size = next_size(len(answers), len(items[0]))
            if progress is not None:
                progress(done)
        return {pool: self._found[pool] for pool in self._heads}

    def _item(self, pool: Address) -> bytes:
        words = abi.word_of(self._starts[pool]) + abi.word_of(LAST_WORD)
        return self._heads[pool] + words

    def _take(self, pool: Address, answer: Answer, *, first: bool) -> bool:
        """Note one page, the call's first or not, and tell whether the pool is done with."""
        if isinstance(answer, Unreadable):
            self._found[pool] = answer
            return True
        if len(answer.body) < 4 or len(answer.body) % 2:
            raise foreign(self._lens)
        scalars = (int.from_bytes(answer.source), *answer.body[:4])
        self._ticks.setdefault(pool, []).extend(_ticks(answer.body[4:]))
        state = self._parse(pool)(answer, self._ticks[pool])
        self._calls[pool] += 1
        if self._first.setdefault(pool, scalars) != scalars:
            raise foreign(self._lens)
        if answer.next_word > MAX_TICK // state.tick_spacing >> 8:
            self._found[pool] = state
        elif self._calls[pool] >= MAX_CALLS_PER_POOL:
            self._found[pool] = Unreadable(f"its ticks take more than {MAX_CALLS_PER_POOL} calls")
        elif first and answer.next_word == self._starts[pool]:
            self._found[pool] = Unreadable("one word of its ticks takes more gas than a call has")
        else:
            self._starts[pool] = answer.next_word
            self._partial.append(pool)
            return False
        return True


def _concentrated(
    lens: Lens, record: Record, ticks: Sequence[tuple[int, int, int]]
) -> Concentrated:
    facts, token1, *_ = record.body
    return _pool(
        lens,
        record,
        ticks,
        tokens=(address(lens, facts & (1 << 160) - 1), address(lens, token1)),
        fees=(facts >> 160 & 0xFF_FFFF, 0),
    )


def _v4(
    lens: Lens, key: V4Key, record: Record, ticks: Sequence[tuple[int, int, int]]
) -> Concentrated:
    facts, nothing, *_ = record.body
    fee, protocol_fee = facts >> 160 & 0xFF_FFFF, facts >> 136 & 0xFF_FFFF
    if nothing or facts & (1 << 136) - 1 or facts >> 184 != key.tick_spacing:
        raise foreign(lens)
    return _pool(
        lens, record, ticks, tokens=(key.currency0, key.currency1), fees=(fee, protocol_fee)
    )


def _pool(
    lens: Lens,
    record: Record,
    ticks: Sequence[tuple[int, int, int]],
    *,
    tokens: tuple[Address, Address],
    fees: tuple[int, int],
) -> Concentrated:
    facts, _, price, liquidity = record.body[:4]
    spacing = facts >> 184
    if not 0 < spacing < 1 << 23 or price >> 184 or liquidity >> 128:
        raise foreign(lens)
    return Concentrated(
        factory=Address(record.source),
        token0=tokens[0],
        token1=tokens[1],
        fee_pips=fees[0],
        protocol_fee=fees[1],
        tick_spacing=spacing,
        sqrt_price_x96=price & (1 << 160) - 1,
        tick=signed(price >> 160, 24),
        liquidity=liquidity,
        ticks=tuple(ticks),
    )


def _ticks(words: Sequence[int]) -> list[tuple[int, int, int]]:
    return [
        (signed(words[at], 24), words[at + 1] >> 128, signed(words[at + 1], 128))
        for at in range(0, len(words), 2)
    ]
