"""Programs that look first whether pools are still in the state that they rely on.

The executor has the commands, the keeper does not use them: `bench.stale` measures why.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from eth_utils.crypto import keccak

from keeper.chain import Address, Protocol
from keeper.execution import program_table as table

CHECKS = {
    Protocol.UNISWAP_V2: table.OP_CHECK_V2,
    Protocol.UNISWAP_V3: table.OP_CHECK_V3,
    Protocol.ALGEBRA_V1: table.OP_CHECK_ALGEBRA,
}
"""Opcodes, by whose pools can be checked."""
_SELECTOR_BYTES, _DIGEST_BYTES, _ADDRESS_BYTES = 4, 4, 20


@dataclass(frozen=True, slots=True)
class ReliedState:
    """What a run relies on: a V2 pair's reserves of token0 and token1, or a pool's price word.

    The price is `sqrtPriceX96`, of Uniswap V3 or Algebra.
    """

    pool: Address
    protocol: Protocol
    words: tuple[int, ...]


def checked(program: bytes, states: Iterable[ReliedState]) -> bytes:
    """The program with a check of each state in front of its first command."""
    head = _SELECTOR_BYTES + table.HEADER_SIZE
    head += _ADDRESS_BYTES * (program[head - 1] & table.TOKEN_COUNT_MASK)
    return program[:head] + b"".join(map(_check, states)) + program[head:]


def _check(state: ReliedState) -> bytes:
    digest = keccak(b"".join(word.to_bytes(32) for word in state.words))[:_DIGEST_BYTES]
    return bytes([CHECKS[state.protocol]]) + state.pool + digest
