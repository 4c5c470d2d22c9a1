"""Words of the lens' records as typed values; whatever no lens gives is a `BadAnswer`."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from keeper.chain import Address
from keeper.collector import abi
from keeper.collector.lens import Answer, Lens, Record, Unreadable
from keeper.node import BadAnswer

Progress = Callable[[int], None]
"""Told of each batch how many pools it finished."""

_T = TypeVar("_T")


async def read_each(
    lens: Lens,
    function: bytes,
    pools: Sequence[Address],
    *,
    block_hash: bytes,
    progress: Progress | None,
    parse: Callable[[Lens, Record], _T],
) -> dict[Address, _T | Unreadable]:
    """What `function` of the lens says of each pool, one record each, as `parse` reads it."""
    items = [padded(pool) for pool in pools]
    answers = await lens.ask_all(function, (), items, block_hash, progress)
    return {
        pool: answer if isinstance(answer, Unreadable) else parse(lens, answer)
        for pool, answer in zip(pools, answers, strict=True)
    }


def padded(address: Address) -> bytes:
    """An address as an argument."""
    return address.rjust(abi.WORD, b"\0")


def single(lens: Lens, answer: Answer, bits: int) -> int | Unreadable:
    """The one word of a record, of at most `bits` bits."""
    if isinstance(answer, Unreadable):
        return answer
    if len(answer.body) != 1 or answer.body[0] >> bits:
        raise foreign(lens)
    return answer.body[0]


def single_address(lens: Lens, answer: Answer) -> Address | Unreadable:
    """The one word of a record, an address."""
    word = single(lens, answer, 160)
    return word if isinstance(word, Unreadable) else address(lens, word)


def address(lens: Lens, word: int) -> Address:
    """A word as an address."""
    if word >> 160:
        raise foreign(lens)
    return Address(word.to_bytes(20))


def signed(word: int, bits: int) -> int:
    """The lowest bits of a word as two's complement."""
    half = 1 << bits - 1
    return (word + half & (1 << bits) - 1) - half


def foreign(lens: Lens) -> BadAnswer:
    """What to raise for a record that no lens gives."""
    return BadAnswer(f"{lens.name} answered a record that no lens gives; use another node")
