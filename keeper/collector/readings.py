"""What the lens' records say, per family of pools; see `contracts/lens/PoolLens.vy`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keeper.chain import Address
from keeper.collector import abi
from keeper.collector.lens import (
    GAS_PER_WORD,
    MAX_WORDS,
    Answer,
    Lens,
    Record,
    Unreadable,
    next_size,
)
from keeper.node import BadAnswer
from keeper.relay.pool_state import MAX_TICK

TOKENS = abi.selector("tokens(address[],(uint256,uint256))")
UNISWAP_V2 = abi.selector("uniswap_v2(address[],(uint256,uint256))")
UNISWAP_V3 = abi.selector("uniswap_v3((address,int16,int16)[],(uint256,uint256))")
POOLS = abi.selector("pools(address,bytes4,(address,address,uint24)[],(uint256,uint256))")
PAIRS_OF = abi.selector("pairs_of(address,uint256,(uint256,uint256))")
ALGEBRA = abi.selector("algebra((address,int16,int16)[],(uint256,uint256))")

FIRST_WORD, LAST_WORD = -(1 << 15), (1 << 15) - 1
"""Beyond both ends of every tick bitmap; the lens keeps within the pool's own."""
MAX_CALLS_PER_POOL = 64
"""A pool whose ticks take more, each call full, is not one that anybody can trade in."""
FIRST_PAGES = 16

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Pair:
    """A Uniswap V2 pair; `code_hash` is that of its runtime code."""

    factory: Address
    token0: Address
    token1: Address
    reserve0: int
    reserve1: int
    code_hash: bytes


@dataclass(frozen=True, slots=True)
class Concentrated:
    """A Uniswap V3 or Algebra pool; `ticks` are (tick, gross, net) in rising order."""

    factory: Address
    token0: Address
    token1: Address
    fee_pips: int
    tick_spacing: int
    sqrt_price_x96: int
    tick: int
    liquidity: int
    ticks: tuple[tuple[int, int, int], ...]


async def read_tokens(
    lens: Lens, tokens: Sequence[Address], block_hash: bytes
) -> dict[Address, int | Unreadable]:
    """Decimals of each token."""
    items = [_padded(token) for token in tokens]
    answers = await lens.ask_all(TOKENS, (), items, block_hash)
    return dict(zip(tokens, (_single(lens, a, 8) for a in answers), strict=True))


async def read_addresses(
    lens: Lens,
    factory: Address,
    view: bytes,
    keys: Sequence[tuple[Address, Address, int]],
    block_hash: bytes,
) -> list[Address | Unreadable]:
    """What the factory's `view` answers for each (token0, token1, fee)."""
    items = [b"".join((_padded(a), _padded(b), abi.word_of(fee))) for a, b, fee in keys]
    constants = (_padded(factory), view.ljust(abi.WORD, b"\0"))
    answers = await lens.ask_all(POOLS, constants, items, block_hash)
    return [_address_of(lens, answer) for answer in answers]


async def read_all_pairs(
    lens: Lens, factory: Address, block_hash: bytes
) -> list[Address | Unreadable]:
    """Every pair of a Uniswap V2 factory; one `Unreadable` alone where none stands."""
    found: list[Address | Unreadable] = []
    while True:
        first = abi.word_of(len(found))
        budget = (abi.word_of(MAX_WORDS), abi.word_of(GAS_PER_WORD))
        question = b"".join((PAIRS_OF, _padded(factory), first, *budget))
        count, *answers = lens.records(await lens.call(question, block_hash), MAX_WORDS)
        total = _single(lens, count, 64)
        if isinstance(total, Unreadable):
            return [total]
        found += [_address_of(lens, answer) for answer in answers]
        if len(found) >= total:
            return found
        if not answers:
            raise _foreign(lens)


async def read_pairs(
    lens: Lens, pools: Sequence[Address], block_hash: bytes, progress: Progress | None = None
) -> dict[Address, Pair | Unreadable]:
    """State of each Uniswap V2 pair."""
    items = [_padded(pool) for pool in pools]
    answers = await lens.ask_all(UNISWAP_V2, (), items, block_hash, progress)
    return {
        pool: answer if isinstance(answer, Unreadable) else _pair(lens, answer)
        for pool, answer in zip(pools, answers, strict=True)
    }


async def read_concentrated(
    lens: Lens,
    pools: Sequence[Address],
    block_hash: bytes,
    progress: Progress | None = None,
    function: bytes = UNISWAP_V3,
) -> dict[Address, Concentrated | Unreadable]:
    """State of each Uniswap V3 pool, or of each Algebra pool with `function` ALGEBRA.

    A pool whose ticks do not fit one call is read on from the word where the last call ended.
    """
    walk = _Walk(lens, pools)
    size = FIRST_PAGES
    while walk.waiting:
        batch = walk.waiting[:size]
        items = [_page(pool, walk.starts[pool]) for pool in batch]
        answers = await lens.ask(function, (), items, block_hash)
        pages = zip(batch, answers, strict=False)
        done = sum(walk.take(pool, answer, first=pool == batch[0]) for pool, answer in pages)
        walk.waiting = [*walk.partial, *walk.waiting[len(answers) :]]
        walk.partial = []
        size = next_size(len(answers), len(items[0]))
        if progress is not None:
            progress(done)
    return {pool: walk.found[pool] for pool in pools}


