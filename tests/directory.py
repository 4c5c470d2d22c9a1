"""Other directories behind the code of executors that stand already."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyrevm
from eth_utils.crypto import keccak

from keeper.chain import Address
from keeper.execution.program_table import DIRECTORY_PAIRS, DIRECTORY_POOLS
from replica.directory import FREE

if TYPE_CHECKING:
    from executor_world import World

COUNT = DIRECTORY_POOLS + DIRECTORY_PAIRS
PLACE_SIZE = 20
WORD_SIZE = 32
"""Of a place in the Vyper reference, whose directory is an array of immutable words."""
PADDING = 33


def relist(
    world: "World", who: Address, pools: Sequence[Address] = (), pairs: Sequence[Address] = ()
) -> None:
    """Let an executor, or the reference, have been created with other pools and pairs."""
    name = "0x" + who.hex()
    account, code = world.evm.basic(name), code_of(world, name)
    listed = [FREE] * COUNT
    listed[: len(pools)] = pools
    listed[DIRECTORY_POOLS : DIRECTORY_POOLS + len(pairs)] = pairs
    assert len(listed) == COUNT
    tail = b"".join(listed[::-1])
    if in_words(code):
        tail = b"".join(where.rjust(WORD_SIZE, b"\0") for where in listed)
    changed = pyrevm.AccountInfo(
        balance=account.balance, nonce=account.nonce, code=code[: -len(tail)] + tail
    )
    world.evm.insert_account_info(name, changed)


def code_of(world: "World", name: str) -> bytes:
    """An account's code: of one that has run, the EVM hands it out with its own padding."""
    code = world.evm.get_code(name) or b""
    whole = world.evm.basic(name).code_hash
    found = next(each for each in (code, code[:-PADDING]) if keccak(each) == whole)
    return bytes(found)


def in_words(code: bytes) -> bool:
    """Whether a directory of words is the code's end: no other code has so many zeros there."""
    words = code[-WORD_SIZE * COUNT :]
    pad = WORD_SIZE - PLACE_SIZE
    return all(not any(words[at : at + pad]) for at in range(0, len(words), WORD_SIZE))
