"""What a payment reads: its own bytes, its taker's, the declared tokens, and nothing beside."""

import pyrevm
import pytest
from executor_world import (
    STRANGER,
    V3_CALLBACK,
    RevertedError,
    World,
    callback,
    hexed,
    new_world,
    root_cause,
    script,
    scripted,
)
from program_assembler import ALL_BUT, command, header

from keeper.chain import Address
from keeper.execution.program_table import (
    LEAD_USDC_E,
    LEAD_WPOL,
    OP_PAY,
    OP_V2,
    OP_V3,
    TOKEN_LEAD_SHIFT,
    WPOL,
)
from replica.abi import encode_call
from replica.contracts import compile_contract

PAID = 5
LEAD = LEAD_USDC_E << TOKEN_LEAD_SHIFT
"""A tokens byte that declares a well-known token."""


def cause(world: World, program: bytes) -> str:
    with pytest.raises(RevertedError) as caught:
        world.run(program)
    return root_cause(caught.value)


def repaying(world: World, token: Address, amount: int = PAID) -> Address:
    """A pair that gives back what it was paid, and fails if that was something else."""
    pair = scripted(world)
    back = encode_call("transfer(address,uint256)", world.executor, amount)
    script(world, pair, (token, back, True))
    return pair


def delivered(pair: Address, amount: int) -> bytes:
    """Pay a pair, and swap on it."""
    return command("pay", to="next", token=0, amount=amount) + command(
        "v2", pool=pair, amount_out=1
    )


def test_a_payment_is_in_the_declared_token_whatever_a_balance_reads(world: World) -> None:
    """The balance, left in memory at 0, has a well-known token's lead where offset 16 is."""
    token = world.deploy(compile_contract("tests/contracts/OddToken.sol:OddToken").creation_code)
    world.do(STRANGER, token, "mint(address,uint256)", world.executor, LEAD << 120)
    world.run(header([token]) + delivered(repaying(world, token), PAID))


def test_a_payment_is_in_the_declared_token_whatever_follows(world: World) -> None:
    """Behind the commands lie words that, read at a place of memory's, lead to a lead."""
    wpol = world.manifest.token("WPOL").address
    program = header([wpol]) + delivered(repaying(world, wpol), PAID)
    program += bytes(-len(program) % 32)
    program += bytes([LEAD]) + bytes(31) + len(program).to_bytes(32, "big") * 8
    assert cause(world, program) == "UnknownCommand"


def test_a_payment_goes_to_the_pool_that_follows_whatever_came_before(world: World) -> None:
    """Memory holds a stream of swaps on another pair, in the place where calldata has the taker."""
    coin, pool = Address(WPOL), scripted(world)
    others = bytes([OP_V2]) * 35 * 16
    answer = callback(V3_CALLBACK, bytes([LEAD_WPOL << 6]) + others, world.executor)
    script(world, pool, (world.executor, answer, True))
    start = header([], lead="wpol") + command("v3", pool=pool, amount_in=1, nested=others)
    world.run(start + delivered(repaying(world, coin), PAID))


def test_nobody_follows_the_end_of_a_stream(world: World) -> None:
    """Who calls back may write behind it what looks like a pair that takes delivery."""
    pool, stream = scripted(world), command("pay", to="next", token=0, amount=PAID)
    answer = callback(V3_CALLBACK, bytes([LEAD_WPOL << 6]) + stream, world.executor)
    end = 4 + 4 * 32 + 1 + len(stream)
    answer = answer[:end] + bytes([OP_V2]) + pool + bytes(14)
    script(world, pool, (world.executor, answer, True))
    program = header([], lead="wpol") + command("v3", pool=pool, amount_in=1, nested=stream)
    assert cause(world, program) == "BadRecipient"


@pytest.mark.parametrize("kept", [0, 1])
def test_all_but_some_of_a_well_known_token_is_paid(world: World, kept: int) -> None:
    amount = world.balance(Address(WPOL)) - kept
    pair = repaying(world, Address(WPOL), amount)
    world.run(header([], lead="wpol") + delivered(pair, ALL_BUT | kept))


def test_a_well_known_token_that_answers_otherwise_than_true_is_refused() -> None:
    world = new_world()
    program = header([], lead="wpol") + delivered(scripted(world), 0)
    world.run(program)
    two = bytes.fromhex("60025f5260205ff3")  # the answer to every call
    world.evm.insert_account_info(hexed(WPOL), pyrevm.AccountInfo(code=two))
    assert cause(world, program) == "TokenCallFailed"


@pytest.mark.parametrize(
    ("first_byte", "last_byte"), [(OP_V2, 0x77), (0xFF, 0x77), (0x77, OP_V2), (0x77, OP_PAY)]
)
def test_who_takes_delivery_is_told_by_an_opcode_alone(
    world: World, first_byte: int, last_byte: int
) -> None:
    """Neither the first byte of a pool nor the last that is read with it has a say."""
    other = bytes([OP_V3, first_byte]) + b"\x77" * 29 + bytes([last_byte])
    paid = command("pay", to="next", token=0, amount=PAID)
    assert cause(world, header([], lead="wpol") + paid + other) == "BadRecipient"
