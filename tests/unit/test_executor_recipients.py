"""Where a command sends its output: to the pool of the next one, as calldata names it."""

import pyrevm
import pytest
from executor_world import (
    V3_CALLBACK,
    World,
    callback,
    hexed,
    script,
    scripted,
)
from program_assembler import COMMANDS, STREAMS, command, header

from keeper.chain import Address
from keeper.execution.program_table import OP_CURVE_NG, OP_PAY, OP_V2, OP_V3, WPOL

SENDS = [name for name, entry in COMMANDS.items() if "next" in entry["recipients"]]
ASKS = {"v3_owed", "algebra_owed", "v2_arrived"}
"""These ask somebody first."""
POOLED = [
    name
    for name in SENDS
    if name not in ASKS
    and {"pool", "cells_length"} & {field["name"] for field in COMMANDS[name]["field"]}
]
ECHO, NEXT = Address(b"\xec" * 20), Address(b"\x4e" * 20)
TAKER = command("v2", pool=NEXT, amount_out=1)
ECHOES = bytes.fromhex("365f5f37365ffd")
"""Reverts with what it hears."""
FREE = command("pay", to="caller", token=0, amount=0)
OTHERS = bytes([OP_V2]) * 35 * 16
"""A stream of swaps on a pair that is named as no other: any 21 bytes of it read so."""
TOKENS = {"none": [Address(WPOL)], "wpol": []}
"""What stands behind a tokens byte with this lead, so that WPOL is token 0."""


@pytest.fixture(params=TOKENS)
def lead(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def start(lead: str) -> bytes:
    return header(TOKENS[lead], lead=lead)


def bound(lead: str, stream: bytes) -> bytes:
    """The data with which a pool calls back to run a stream."""
    return start(lead)[len(header([])) - 1 :] + stream


def sending(name: str, to: str | Address = "next", pool: Address = ECHO) -> bytes:
    """A command that sends there, as small as it can be."""
    kinds = {field["name"]: field["type"] for field in COMMANDS[name]["field"]}
    fields: dict[str, int | bytes] = {
        field: 0 for field, kind in kinds.items() if kind not in STREAMS
    }
    if "pool" in fields:
        fields["pool"] = pool
    nested = {"nested": FREE, "cells": bytes(12) + pool}
    inner = next((nested[kind] for kind in kinds.values() if kind in STREAMS), b"")
    return command(name, to=to, nested=inner, **fields)


@pytest.mark.parametrize(
    ("first", "last"), [(OP_V2, 0x77), (0x77, OP_V2), (0x77, OP_PAY), (OP_CURVE_NG, OP_CURVE_NG)]
)
@pytest.mark.parametrize("name", SENDS)
def test_who_takes_delivery_is_told_by_an_opcode_alone(
    world: World, name: str, lead: str, first: int, last: int
) -> None:
    """Neither the first byte of a pool nor the last that is read with it has a say."""
    other = bytes([OP_V3, first]) + b"\x77" * 29 + bytes([last])
    assert world.cause_of(start(lead) + sending(name) + other) == "BadRecipient"


@pytest.mark.parametrize("name", SENDS)
def test_nobody_follows_the_end_of_a_stream(world: World, name: str, lead: str) -> None:
    """Who calls back may write behind it what looks like a pair that takes delivery."""
    pool, stream = scripted(world), sending(name)
    answer = callback(V3_CALLBACK, bound(lead, stream), world.executor)
    end = 4 + 4 * 32 + len(bound(lead, stream))
    answer = answer[:end] + bytes([OP_V2]) + pool + bytes(14)
    script(world, pool, (world.executor, answer, True))
    program = start(lead) + command("v3", pool=pool, amount_in=1, nested=stream)
    assert world.cause_of(program) == "BadRecipient"


def heard(world: World, program: bytes) -> bytes:
    """What a pool that reverts with its calldata was told."""
    world.evm.insert_account_info(hexed(ECHO), pyrevm.AccountInfo(code=ECHOES))
    error = world.refused(program)
    pool, said = error.args_
    assert pool == hexed(ECHO)
    return bytes(said)


def around(world: World, pool: Address, lead: str, stream: bytes) -> bytes:
    """A command with this stream, and a pool that runs it."""
    answer = callback(V3_CALLBACK, bound(lead, stream), world.executor)
    script(world, pool, (world.executor, answer, True))
    return command("v3", pool=pool, amount_in=1, nested=stream)


@pytest.mark.parametrize("name", POOLED)
def test_the_pool_that_follows_is_meant_whatever_came_before(
    world: World, name: str, lead: str
) -> None:
    """Memory holds a stream of swaps on another pair, in the place where calldata has the taker."""
    program = start(lead) + around(world, scripted(world), lead, OTHERS)
    assert NEXT in heard(world, program + sending(name) + TAKER)


@pytest.mark.parametrize("name", POOLED)
def test_the_caller_is_meant_also_where_one_follows_that_takes_delivery(
    world: World, name: str, lead: str
) -> None:
    pool = scripted(world)
    said = heard(world, start(lead) + around(world, pool, lead, sending(name, "caller") + TAKER))
    assert pool in said
    assert NEXT not in said


@pytest.mark.parametrize("name", POOLED)
def test_an_address_is_meant_also_where_it_begins_as_a_taker_does(
    world: World, name: str, lead: str
) -> None:
    heir = Address(bytes([OP_V2]) + b"\x1e" * 19)
    said = heard(world, start(lead) + sending(name, heir) + TAKER)
    assert heir in said
    assert NEXT not in said