class _Walk:
    """Pools still to read, and what is known of those read in part."""

    def __init__(self, lens: Lens, pools: Sequence[Address]) -> None:
        self.found: dict[Address, Concentrated | Unreadable] = {}
        self.waiting = list(pools)
        self.partial: list[Address] = []
        self.starts = dict.fromkeys(pools, FIRST_WORD)
        self._lens = lens
        self._first: dict[Address, tuple[int, ...]] = {}
        self._ticks: dict[Address, list[tuple[int, int, int]]] = {}
        self._calls = dict.fromkeys(pools, 0)

    def take(self, pool: Address, answer: Answer, *, first: bool) -> bool:
        """Note one page, the call's first or not, and tell whether the pool is done with."""
        if isinstance(answer, Unreadable):
            self.found[pool] = answer
            return True
        if len(answer.body) < 4 or len(answer.body) % 2:
            raise _foreign(self._lens)
        scalars = (int.from_bytes(answer.source), *answer.body[:4])
        self._ticks.setdefault(pool, []).extend(_ticks(answer.body[4:]))
        state = _concentrated(self._lens, answer, self._ticks[pool])
        edge = MAX_TICK // state.tick_spacing >> 8
        self._calls[pool] += 1
        if self._first.setdefault(pool, scalars) != scalars:
            raise _foreign(self._lens)
        if answer.next_word > edge:
            self.found[pool] = state
        elif self._calls[pool] >= MAX_CALLS_PER_POOL:
            self.found[pool] = Unreadable(f"its ticks take more than {MAX_CALLS_PER_POOL} calls")
        elif first and answer.next_word == self.starts[pool]:
            self.found[pool] = Unreadable("one word of its ticks takes more gas than a call has")
        else:
            self.starts[pool] = answer.next_word
            self.partial.append(pool)
            return False
        return True


def _padded(address: Address) -> bytes:
    return address.rjust(abi.WORD, b"\0")


def _page(pool: Address, first_word: int) -> bytes:
    return b"".join((_padded(pool), abi.word_of(first_word), abi.word_of(LAST_WORD)))


def _single(lens: Lens, answer: Answer, bits: int) -> int | Unreadable:
    if isinstance(answer, Unreadable):
        return answer
    if len(answer.body) != 1 or answer.body[0] >> bits:
        raise _foreign(lens)
    return answer.body[0]


def _address_of(lens: Lens, answer: Answer) -> Address | Unreadable:
    word = _single(lens, answer, 160)
    return word if isinstance(word, Unreadable) else _address(lens, word)


def _pair(lens: Lens, record: Record) -> Pair:
    if len(record.body) != 4:
        raise _foreign(lens)
    token0, token1, reserves, code_hash = record.body
    return Pair(
        factory=Address(record.source),
        token0=_address(lens, token0),
        token1=_address(lens, token1),
        reserve0=reserves >> 128,
        reserve1=reserves & (1 << 128) - 1,
        code_hash=code_hash.to_bytes(abi.WORD),
    )


def _concentrated(
    lens: Lens, record: Record, ticks: Sequence[tuple[int, int, int]]
) -> Concentrated:
    facts, token1, price, liquidity = record.body[:4]
    spacing = facts >> 184
    if not 0 < spacing < 1 << 23 or price >> 184 or liquidity >> 128:
        raise _foreign(lens)
    return Concentrated(
        factory=Address(record.source),
        token0=_address(lens, facts & (1 << 160) - 1),
        token1=_address(lens, token1),
        fee_pips=facts >> 160 & 0xFF_FFFF,
        tick_spacing=spacing,
        sqrt_price_x96=price & (1 << 160) - 1,
        tick=_signed(price >> 160, 24),
        liquidity=liquidity,
        ticks=tuple(ticks),
    )


def _ticks(words: Sequence[int]) -> list[tuple[int, int, int]]:
    return [
        (_signed(words[at], 24), words[at + 1] >> 128, _signed(words[at + 1], 128))
        for at in range(0, len(words), 2)
    ]


def _signed(word: int, bits: int) -> int:
    half = 1 << bits - 1
    return (word + half & (1 << bits) - 1) - half


def _address(lens: Lens, word: int) -> Address:
    if word >> 160:
        raise _foreign(lens)
    return Address(word.to_bytes(20))


def _foreign(lens: Lens) -> BadAnswer:
    return BadAnswer(f"{lens.name} answered a record that no lens gives; use another node")
