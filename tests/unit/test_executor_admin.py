"""What each administrative function does, and the event that it leaves."""

from collections.abc import Callable
from typing import Any

import pytest
from executor_events import EVENTS, events_of
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
from program_assembler import header

from keeper.chain import Address
from keeper.execution.program_table import PROGRAM_VERSION
from replica.abi import encode_call
from replica.contracts import compile_executor, creation_terms

PROPOSED = Address(bytes([0xB1]) * 20)


def idle_program(world: World) -> bytes:
    """A program without commands, which passes wherever its sender may run."""
    return header([world.manifest.token("WPOL").address])


def refused(call: Callable[[], object]) -> RevertedError:
    with pytest.raises(RevertedError) as caught:
        call()
    return caught.value


def test_a_removed_executor_may_not_run(world: World) -> None:
    world.do(OWNER, world.executor, "setExecutor(address,bool)", KEEPER, False)
    program = idle_program(world)
    assert refused(lambda: world.run(program)).name == "Unauthorized"
    assert world.ask(world.executor, "executors()", ["address[]"]) == ()


def test_an_executor_appointed_while_paused_waits_too(world: World) -> None:
    world.do(GUARDIAN, world.executor, "pause()")
    world.do(OWNER, world.executor, "setExecutor(address,bool)", STRANGER, True)
    program = idle_program(world)
    assert refused(lambda: world.run(program, STRANGER)).name == "ExecutionPaused"
    world.do(OWNER, world.executor, "unpause()")
    world.run(program, STRANGER)
    world.run(program, KEEPER)
    assert not world.ask(world.executor, "paused()", ["bool"])
    world.do(OWNER, world.executor, "setExecutor(address,bool)", PROPOSED, True)
    world.run(program, PROPOSED)


def test_pausing_twice_and_unpausing_twice_changes_nothing_more(world: World) -> None:
    program = idle_program(world)
    for _ in range(2):
        world.do(GUARDIAN, world.executor, "pause()")
    assert refused(lambda: world.run(program)).name == "ExecutionPaused"
    for _ in range(2):
        world.do(OWNER, world.executor, "unpause()")
    world.run(program)


@pytest.mark.parametrize("signature", ["setExecutor(address,bool)", "setGuardian(address,bool)"])
def test_members_are_bounded_and_never_zero(world: World, signature: str) -> None:
    for n in range(15):
        world.do(OWNER, world.executor, signature, bytes([0xC0, n]) + bytes(18), True)
    more = encode_call(signature, PROPOSED, True)
    assert refused(lambda: world.call(OWNER, world.executor, more)).name == "TooMany"
    again = encode_call(signature, bytes([0xC0, 3]) + bytes(18), True)
    world.call(OWNER, world.executor, again)
    zero = encode_call(signature, NATIVE, True)
    assert refused(lambda: world.call(OWNER, world.executor, zero)).name == "ZeroAddress"


def test_pausing_sixteen_executors_stops_each(world: World) -> None:
    keys = [Address(bytes([0xC0, n]) + bytes(18)) for n in range(15)]
    for key in keys:
        world.do(OWNER, world.executor, "setExecutor(address,bool)", key, True)
    world.do(GUARDIAN, world.executor, "pause()")
    program = idle_program(world)
    for key in (*keys, KEEPER):
        assert refused(lambda key=key: world.run(program, key)).name == "ExecutionPaused"


@pytest.mark.parametrize(
    ("who", "error"),
    [(OWNER, "RenounceDisabled"), (STRANGER, "OwnableUnauthorizedAccount")],
    ids=["the owner", "a stranger"],
)
def test_renouncing_is_disabled_for_the_owner_too(world: World, who: Address, error: str) -> None:
    assert refused(lambda: world.do(who, world.executor, "renounceOwnership()")).name == error


def test_a_withdrawn_proposal_cannot_be_accepted(world: World) -> None:
    world.do(OWNER, world.executor, "proposeTreasury(address)", PROPOSED)
    world.do(OWNER, world.executor, "proposeTreasury(address)", NATIVE)
    error = refused(lambda: world.do(PROPOSED, world.executor, "acceptTreasury()"))
    assert error.name == "NotPendingTreasury"


