"""A header's limits, to the unit: what they allow runs, and what is one beyond is refused by name.

The highest base fee is asked for on a node, in test_executor_node.py: here it is always zero.
"""

import pytest
from executor_world import STRANGER, RevertedError, World, hexed
from program_assembler import ALL_BUT, command, header

from replica.contracts import compile_contract


def refused(world: World, program: bytes) -> tuple[str, tuple[object, ...]]:
    """Why a run was refused, with the error's arguments; nothing where it was not."""
    try:
        world.run(program)
    except RevertedError as error:
        return error.name, error.args_
    return "", ()


@pytest.mark.parametrize("lead", ["wpol", "none"])
@pytest.mark.parametrize("late", [0, 1])
def test_a_run_is_over_with_its_deadline_block(world: World, lead: str, late: int) -> None:
    tokens = [world.manifest.token("WPOL").address] if lead == "none" else []
    block = world.manifest.built_block + 1 - late
    program = header(tokens, lead=lead, deadline_block=block)
    assert refused(world, program) == (("DeadlinePassed", (block,)) if late else ("", ()))


@pytest.mark.parametrize("kept", [0, 1, 2**100])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_all_but_something_is_less_than_its_own_mark(world: World, kept: int, more: int) -> None:
    token = world.deploy(compile_contract("tests/contracts/OddToken.sol:OddToken").creation_code)
    held = ALL_BUT + more + kept
    world.do(STRANGER, token, "mint(address,uint256)", world.executor, held)
    paid = command("pay", to=STRANGER, token=0, amount=ALL_BUT | kept)
    fell = ("BalanceFell", (hexed(token), held, kept))
    program = header([token])
    bad = ("BadAmount", (len(program),))
    assert refused(world, program + paid) == (fell if more < 0 else bad)


@pytest.mark.parametrize("lead", ["wpol", "usdc_e", "none"])
@pytest.mark.parametrize("digits", [1, 0x800000, 0xFFFFFF])
@pytest.mark.parametrize("shift", [0, 1, 90])
def test_the_least_profit_has_three_digits_and_a_shift(
    world: World, lead: str, digits: int, shift: int
) -> None:
    token = world.manifest.token("USDC.e" if lead == "usdc_e" else "WPOL").address
    held = world.balance(token)
    tokens = [token] if lead == "none" else []
    program = header(tokens, lead=lead, min_profit=digits << shift)
    assert refused(world, program) == ("Unprofitable", (held, held))
