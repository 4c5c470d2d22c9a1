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
    OP_V2,
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


def odd_token(world: World, held: int) -> Address:
    """A token of which the executor holds so much."""
    token = world.deploy(compile_contract("tests/contracts/OddToken.sol:OddToken").creation_code)
    world.do(STRANGER, token, "mint(address,uint256)", world.executor, held)
    return token


def test_a_payment_is_in_the_declared_token_whatever_a_balance_reads(world: World) -> None:
    """The balance, left in memory at 0, has a well-known token's lead where offset 16 is."""
    token = odd_token(world, LEAD << 120)
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


@pytest.mark.parametrize("first", [LEAD_WPOL << TOKEN_LEAD_SHIFT, LEAD])
def test_a_declared_token_may_not_fall_however_its_address_begins(world: World, first: int) -> None:
    """That byte follows the tokens byte, and is none."""
    token, odd = Address(bytes([first]) * 20), odd_token(world, 7)
    code = world.evm.get_code(hexed(odd))
    world.evm.insert_account_info(hexed(token), pyrevm.AccountInfo(code=code))
    world.do(STRANGER, token, "mint(address,uint256)", world.executor, 7)
    assert cause(world, header([token]) + delivered(scripted(world), 7)) == "BalanceFell"


def test_nobody_asks_for_a_payment_because_a_balance_is_high(world: World) -> None:
    """It is noted in memory behind the word that says whether somebody does."""
    program = header([odd_token(world, 2**256 - 1)], deadline_block=2**31 - 1)
    with pytest.raises(RevertedError) as caught:
        world.run(program + command("pay_owed", token=0, max_amount=1))
    assert (caught.value.name, caught.value.args_) == ("WrongPayment", (0, 1))
