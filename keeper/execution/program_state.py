"""Early checks: a run on a state that has moved on reverts before it has traded anything."""

from dataclasses import dataclass

from eth_utils.crypto import keccak

from keeper.chain import Address, Protocol
from keeper.execution import program_table as table
from keeper.execution.program_stream import Command, ProgramError, head, packed

_CHECKS = {
    Protocol.UNISWAP_V2: (table.OP_CHECK_V2, table.CHECK_V2, 2),
    Protocol.UNISWAP_V3: (table.OP_CHECK_V3, table.CHECK_V3, 1),
    Protocol.ALGEBRA_V1: (table.OP_CHECK_ALGEBRA, table.CHECK_ALGEBRA, 1),
}
_DIGEST_BYTES = 4


@dataclass(frozen=True, slots=True)
class ReliedState:
    """What a program relies on: a V2 pair's reserves of token0 and token1, or a pool's price word.

    The price is `sqrtPriceX96`, of Uniswap V3 or Algebra.
    """

    pool: Address
    protocol: Protocol
    words: tuple[int, ...]


def check(state: ReliedState) -> Command:
    """The command that reverts unless the pool is in this state.

    Raises:
        ProgramError: no command checks the protocol's state, or it has another number of words.
    """
    if state.protocol not in _CHECKS:
        raise ProgramError(f"no command checks the state of protocol {state.protocol!r}")
    opcode, widths, count = _CHECKS[state.protocol]
    if len(state.words) != count:
        raise ProgramError(f"a state of {state.protocol!r} has {count} words")
    digest = keccak(b"".join(word.to_bytes(32) for word in state.words))[:_DIGEST_BYTES]
    return Command(head(opcode) + packed(widths, (state.pool, digest), "check"))
