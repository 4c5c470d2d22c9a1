"""Who may do what: every function of the ABI against every role, and what each one does."""

from collections.abc import Callable
from typing import Any

import pytest
from eth_utils.crypto import keccak
from executor_world import (
    GUARDIAN,
    KEEPER,
    NATIVE,
    OWNER,
    STRANGER,
    TREASURY,
    RevertedError,
    World,
    header,
    hexed,
    new_world,
)

from keeper.chain import Address
from replica.abi import encode_call
from replica.contracts import compile_executor

ROLES = {
    "owner": OWNER,
    "guardian": GUARDIAN,
    "executor": KEEPER,
    "treasury": TREASURY,
    "stranger": STRANGER,
}
PROPOSED = Address(bytes([0xB1]) * 20)
EVERYONE = set(ROLES)
NOBODY: set[str] = set()
OWNER_ONLY = {"owner"}

# signature -> (arguments, roles that succeed, error of those that do not)
MATRIX: dict[str, tuple[tuple[Any, ...], set[str], str]] = {
    "execute()": ((), {"executor"}, "Unauthorized"),
    "uniswapV2Call(address,uint256,uint256,bytes)": (
        (NATIVE, 1, 1, b"\1"),
        NOBODY,
        "UnexpectedCallback",
    ),
    "uniswapV3SwapCallback(int256,int256,bytes)": ((1, 1, b"\1"), NOBODY, "UnexpectedCallback"),
    "executeOperation(address,uint256,uint256,address,bytes)": (
        (NATIVE, 1, 1, NATIVE, b"\1"),
        NOBODY,
        "UnexpectedCallback",
    ),
    "setExecutor(address,bool)": ((STRANGER, True), OWNER_ONLY, "OwnableUnauthorizedAccount"),
    "setGuardian(address,bool)": ((STRANGER, True), OWNER_ONLY, "OwnableUnauthorizedAccount"),
    "pause()": ((), {"owner", "guardian"}, "NotGuardian"),
    "unpause()": ((), OWNER_ONLY, "OwnableUnauthorizedAccount"),
    "withdraw(address,uint256)": ((NATIVE, 1), OWNER_ONLY, "OwnableUnauthorizedAccount"),
    "proposeTreasury(address)": ((PROPOSED,), OWNER_ONLY, "OwnableUnauthorizedAccount"),
    "acceptTreasury()": ((), NOBODY, "NotPendingTreasury"),
    "transferOwnership(address)": ((PROPOSED,), OWNER_ONLY, "OwnableUnauthorizedAccount"),
    "acceptOwnership()": ((), NOBODY, "OwnableUnauthorizedAccount"),
    "renounceOwnership()": ((), NOBODY, ""),
    **{
        f"{view}()": ((), EVERYONE, "")
        for view in (
            *("aavePool", "treasury", "pendingTreasury", "owner", "pendingOwner", "paused"),
            *("executors", "guardians", "programVersion"),
        )
    },
    "isExecutor(address)": ((KEEPER,), EVERYONE, ""),
    "isGuardian(address)": ((KEEPER,), EVERYONE, ""),
}


def abi_signatures() -> set[str]:
    functions = (entry for entry in compile_executor().abi if entry["type"] == "function")
    return {f"{f['name']}({','.join(i['type'] for i in f['inputs'])})" for f in functions}


@pytest.fixture
def world() -> World:
    world = new_world()
    world.fund_all()
    return world


def data_of(world: World, signature: str) -> bytes:
    if signature == "execute()":
        return header([world.manifest.token("WPOL").address])
    return encode_call(signature, *MATRIX[signature][0])


def refused(call: Callable[[], object]) -> RevertedError:
    with pytest.raises(RevertedError) as caught:
        call()
    return caught.value


def test_the_matrix_lists_every_function_of_the_abi() -> None:
    assert set(MATRIX) == abi_signatures()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("signature", MATRIX)
def test_role_and_function(signature: str, role: str) -> None:
    world = new_world()
    world.fund_all()
    _, allowed, error = MATRIX[signature]
    data, before = data_of(world, signature), world.holdings()
    if role in allowed:
        world.call(ROLES[role], world.executor, data)
        return
    caught = refused(lambda: world.call(ROLES[role], world.executor, data))
    assert caught.name == error or not error
    assert world.holdings() == before


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("signature", MATRIX)
def test_no_function_takes_pol_with_it(world: World, signature: str, role: str) -> None:
    world.evm.set_balance(hexed(ROLES[role]), 1)
    data = data_of(world, signature)
    refused(lambda: world.call(ROLES[role], world.executor, data, value=1))


