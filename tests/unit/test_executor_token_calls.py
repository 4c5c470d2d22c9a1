"""A token is asked, paid with and approved in so many bytes, and not one more."""

import pyrevm
import pytest
from cycle_routes import Hop, cells, giving
from directory import relist
from executor_world import (
    OWNER,
    V3_CALLBACK,
    RevertedError,
    World,
    hexed,
    new_world,
    script,
    scripted,
)
from program_assembler import command, header

from keeper.chain import Address
from keeper.execution.program_table import WPOL
from replica.abi import encode_call
from replica.directory import places
from replica.protocols.balancer_v2 import VAULT

TOKENS = {"none": Address(b"\x70" * 20), "wpol": Address(WPOL)}
"""By the lead of a program that declares it alone."""
STRICT = bytes.fromhex("5f3560e01c63dd62ed3e14602436146044361417601a575f5ffd5b155f5260205ff3")
"""Answers 0 to `allowance` and 1 to all else; reverts unless it hears one argument or two."""
PAID = 2


@pytest.fixture(scope="module")
def world() -> World:
    world = new_world()
    for token in TOKENS.values():
        world.evm.insert_account_info(hexed(token), pyrevm.AccountInfo(code=STRICT))
    return world


@pytest.fixture
def pool(world: World) -> Address:
    """Does nothing, and is listed."""
    pool = scripted(world)
    world.do(OWNER, world.executor, "setListedPool(address,bool)", pool, True)
    return pool


def start(lead: str) -> bytes:
    return header([] if lead != "none" else [TOKENS[lead]], lead=lead)


@pytest.mark.parametrize("lead", TOKENS)
@pytest.mark.parametrize("size", [35, 37, 67, 69])
def test_the_token_hears_every_byte(world: World, lead: str, size: int) -> None:
    with pytest.raises(RevertedError):
        world.call(OWNER, TOKENS[lead], bytes(size))


@pytest.mark.parametrize("lead", TOKENS)
def test_a_payment_is_two_arguments(world: World, pool: Address, lead: str) -> None:
    paid = command("pay", to="next", token=0, amount=PAID)
    world.run(start(lead) + paid + command("v2", pool=pool, amount_out=1))


@pytest.mark.parametrize("lead", TOKENS)
def test_an_approval_and_what_is_left_of_it_are_two(world: World, pool: Address, lead: str) -> None:
    world.run(start(lead) + command("curve", pool=pool, indices=1, token=0, amount_in=PAID))


@pytest.mark.parametrize("rest", [False, True], ids=["within", "at the end"])
@pytest.mark.parametrize("lead", TOKENS)
def test_a_run_of_pairs_pays_so_too(world: World, pool: Address, lead: str, rest: bool) -> None:
    cell = bytes(12) + pool
    run = command("v2_run", token=0, amount_in=PAID, nested=cell, rest=rest)
    world.run(start(lead) + run)


@pytest.mark.parametrize("rest", [False, True], ids=["within", "at the end"])
@pytest.mark.parametrize("lead", ["none", "wpol"])
@pytest.mark.parametrize("kinds", ["3", "23", "223"])
def test_a_cycle_pays_so_too(
    world: World, pool: Address, kinds: str, lead: str, rest: bool
) -> None:
    script(world, pool, (world.executor, encode_call(V3_CALLBACK, PAID, 0, b""), True))
    wpol = TOKENS["wpol"]
    hops = [Hop(k, pool if k == "3" else scripted(world), PAID) for k in kinds]
    pairs = [hop.where for hop in hops if hop.kind == "2"]
    relist(world, world.executor, [pool], pairs)
    told = cells(hops, places([pool], pairs))
    begin = header([wpol] if lead == "none" else [], lead=lead)
    world.run(begin + command("cycle_run", amount=giving(PAID), nested=told, rest=rest))


@pytest.mark.parametrize("bit", [0, 247, 248, 255])
@pytest.mark.parametrize("name", ["curve", "balancer"])
def test_whatever_is_left_of_an_approval_is_refused(
    world: World, pool: Address, name: str, bit: int
) -> None:
    """A token answers 1 to all but `allowance`, to which it answers with one bit."""
    token = Address(b"\x71" * 20)
    code = f"5f3560e01c63dd62ed3e1460165760015f5260205ff35b600160{bit:02x}1b5f5260205ff3"
    world.evm.insert_account_info(hexed(token), pyrevm.AccountInfo(code=bytes.fromhex(code)))
    world.evm.insert_account_info(hexed(VAULT), pyrevm.AccountInfo(code=bytes(1)))  # takes nothing
    where: dict[str, bytes | int] = {"pool": pool, "indices": 1}
    if name == "balancer":
        where = {"pool_id": bytes(32), "token_out": pool}
    spender = VAULT if name == "balancer" else pool
    error = world.refused(header([token]) + command(name, token=0, amount_in=PAID, **where))
    said = (error.name, error.args_)
    assert said == ("AllowanceLeft", (hexed(token), hexed(spender)))
