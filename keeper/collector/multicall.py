"""Many view calls in one `eth_call`, all answered from the state of one block."""

import struct
from collections.abc import Sequence
from typing import NamedTuple

from keeper.chain import Address
from keeper.node import BadAnswer, Node

MULTICALL3 = Address(bytes.fromhex("ca11bde05977b3631167028862be2a173976ca11"))
AGGREGATE3 = bytes.fromhex("82ad56cb")
"""`aggregate3((address target, bool allowFailure, bytes callData)[])` of Multicall3."""

CALLS_PER_REQUEST = 1_000
"""Keeps a request's gas below a development node's block limit (about 5,000 a call)."""

_WORD = struct.Struct(">24xQ")
_CALL = struct.Struct(">12x20s24xQ24xQ24xQ")


class ViewCall(NamedTuple):
    """One view call: selector and arguments are in `data`."""

    to: Address
    data: bytes


async def multicall(node: Node, calls: Sequence[ViewCall], block_hash: bytes) -> list[bytes | None]:
    """Return data of each call as of `block_hash`, None where it reverted."""
    found: list[bytes | None] = []
    for start in range(0, len(calls), CALLS_PER_REQUEST):
        batch = calls[start : start + CALLS_PER_REQUEST]
        answer = await node.call(MULTICALL3, encode_calls(batch), block_hash)
        try:
            found += decode_results(answer, len(batch))
        except ValueError:
            raise BadAnswer(
                f"{node.name} has no Multicall3 at 0x{MULTICALL3.hex()}; use another chain"
            ) from None
    return found


def encode_calls(calls: Sequence[ViewCall]) -> bytes:
    """Call data of `aggregate3` with failures allowed; written out because thousands are sent."""
    offset = 32 * len(calls)
    heads, bodies = [_WORD.pack(32), _WORD.pack(len(calls))], []
    for to, data in calls:
        body = _CALL.pack(to, 1, 96, len(data)) + data + bytes(-len(data) % 32)
        heads.append(_WORD.pack(offset))
        bodies.append(body)
        offset += len(body)
    return AGGREGATE3 + b"".join(heads) + b"".join(bodies)


def decode_results(answer: bytes, count: int) -> list[bytes | None]:
    """Results of `count` calls, None for a failed one; raises `ValueError` on other bytes."""
    if _word(answer, 0) != 32 or _word(answer, 32) != count:
        raise ValueError("not the results of these calls")
    return [_result(answer, 64 + _word(answer, 64 + 32 * index)) for index in range(count)]


def _result(answer: bytes, start: int) -> bytes | None:
    succeeded, place = _word(answer, start), start + _word(answer, start + 32)
    end = place + 32 + _word(answer, place)
    if end > len(answer) or succeeded > 1:
        raise ValueError("a result lies outside the answer")
    return answer[place + 32 : end] if succeeded else None


def _word(answer: bytes, at: int) -> int:
    if at + 32 > len(answer) or any(answer[at : at + 24]):
        raise ValueError("a length lies outside the answer")
    number: int = _WORD.unpack_from(answer, at)[0]
    return number