def test_a_removed_executor_may_not_run(world: World) -> None:
    world.do(OWNER, world.executor, "setExecutor(address,bool)", KEEPER, False)
    program = data_of(world, "execute()")
    assert refused(lambda: world.run(program)).name == "Unauthorized"
    assert world.ask(world.executor, "executors()", ["address[]"]) == ()


def test_while_paused_nothing_runs_and_the_owner_still_withdraws(world: World) -> None:
    program = data_of(world, "execute()")
    world.do(GUARDIAN, world.executor, "pause()")
    assert refused(lambda: world.run(program)).name == "ExecutionPaused"
    for token, amount in world.holdings().items():
        earlier = world.balance(token, TREASURY)
        world.do(OWNER, world.executor, "withdraw(address,uint256)", token, amount)
        assert world.balance(token) == 0
        assert world.balance(token, TREASURY) == earlier + amount
    world.do(OWNER, world.executor, "unpause()")
    world.run(program)


def test_an_executor_appointed_while_paused_waits_too(world: World) -> None:
    world.do(GUARDIAN, world.executor, "pause()")
    world.do(OWNER, world.executor, "setExecutor(address,bool)", STRANGER, True)
    program = data_of(world, "execute()")
    assert refused(lambda: world.run(program, STRANGER)).name == "ExecutionPaused"
    world.do(OWNER, world.executor, "unpause()")
    world.run(program, STRANGER)
    world.run(program, KEEPER)


def test_pausing_twice_and_unpausing_twice_changes_nothing_more(world: World) -> None:
    program = data_of(world, "execute()")
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
    program = data_of(world, "execute()")
    for key in (*keys, KEEPER):
        assert refused(lambda key=key: world.run(program, key)).name == "ExecutionPaused"


def test_ownership_changes_in_two_steps(world: World) -> None:
    world.do(OWNER, world.executor, "transferOwnership(address)", PROPOSED)
    world.do(OWNER, world.executor, "unpause()")
    world.do(PROPOSED, world.executor, "acceptOwnership()")
    refused(lambda: world.do(OWNER, world.executor, "unpause()"))
    world.do(PROPOSED, world.executor, "unpause()")


def test_renouncing_is_disabled_for_the_owner(world: World) -> None:
    error = refused(lambda: world.do(OWNER, world.executor, "renounceOwnership()"))
    assert error.name == "RenounceDisabled"


def test_the_treasury_changes_in_two_steps(world: World) -> None:
    world.do(OWNER, world.executor, "proposeTreasury(address)", PROPOSED)
    world.do(OWNER, world.executor, "withdraw(address,uint256)", NATIVE, 1)
    assert world.balance(NATIVE, TREASURY) == 1
    world.do(PROPOSED, world.executor, "acceptTreasury()")
    world.do(OWNER, world.executor, "withdraw(address,uint256)", NATIVE, 2)
    assert (world.balance(NATIVE, TREASURY), world.balance(NATIVE, PROPOSED)) == (1, 2)


def test_a_withdrawn_proposal_cannot_be_accepted(world: World) -> None:
    world.do(OWNER, world.executor, "proposeTreasury(address)", PROPOSED)
    world.do(OWNER, world.executor, "proposeTreasury(address)", NATIVE)
    error = refused(lambda: world.do(PROPOSED, world.executor, "acceptTreasury()"))
    assert error.name == "NotPendingTreasury"


def test_every_administrative_act_leaves_an_event() -> None:
    events = {entry["name"] for entry in compile_executor().abi if entry["type"] == "event"}
    acts: list[tuple[str, Address, str, tuple[Any, ...]]] = [
        ("ExecutorSet", OWNER, "setExecutor(address,bool)", (STRANGER, True)),
        ("GuardianSet", OWNER, "setGuardian(address,bool)", (STRANGER, True)),
        ("Paused", GUARDIAN, "pause()", ()),
        ("Unpaused", OWNER, "unpause()", ()),
        ("Withdrawn", OWNER, "withdraw(address,uint256)", (NATIVE, 1)),
        ("TreasuryProposed", OWNER, "proposeTreasury(address)", (PROPOSED,)),
        ("TreasuryChanged", PROPOSED, "acceptTreasury()", ()),
        ("OwnershipTransferStarted", OWNER, "transferOwnership(address)", (PROPOSED,)),
        ("OwnershipTransferred", PROPOSED, "acceptOwnership()", ()),
    ]
    assert {name for name, *_ in acts} == events
    world = new_world()
    world.fund_all()
    for name, sender, signature, args in acts:
        world.do(sender, world.executor, signature, *args)
        assert topic(name) in {log.topics[0] for log in world.evm.result.logs}


def topic(name: str) -> str:
    event = next(e for e in compile_executor().abi if e.get("name") == name)
    return hexed(keccak(text=f"{name}({','.join(i['type'] for i in event['inputs'])})"))
