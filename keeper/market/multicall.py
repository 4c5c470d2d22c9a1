"""Many view calls in one `eth_call`, through Multicall3's `aggregate3`."""

from collections.abc import Sequence
from typing import NamedTuple

from keeper.chain import Address
from keeper.collector import abi
from keeper.node import BadAnswer, Node

MULTICALL3 = Address(bytes.fromhex("ca11bde05977b3631167028862be2a173976ca11"))
"""Its address on every chain that has it."""
AGGREGATE3 = abi.selector("aggregate3((address,bool,bytes)[])")


class View(NamedTuple):
    """A call that changes nothing."""

    to: Address
    data: bytes


async def ask(
    node: Node, multicall: Address, views: Sequence[View], block_hash: bytes
) -> list[bytes | None]:
    """What each view answers at one block; None where it reverts.

    A target without code answers nothing, as one that returns no data.

    Raises:
        BadAnswer: the answer is not Multicall3's.
        NodeError: whatever else `Node.call` raises.
    """
    answer = await node.call(multicall, _question(views), block_hash)
    try:
        found = _answers(answer)
    except (abi.MalformedWordError, IndexError) as error:
        raise BadAnswer(f"{node.name}: no answer of Multicall3: {error}") from None
    if len(found) != len(views):
        raise BadAnswer(f"{node.name} answered {len(found)} of {len(views)} calls")
    return found


def _question(views: Sequence[View]) -> bytes:
    bodies = [_padded(view) for view in views]
    offsets, at = [], abi.WORD * len(views)
    for body in bodies:
        offsets.append(abi.word_of(at))
        at += len(body)
    heads = (AGGREGATE3, abi.word_of(abi.WORD), abi.word_of(len(views)))
    return b"".join((*heads, *offsets, *bodies))


def _padded(view: View) -> bytes:
    room = -(-len(view.data) // abi.WORD) * abi.WORD
    words = (abi.word_of(1), abi.word_of(3 * abi.WORD), abi.word_of(len(view.data)))
    return b"".join((view.to.rjust(abi.WORD, b"\0"), *words, view.data.ljust(room, b"\0")))


def _answers(data: bytes) -> list[bytes | None]:
    start = _number(data, 0)
    count = _number(data, start)
    if count > len(data) // abi.WORD:
        raise abi.MalformedWordError(f"{count} results do not fit {len(data)} bytes")
    head = start + abi.WORD
    return [_result(data, head + _number(data, head + abi.WORD * k)) for k in range(count)]


def _result(data: bytes, at: int) -> bytes | None:
    succeeded, body = _number(data, at), at + _number(data, at + abi.WORD)
    size = _number(data, body)
    found = data[body + abi.WORD : body + abi.WORD + size]
    if succeeded > 1 or len(found) != size:
        raise abi.MalformedWordError("a result is cut short")
    return found if succeeded else None


def _number(data: bytes, at: int) -> int:
    word = data[at : at + abi.WORD]
    if len(word) != abi.WORD:
        raise abi.MalformedWordError(f"no word at byte {at}")
    return abi.unsigned(word, 32)
