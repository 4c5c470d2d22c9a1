"""Loans as their lender announces them: what differs from the terms is refused, and what is repaid
is the loan and its premium, to the unit. Lenders keep their addresses, and call back at once."""

from collections.abc import Iterator

import pyrevm
import pytest
from executor_world import (
    AAVE_CALLBACK,
    AAVE_POOL,
    KEEPER,
    STRANGER,
    RevertedError,
    World,
    decode_error,
    hexed,
)
from program_assembler import COMMANDS, bound, command, header

from keeper.chain import Address
from replica.abi import encode_call
from replica.protocols.balancer_v2 import VAULT
from replica.protocols.morpho_blue import MORPHO

BALANCER_CALLBACK = "receiveFlashLoan(address[],uint256[],uint256[],bytes)"
LENDERS = {"aave": AAVE_POOL, "balancer_flash": VAULT, "morpho": MORPHO}
TERMS = {"aave": 33, "balancer_flash": 33, "morpho": 17}
"""Bytes of token, amount and highest premium, which travel as data behind the declared tokens."""
LOAN = 0x0102030405
MOST = 0x0607080910
"""Of a premium."""
Answer = tuple[str, tuple[object, ...]]


@pytest.fixture
def world(world: World) -> Iterator[World]:
    """The world, its lenders themselves again afterwards."""
    kept = {each: world.evm.get_code(hexed(each)) for each in LENDERS.values()}
    yield world
    for each, code in kept.items():
        world.evm.insert_account_info(hexed(each), pyrevm.AccountInfo(code=code))


def calling(target: Address, data: bytes) -> bytes:
    """Runtime code that makes this call, and fails as it does."""
    size = f"61{len(data):04x}"
    call = f"5f5f{size}5f5f73{target.hex()}5af1"
    before = len(bytes.fromhex(f"{size}61ffff5f39{call}61ffff57"))
    begins = before + 7  # behind the revert
    revert = "3d5f5f3e3d5ffd"
    code = f"{size}61{begins + 2:04x}5f39{call}61{begins:04x}57{revert}5b00"
    return bytes.fromhex(code) + data


def terms(name: str, stream: bytes) -> bytes:
    """A command with its nested stream, as a program has it."""
    fields = {"token": 0, "amount": LOAN, "max_premium": MOST}
    known = {field["name"] for field in COMMANDS[name]["field"]}
    given = {key: value for key, value in fields.items() if key in known}
    return command(name, nested=stream, **given)


def lend(
    world: World,
    name: str,
    stream: bytes = b"",
    *,
    token: Address | None = None,
    amount: int = LOAN,
    premium: int = 0,
    initiator: Address | None = None,
) -> Answer:
    """The innermost error of a loan that is announced so, with its arguments; or nothing."""
    wpol = world.manifest.token("WPOL").address
    borrowed = terms(name, stream)
    data = bound([wpol], borrowed[len(borrowed) - len(stream) - TERMS[name] :])
    asset = token or wpol
    by = initiator or world.executor
    announced = {
        "aave": (AAVE_CALLBACK, asset, amount, premium, by, data),
        "balancer_flash": (BALANCER_CALLBACK, [asset], [amount], [premium], data),
        "morpho": ("onMorphoFlashLoan(uint256,bytes)", amount, data),
    }
    code = calling(world.executor, encode_call(*announced[name]))
    world.evm.insert_account_info(hexed(LENDERS[name]), pyrevm.AccountInfo(code=code))
    try:
        world.call(KEEPER, world.executor, header([wpol]) + borrowed)
    except RevertedError as error:
        name, args = error.name, error.args_
        return decode_error(args[1]) if name == "HopFailed" else (name, args)
    return "", ()


@pytest.mark.parametrize("premium", [0, 1, MOST])
@pytest.mark.parametrize("name", LENDERS)
def test_a_loan_is_repaid_with_its_premium(
    world: World, wpol: Address, name: str, premium: int
) -> None:
    before, owed = world.balance(wpol), LOAN + premium * (name != "morpho")
    answer = lend(world, name, premium=premium)
    if name == "balancer_flash":  # by transfer, of what this one has not lent
        assert answer == ("BalanceFell", (hexed(wpol), before, before - owed))
    else:
        assert answer == ("", ())
        signature = "allowance(address,address)"
        args = (world.executor, LENDERS[name])
        assert world.ask(wpol, signature, ["uint256"], *args) == owed


@pytest.mark.parametrize("more", [-1, 1, LOAN * 255])
@pytest.mark.parametrize("name", LENDERS)
def test_another_amount_is_refused(world: World, wpol: Address, name: str, more: int) -> None:
    asset = bytes(20) if name == "morpho" else wpol
    refusal = ("WrongLoan", (hexed(asset), LOAN + more, 0))
    assert lend(world, name, amount=LOAN + more) == refusal


@pytest.mark.parametrize("name", ["aave", "balancer_flash"])
def test_another_token_or_a_higher_premium_is_refused(
    world: World, wpol: Address, name: str
) -> None:
    assert lend(world, name, token=STRANGER) == ("WrongLoan", (hexed(STRANGER), LOAN, 0))
    dear = ("WrongLoan", (hexed(wpol), LOAN, MOST + 1))
    assert lend(world, name, premium=MOST + 1) == dear


def test_a_loan_for_another_is_refused(world: World) -> None:
    """By the lender itself, with the very data that are bound: only its initiator differs."""
    refusal = ("UnexpectedCallback", (hexed(AAVE_POOL),))
    assert lend(world, "aave", initiator=STRANGER) == refusal


@pytest.mark.parametrize("name", LENDERS)
def test_a_lender_is_nobody_to_pay_in_its_loan(world: World, name: str) -> None:
    assert lend(world, name, command("pay", to="caller", token=0, amount=0))[0] == "BadRecipient"
    owed = command("pay_owed", token=0, max_amount=2**128 - 1)
    assert lend(world, name, owed) == ("WrongPayment", (0, 2**128 - 1))


def test_a_pool_that_lends_asks_for_nothing(world: World, wpol: Address) -> None:
    """What its callback begins with is its fees, not what a swap is owed."""
    pool = world.manifest.pool("uniswap-v3", "WPOL", "WETH", 3000)
    world.fund(wpol, 10**18, world.executor)
    owed = command("pay_owed", token=0, max_amount=2**128 - 1)
    back = command("pay", to="caller", token=0, amount=10**18)
    loan = command(
        "v3_flash",
        zero_for_one=pool.token0 == wpol,
        pool=pool.address,
        amount=10**18,
        nested=owed + back,
    )
    assert world.cause_of(header([wpol]) + loan) == "WrongPayment"