def test_every_administrative_act_leaves_an_event_that_says_what_it_did(world: World) -> None:
    acts: list[tuple[str, Address, str, tuple[Any, ...], tuple[Any, ...]]] = [
        ("ExecutorSet", OWNER, "setExecutor(address,bool)", (STRANGER, True), (STRANGER, True)),
        ("ListedPoolSet", OWNER, "setListedPool(address,bool)", (STRANGER, True), (STRANGER, True)),
        ("GuardianSet", OWNER, "setGuardian(address,bool)", (STRANGER, True), (STRANGER, True)),
        ("Paused", GUARDIAN, "pause()", (), (GUARDIAN,)),
        ("Unpaused", OWNER, "unpause()", (), (OWNER,)),
        ("Withdrawn", OWNER, "withdraw(address,uint256)", (NATIVE, 1), (NATIVE, TREASURY, 1)),
        ("TreasuryProposed", OWNER, "proposeTreasury(address)", (PROPOSED,), (PROPOSED,)),
        ("TreasuryChanged", PROPOSED, "acceptTreasury()", (), (TREASURY, PROPOSED)),
        (
            *("OwnershipTransferStarted", OWNER, "transferOwnership(address)"),
            *((PROPOSED,), (OWNER, PROPOSED)),
        ),
        ("OwnershipTransferred", PROPOSED, "acceptOwnership()", (), (OWNER, PROPOSED)),
    ]
    assert {name for name, *_ in acts} == {event["name"] for event in EVENTS.values()}
    for name, sender, signature, args, said in acts:
        world.do(sender, world.executor, signature, *args)
        assert events_of(world, world.executor) == [(name, said)]


def test_the_constructor_leaves_an_event_for_each_role(world: World) -> None:
    terms = creation_terms(OWNER, GUARDIAN, TREASURY, AAVE_POOL)
    who = world.deploy(compile_executor().creation_code + terms)
    found = dict(events_of(world, who))
    assert found["OwnershipTransferred"][1] == OWNER
    assert found["GuardianSet"] == (GUARDIAN, True)
    assert found["TreasuryChanged"] == (NATIVE, TREASURY)


@pytest.mark.parametrize(
    ("role", "first"), [("Executor", KEEPER), ("Guardian", GUARDIAN)], ids=["executor", "guardian"]
)
def test_it_says_who_has_a_role(world: World, role: str, first: Address) -> None:
    def named() -> dict[Address, bool]:
        """Each account's own answer; the list has to agree."""
        ask, accounts = f"is{role}(address)", (first, STRANGER, PROPOSED)
        said = {who: world.ask(world.executor, ask, ["bool"], who) for who in accounts}
        listed = world.ask(world.executor, f"{role.lower()}s()", ["address[]"])
        assert {*listed} == {hexed(who) for who in accounts if said[who]}
        return said

    assert named() == {first: True, STRANGER: False, PROPOSED: False}
    world.do(OWNER, world.executor, f"set{role}(address,bool)", STRANGER, True)
    assert named() == {first: True, STRANGER: True, PROPOSED: False}
    world.do(OWNER, world.executor, f"set{role}(address,bool)", first, False)
    assert named() == {first: False, STRANGER: True, PROPOSED: False}


def test_it_says_which_pool_of_aave_lends(world: World) -> None:
    assert world.ask(world.executor, "aavePool()", ["address"]) == hexed(AAVE_POOL)


def test_it_says_which_pools_are_listed(world: World) -> None:
    for listed in (True, False):
        world.do(OWNER, world.executor, "setListedPool(address,bool)", PROPOSED, listed)
        for pool in (PROPOSED, STRANGER):
            said = world.ask(world.executor, "isListedPool(address)", ["bool"], pool)
            assert said == (listed and pool == PROPOSED)


def test_it_says_which_table_of_commands_it_runs(world: World) -> None:
    version = world.ask(world.executor, "programVersion()", ["bytes32"])
    assert version == PROGRAM_VERSION
