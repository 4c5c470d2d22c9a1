"""What the lens' records say of tokens, factories and Uniswap V2 pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

from keeper.chain import Address
from keeper.collector import abi
from keeper.collector.lens import GAS_PER_WORD, MAX_WORDS, Lens, Record, Unreadable
from keeper.collector.records import (
    Progress,
    address,
    foreign,
    padded,
    read_each,
    single,
    single_address,
)

TOKENS = abi.selector("tokens(address[],(uint256,uint256))")
UNISWAP_V2 = abi.selector("uniswap_v2(address[],(uint256,uint256))")
POOLS = abi.selector("pools(address,bytes4,(address,address,uint24)[],(uint256,uint256))")
LISTED = abi.selector("listed(address,bytes4,bytes4,uint256,(uint256,uint256))")


@dataclass(frozen=True, slots=True)
class Pair:
    """A Uniswap V2 pair; `code_hash` is that of its runtime code."""

    factory: Address
    token0: Address
    token1: Address
    reserve0: int
    reserve1: int
    code_hash: bytes


async def read_tokens(
    lens: Lens, tokens: Sequence[Address], block_hash: bytes
) -> dict[Address, int | Unreadable]:
    """Decimals of each token."""
    items = [padded(token) for token in tokens]
    answers = await lens.ask_all(TOKENS, (), items, block_hash)
    return dict(zip(tokens, (single(lens, a, 8) for a in answers), strict=True))


async def read_addresses(
    lens: Lens,
    factory: Address,
    view: bytes,
    keys: Sequence[tuple[Address, Address, int]],
    block_hash: bytes,
) -> list[Address | Unreadable]:
    """What the factory's `view` answers for each (token0, token1, fee)."""
    items = [b"".join((padded(a), padded(b), abi.word_of(fee))) for a, b, fee in keys]
    constants = (padded(factory), view.ljust(abi.WORD, b"\0"))
    answers = await lens.ask_all(POOLS, constants, items, block_hash)
    return [single_address(lens, answer) for answer in answers]


async def read_listed(
    lens: Lens, factory: Address, counted: bytes, view: bytes, block_hash: bytes
) -> list[Address | Unreadable]:
    """Every pool of a factory that lists them; one `Unreadable` alone where none stands.

    `counted` is its view of their number, `view` that of a pool by index.
    """
    found: list[Address | Unreadable] = []
    views = (counted.ljust(abi.WORD, b"\0"), view.ljust(abi.WORD, b"\0"))
    budget = (abi.word_of(MAX_WORDS), abi.word_of(GAS_PER_WORD))
    while True:
        first = abi.word_of(len(found))
        question = b"".join((LISTED, padded(factory), *views, first, *budget))
        count, *answers = lens.records(await lens.call(question, block_hash), MAX_WORDS)
        total = single(lens, count, 64)
        if isinstance(total, Unreadable):
            return [total]
        found += [single_address(lens, answer) for answer in answers]
        if len(found) >= total:
            return found
        if not answers:
            raise foreign(lens)


async def read_pairs(
    lens: Lens, pools: Sequence[Address], block_hash: bytes, progress: Progress | None = None
) -> dict[Address, Pair | Unreadable]:
    """State of each Uniswap V2 pair."""
    return await read_each(
        lens, UNISWAP_V2, pools, block_hash=block_hash, progress=progress, parse=_pair
    )


def _pair(lens: Lens, record: Record) -> Pair:
    if len(record.body) != 4:
        raise foreign(lens)
    token0, token1, reserves, code_hash = record.body
    return Pair(
        factory=Address(record.source),
        token0=address(lens, token0),
        token1=address(lens, token1),
        reserve0=reserves >> 128,
        reserve1=reserves & (1 << 128) - 1,
        code_hash=code_hash.to_bytes(abi.WORD),
    )
