"""What a payment reads: its own bytes, its taker's, the declared tokens, and nothing beside."""

import pyrevm
import pytest
from executor_world import (
    OWNER,
    STRANGER,
    V3_CALLBACK,
    World,
    callback,
    decode_error,
    hexed,
    new_world,
    script,
    scripted,
)
from program_assembler import ALL_BUT, bound, command, header

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
ECHOES = bytes.fromhex("365f5f37365ffd")
LEAD = LEAD_USDC_E << TOKEN_LEAD_SHIFT
"""A tokens byte that declares a well-known token."""


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
    assert world.cause_of(program) == "UnknownCommand"


def test_a_payment_goes_to_the_pool_that_follows_whatever_came_before(world: World) -> None:
    """Memory holds a stream of swaps on another pair, in the place where calldata has the taker."""
    coin, pool = Address(WPOL), scripted(world)
    others = bytes([OP_V2]) * 35 * 16
    answer = callback(V3_CALLBACK, bytes([LEAD_WPOL << 6]) + others, world.executor)
    script(world, pool, (world.executor, answer, True))
    start = header([], lead="wpol") + command("v3", pool=pool, amount_in=1, nested=others)
    world.run(start + delivered(repaying(world, coin), PAID))


@pytest.mark.parametrize("kept", [0, 1])
@pytest.mark.parametrize(
    ("name", "more"), [("v3_pay", {}), ("algebra_pay", {}), ("curve", {"indices": 1})]
)
def test_all_but_some_is_swapped(world: World, name: str, more: dict[str, int], kept: int) -> None:
    """The pool, which reverts with what it hears, hears the amount."""
    token, pool = Address(WPOL), Address(b"\xec" * 20)
    world.evm.insert_account_info(hexed(pool), pyrevm.AccountInfo(code=ECHOES))
    world.do(OWNER, world.executor, "setListedPool(address,bool)", pool, True)
    swap = command(name, pool=pool, token=0, amount_in=ALL_BUT | kept, **more)
    error = world.refused(header([token]) + swap)
    words = [error.args_[1][at : at + 32] for at in range(4, 256, 32)]
    assert (world.balance(token) - kept).to_bytes(32, "big") in words


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
    assert world.cause_of(program) == "TokenCallFailed"


def at_address(world: World, token: Address, held: int) -> None:
    """Put a token there, of which the executor holds so much."""
    code = world.evm.get_code(hexed(odd_token(world, 0)))
    world.evm.insert_account_info(hexed(token), pyrevm.AccountInfo(code=code))
    world.do(STRANGER, token, "mint(address,uint256)", world.executor, held)


@pytest.mark.parametrize("first", [LEAD_WPOL << TOKEN_LEAD_SHIFT, LEAD])
def test_a_declared_token_may_not_fall_however_its_address_begins(world: World, first: int) -> None:
    """That byte follows the tokens byte, and is none."""
    token = Address(bytes([first]) * 20)
    at_address(world, token, 7)
    assert world.cause_of(header([token]) + delivered(scripted(world), 7)) == "BalanceFell"


def test_a_stream_is_no_payment_however_its_first_token_begins(world: World) -> None:
    token, pool = Address(bytes(2) + b"\x70" * 18), scripted(world)
    at_address(world, token, 7)
    stream = command("pay", to="caller", token=0, amount=0)
    answer = callback(V3_CALLBACK, bound([token], stream), world.executor)
    script(world, pool, (world.executor, answer, True))
    world.run(header([token]) + command("v3", pool=pool, amount_in=1, nested=stream))


def test_a_balance_is_no_tokens_byte_when_a_run_ends(world: World) -> None:
    """It is left in memory at 0, and has a well-known token's lead where offset 16 is."""
    world.run(header([odd_token(world, LEAD << 120)]))


def test_nobody_asks_for_a_payment_because_a_balance_is_high(world: World) -> None:
    """It is noted in memory behind the word that says whether somebody does."""
    program = header([odd_token(world, 2**256 - 1)], deadline_block=2**31 - 1)
    error = world.refused(program + command("pay_owed", token=0, max_amount=1))
    assert (error.name, error.args_) == ("WrongPayment", (0, 1))


@pytest.mark.parametrize("name", ["v3_owed", "algebra_owed"])
def test_a_pool_may_not_ask_for_what_no_amount_can_name(world: World, name: str) -> None:
    """One unit more than the greatest amount would mean all but nothing."""
    asking, token = scripted(world), Address(WPOL)
    stream = command(name, pool=scripted(world), nested=bytes(1))
    asks = encode_call(V3_CALLBACK, ALL_BUT, 0, bound([token], stream))
    script(world, asking, (world.executor, asks, True))
    program = header([token]) + command("v3", pool=asking, amount_in=1, nested=stream)
    error = world.refused(program)
    inner = decode_error(error.args_[1])
    assert inner == ("WrongPayment", (ALL_BUT, ALL_BUT - 1))


def test_what_is_asked_is_paid_whatever_the_head_says_besides(world: World) -> None:
    """Where a command has no recipient, those bits do not make it a `pay` to one."""
    pool, asked = scripted(world), 1
    owed = command("pay_owed", to="caller", token=0, max_amount=PAID)
    answer = callback(V3_CALLBACK, bytes([LEAD_WPOL << TOKEN_LEAD_SHIFT]) + owed, world.executor)
    back = encode_call("transfer(address,uint256)", world.executor, asked)
    script(world, pool, (world.executor, answer, True), (Address(WPOL), back, True))
    world.run(header([], lead="wpol") + command("v3", pool=pool, amount_in=asked, nested=owed))
