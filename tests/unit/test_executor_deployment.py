"""Creations of executors: the code that stands then, its directory, and the mould beside it."""

from itertools import product

import pytest
from directory import code_of
from eth_utils.abi import function_signature_to_4byte_selector as selector_of
from eth_utils.crypto import keccak
from executor_world import (
    AAVE_POOL,
    GUARDIAN,
    KEEPER,
    NATIVE,
    OWNER,
    STRANGER,
    TREASURY,
    RevertedError,
    World,
    hexed,
)
from program_assembler import TABLE, header

from keeper.chain import Address
from replica.abi import encode_call
from replica.contracts import compile_executor, creation_terms

PLACE_SIZE = 20
POOLS, PAIRS = TABLE["directory"]["pools"], TABLE["directory"]["pairs"]
DIRECTORY_SIZE = PLACE_SIZE * (POOLS + PAIRS)


def listed(count: int, first: int) -> list[Address]:
    """So many addresses, no two alike."""
    return [Address(bytes([first]) * 19 + bytes([number])) for number in range(1, count + 1)]


def created(world: World, pools: list[Address], pairs: list[Address]) -> Address:
    terms = creation_terms(OWNER, GUARDIAN, TREASURY, AAVE_POOL, pools, pairs)
    return world.deploy(compile_executor().creation_code + terms)


def code_at(world: World, who: Address) -> bytes:
    return code_of(world, hexed(who))


def mould_of(who: Address) -> Address:
    """The second contract that an account has created."""
    return Address(keccak(b"\xd6\x94" + who + b"\2")[12:])


@pytest.mark.parametrize(
    ("pools", "pairs"), [(0, 0), (1, 0), (0, 1), (2, 3), (POOLS, PAIRS), (POOLS, 1), (1, PAIRS)]
)
def test_a_place_begins_so_many_times_its_size_before_the_end(
    world: World, pools: int, pairs: int
) -> None:
    whole = listed(pools, 0xA0), listed(pairs, 0xB0)
    code = code_at(world, created(world, *whole))
    expected = dict(enumerate(whole[0], start=1)) | dict(enumerate(whole[1], start=POOLS + 1))
    for place in range(1, POOLS + PAIRS + 1):
        begin = len(code) - PLACE_SIZE * place
        assert code[begin : begin + PLACE_SIZE] == expected.get(place, NATIVE), place


def test_the_rest_is_the_executors_code(world: World) -> None:
    """As its mould has it, with the Aave pool in it."""
    who = created(world, listed(3, 0xA0), listed(2, 0xB0))
    code, mould = code_at(world, who), code_at(world, mould_of(who))
    assert code[:-DIRECTORY_SIZE] == mould
    assert AAVE_POOL in mould


@pytest.mark.parametrize(
    ("pools", "pairs"), [(POOLS + 1, 0), (0, PAIRS + 1), (POOLS + 1, PAIRS + 1), (200, 0)]
)
def test_more_than_there_are_places_is_refused(world: World, pools: int, pairs: int) -> None:
    with pytest.raises(RuntimeError, match="Revert") as caught:
        created(world, listed(pools, 0xA0), listed(pairs, 0xB0))
    assert selector_of("DirectoryFull()").hex() in str(caught.value)


def test_the_roles_are_given(world: World) -> None:
    who = created(world, [], [])
    assert world.ask(who, "owner()", ["address"]) == hexed(OWNER)
    assert world.ask(who, "treasury()", ["address"]) == hexed(TREASURY)
    assert world.ask(who, "guardians()", ["address[]"]) == (hexed(GUARDIAN),)
    assert world.ask(who, "executors()", ["address[]"]) == ()


def test_nobody_runs_or_rules_the_mould(world: World) -> None:
    who = created(world, listed(1, 0xA0), [])
    mould = mould_of(who)
    acts = (
        header([world.manifest.token("WPOL").address]),
        encode_call("setExecutor(address,bool)", KEEPER, True),
        encode_call("setGuardian(address,bool)", KEEPER, True),
        encode_call("withdraw(address,uint256)", NATIVE, 0),
        encode_call("transferOwnership(address)", KEEPER),
        encode_call("acceptOwnership()"),
        encode_call("acceptTreasury()"),
        encode_call("pause()"),
        encode_call("unpause()"),
        encode_call("initialize(address,address,address)", KEEPER, KEEPER, KEEPER),
    )
    for sender, data in product((OWNER, GUARDIAN, TREASURY, KEEPER, STRANGER), acts):
        with pytest.raises(RevertedError):
            world.call(sender, mould, data)
    for view in ("owner()", "treasury()", "pendingOwner()", "pendingTreasury()"):
        assert world.ask(mould, view, ["address"]) == hexed(NATIVE)
    for view in ("guardians()", "executors()"):
        assert world.ask(mould, view, ["address[]"]) == ()
