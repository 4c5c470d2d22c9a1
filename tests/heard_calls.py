"""What the executor says to those it calls, to the byte: they revert with what they heard."""

from typing import Any

import pyrevm
import pytest
from executor_world import RevertedError, World, hexed

from keeper.chain import Address
from replica.abi import encode_call

ADDRESS_SIZE = 20
PARTS = (0, 0x80, 0x100)
"""Offsets from which a message is heard: a report carries 256 bytes."""
V2 = "swap(uint256,uint256,address,bytes)"
V3 = "swap(address,bool,int256,uint160,bytes)"
LEAST_PRICE = 4295128739 + 1
MOST_PRICE = 1461446703485210103287273052203988822378723970342 - 1
"""What a swap without a limit of its own gives for one, by its direction."""


def heard(world: World, program: bytes, where: Address) -> bytes:
    """What a protocol is told, put together out of several reports."""
    kept = world.evm.get_code(hexed(where))
    parts = b""
    for offset in PARTS:
        # reverts with its calldata from the offset on
        code = bytes.fromhex(f"61{offset:04x}36038061{offset:04x}5f375ffd")
        world.evm.insert_account_info(hexed(where), pyrevm.AccountInfo(code=code))
        with pytest.raises(RevertedError) as caught:
            world.run(program)
        assert (caught.value.name, caught.value.args_[0]) == ("HopFailed", hexed(where))
        parts = parts[:offset] + caught.value.args_[1]
    world.evm.insert_account_info(hexed(where), pyrevm.AccountInfo(code=kept))
    return parts


def call_of(signature: str, args: tuple[Any, ...]) -> bytes:
    """Calldata whose last argument, if bytes, ends it without padding."""
    data = [each for each in args if isinstance(each, bytes) and len(each) != ADDRESS_SIZE]
    whole = encode_call(signature, *args)
    return whole[: len(whole) - (-len(data[0]) % 32 if data else 0)]
