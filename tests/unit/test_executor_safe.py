"""The executor under a real Safe: what two of its three keys do, and nobody else can."""

from typing import Any

import pytest
from eth_abi.abi import decode
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
    hexed,
    rich_world,
)
from program_assembler import header
from safe_world import KEYS, Safe, new_safe, owned_by_safe

from keeper.chain import Address
from replica.contracts import compile_executor

PROPOSED = Address(bytes([0xB2]) * 20)


@pytest.fixture
def safe() -> Safe:
    return owned_by_safe(rich_world())


def events(world: World) -> list[tuple[str, tuple[Any, ...]]]:
    """The executor's events of the last transaction: name and all arguments, indexed first."""
    known = {}
    for entry in compile_executor().abi:
        if entry["type"] == "event":
            parts = entry["inputs"]
            text = f"{entry['name']}({','.join(p['type'] for p in parts)})"
            known[hexed(keccak(text=text))] = (
                entry["name"],
                [p["type"] for p in parts if p["indexed"]],
                [p["type"] for p in parts if not p["indexed"]],
            )
    found = []
    for log in world.evm.result.logs:
        if log.address.lower() == hexed(world.executor):
            name, indexed, plain = known[log.topics[0]]
            words = b"".join(bytes.fromhex(topic[2:]) for topic in log.topics[1:])
            found.append((name, (*decode(indexed, words), *decode(plain, log.data[1]))))
    return found


def program(world: World) -> bytes:
    return header([world.manifest.token("WPOL").address])


def refused(world: World, sender: Address, signature: str, *args: object) -> str:
    with pytest.raises(RevertedError) as caught:
        world.do(sender, world.executor, signature, *args)
    return caught.value.name


def test_a_guardian_pauses_and_only_the_safe_unpauses(safe: Safe) -> None:
    world = safe.world
    world.do(GUARDIAN, world.executor, "pause()")
    assert events(world) == [("Paused", (hexed(GUARDIAN),))]
    for nobody in (GUARDIAN, KEEPER, OWNER, TREASURY, STRANGER):
        assert refused(world, nobody, "unpause()") == "OwnableUnauthorizedAccount"
    assert world.refused(program(world)).name == "ExecutionPaused"
    safe.act("unpause()")
    assert events(world) == [("Unpaused", (hexed(safe.address),))]
    world.run(program(world))


@pytest.mark.parametrize(
    "keys", [KEYS[:1], (KEYS[0], bytes(31) + b"\x0d")], ids=["one", "stranger"]
)
def test_fewer_than_two_of_its_keys_do_nothing(safe: Safe, keys: tuple[bytes, ...]) -> None:
    safe.act("pause()", keys=KEYS[1:])
    with pytest.raises(RevertedError):
        safe.act("unpause()", keys=keys)
    assert safe.world.ask(safe.world.executor, "paused()", ["bool"])


def test_while_paused_everything_can_be_withdrawn_to_the_treasury_alone(safe: Safe) -> None:
    world = safe.world
    world.do(GUARDIAN, world.executor, "pause()")
    for token, amount in world.holdings().items():
        earlier = world.balance(token, TREASURY)
        safe.act("withdraw(address,uint256)", token, amount)
        assert events(world) == [("Withdrawn", (hexed(token), hexed(TREASURY), amount))]
        assert world.balance(token) == 0
        assert world.balance(token, TREASURY) == earlier + amount


def test_more_than_there_is_cannot_be_withdrawn(safe: Safe) -> None:
    world = safe.world
    before = world.holdings()
    for token, amount in before.items():
        with pytest.raises(RevertedError):
            safe.act("withdraw(address,uint256)", token, amount + 1)
    assert world.holdings() == before


def test_ownership_moves_in_two_steps_and_cannot_be_given_up(safe: Safe) -> None:
    world, heir = safe.world, new_safe(safe.world, number=138)
    with pytest.raises(RevertedError):
        safe.act("renounceOwnership()")
    safe.act("transferOwnership(address)", heir.address)
    started = ("OwnershipTransferStarted", (hexed(safe.address), hexed(heir.address)))
    assert events(world) == [started]
    with pytest.raises(RevertedError):
        heir.act("pause()")
    heir.act("acceptOwnership()")
    moved = ("OwnershipTransferred", (hexed(safe.address), hexed(heir.address)))
    assert events(world) == [moved]
    with pytest.raises(RevertedError):
        safe.act("pause()")
    heir.act("pause()")
    assert world.ask(world.executor, "owner()", ["address"]) == hexed(heir.address)


def test_the_treasury_moves_in_two_steps(safe: Safe) -> None:
    world = safe.world
    safe.act("proposeTreasury(address)", PROPOSED)
    assert events(world) == [("TreasuryProposed", (hexed(PROPOSED),))]
    safe.act("withdraw(address,uint256)", NATIVE, 1)
    assert (world.balance(NATIVE, TREASURY), world.balance(NATIVE, PROPOSED)) == (1, 0)
    assert refused(world, TREASURY, "acceptTreasury()") == "NotPendingTreasury"
    world.do(PROPOSED, world.executor, "acceptTreasury()")
    assert events(world) == [("TreasuryChanged", (hexed(TREASURY), hexed(PROPOSED)))]
    assert refused(world, PROPOSED, "acceptTreasury()") == "NotPendingTreasury"
    safe.act("withdraw(address,uint256)", NATIVE, 2)
    assert (world.balance(NATIVE, TREASURY), world.balance(NATIVE, PROPOSED)) == (1, 2)


@pytest.mark.parametrize(
    ("signature", "event"),
    [("setExecutor(address,bool)", "ExecutorSet"), ("setGuardian(address,bool)", "GuardianSet")],
)
def test_members_are_named_and_removed(safe: Safe, signature: str, event: str) -> None:
    world = safe.world
    view = signature.replace("set", "is").replace(",bool", "")
    for allowed in (True, False):
        safe.act(signature, STRANGER, allowed)
        assert events(world) == [(event, (hexed(STRANGER), allowed))]
        assert world.ask(world.executor, view, ["bool"], STRANGER) == allowed
    with pytest.raises(RevertedError) as caught:
        world.run(header([]), STRANGER)
    assert caught.value.name == "Unauthorized"
    assert refused(world, STRANGER, "pause()") == "NotGuardian"
