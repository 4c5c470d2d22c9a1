"""The executor under a real Safe: what two of its three keys do, and nobody else can."""

import pytest
from executor_events import events_of
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

PROPOSED = Address(bytes([0xB2]) * 20)


@pytest.fixture
def safe() -> Safe:
    return owned_by_safe(rich_world())


def program(world: World) -> bytes:
    return header([world.manifest.token("WPOL").address])


def refused(world: World, sender: Address, signature: str, *args: object) -> str:
    with pytest.raises(RevertedError) as caught:
        world.do(sender, world.executor, signature, *args)
    return caught.value.name


def test_a_guardian_pauses_and_only_the_safe_unpauses(safe: Safe) -> None:
    world = safe.world
    world.do(GUARDIAN, world.executor, "pause()")
    assert events_of(world, world.executor) == [("Paused", (GUARDIAN,))]
    for nobody in (GUARDIAN, KEEPER, OWNER, TREASURY, STRANGER):
        assert refused(world, nobody, "unpause()") == "OwnableUnauthorizedAccount"
    assert world.refused(program(world)).name == "ExecutionPaused"
    safe.act("unpause()")
    assert events_of(world, world.executor) == [("Unpaused", (safe.address,))]
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
        assert events_of(world, world.executor) == [("Withdrawn", (token, TREASURY, amount))]
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
    started = ("OwnershipTransferStarted", (safe.address, heir.address))
    assert events_of(world, world.executor) == [started]
    with pytest.raises(RevertedError):
        heir.act("pause()")
    heir.act("acceptOwnership()")
    moved = ("OwnershipTransferred", (safe.address, heir.address))
    assert events_of(world, world.executor) == [moved]
    with pytest.raises(RevertedError):
        safe.act("pause()")
    heir.act("pause()")
    assert world.ask(world.executor, "owner()", ["address"]) == hexed(heir.address)


def test_the_treasury_moves_in_two_steps(safe: Safe) -> None:
    world = safe.world
    safe.act("proposeTreasury(address)", PROPOSED)
    assert events_of(world, world.executor) == [("TreasuryProposed", (PROPOSED,))]
    safe.act("withdraw(address,uint256)", NATIVE, 1)
    assert (world.balance(NATIVE, TREASURY), world.balance(NATIVE, PROPOSED)) == (1, 0)
    assert refused(world, TREASURY, "acceptTreasury()") == "NotPendingTreasury"
    world.do(PROPOSED, world.executor, "acceptTreasury()")
    assert events_of(world, world.executor) == [("TreasuryChanged", (TREASURY, PROPOSED))]
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
        assert events_of(world, world.executor) == [(event, (STRANGER, allowed))]
        assert world.ask(world.executor, view, ["bool"], STRANGER) == allowed
    with pytest.raises(RevertedError) as caught:
        world.run(header([]), STRANGER)
    assert caught.value.name == "Unauthorized"
    assert refused(world, STRANGER, "pause()") == "NotGuardian"
