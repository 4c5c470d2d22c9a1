"""Who counts is who calls: a contract acts for itself, not for whoever began the transaction."""

import pytest
from executor_world import (
    GUARDIAN,
    KEEPER,
    OWNER,
    STRANGER,
    TREASURY,
    V2_CALLBACK,
    V3_CALLBACK,
    RevertedError,
    World,
    hexed,
    script,
    scripted,
)
from program_assembler import command, header

from keeper.chain import Address
from replica.abi import encode_call


def through(world: World, agent: Address, sender: Address, call: bytes) -> None:
    """Have a contract call the executor, in a transaction of the sender's."""
    script(world, agent, (world.executor, call, True))
    world.do(sender, agent, "play()")


def refused(world: World, agent: Address, sender: Address, call: bytes) -> tuple[str, object]:
    """The error, and whom it names."""
    with pytest.raises(RevertedError) as caught:
        through(world, agent, sender, call)
    return caught.value.name, caught.value.args_[0]


def test_a_contract_becomes_the_treasury_itself(world: World) -> None:
    agent, accept = scripted(world), encode_call("acceptTreasury()")
    world.do(OWNER, world.executor, "proposeTreasury(address)", STRANGER)
    assert refused(world, agent, STRANGER, accept) == ("NotPendingTreasury", hexed(agent))
    world.do(OWNER, world.executor, "proposeTreasury(address)", agent)
    through(world, agent, STRANGER, accept)
    changed = world.evm.result.logs[-1]
    assert [topic[-40:] for topic in changed.topics[1:]] == [TREASURY.hex(), agent.hex()]
    assert world.ask(world.executor, "treasury()", ["address"]) == hexed(agent)
    assert world.ask(world.executor, "pendingTreasury()", ["address"]) == hexed(bytes(20))


def test_a_contract_pauses_only_as_a_guardian(world: World) -> None:
    agent, pause = scripted(world), encode_call("pause()")
    for sender in (GUARDIAN, OWNER):
        assert refused(world, agent, sender, pause) == ("NotGuardian", hexed(agent))
    world.do(OWNER, world.executor, "setGuardian(address,bool)", agent, True)
    through(world, agent, STRANGER, pause)
    assert world.evm.result.logs[-1].topics[1][-40:] == agent.hex()
    assert world.ask(world.executor, "paused()", ["bool"])


def test_a_contract_unpauses_only_as_the_owner(world: World) -> None:
    agent, unpause = scripted(world), encode_call("unpause()")
    assert refused(world, agent, OWNER, unpause) == ("OwnableUnauthorizedAccount", hexed(agent))
    world.do(OWNER, world.executor, "transferOwnership(address)", agent)
    through(world, agent, STRANGER, encode_call("acceptOwnership()"))
    through(world, agent, STRANGER, unpause)
    assert world.evm.result.logs[-1].topics[1][-40:] == agent.hex()


def test_a_contract_runs_only_as_an_executor(world: World) -> None:
    agent, program = scripted(world), header([], lead="wpol")
    assert refused(world, agent, KEEPER, program) == ("Unauthorized", hexed(agent))
    world.do(OWNER, world.executor, "setExecutor(address,bool)", agent, True)
    through(world, agent, STRANGER, program)


def test_an_idle_callback_is_refused_by_its_callers_name(world: World) -> None:
    agent, call = scripted(world), encode_call(V3_CALLBACK, 1, 1, b"")
    assert refused(world, agent, KEEPER, call) == ("UnexpectedCallback", hexed(agent))


def test_a_swap_of_another_is_refused_by_the_name_of_who_calls_back(world: World) -> None:
    agent, call = scripted(world), encode_call(V2_CALLBACK, STRANGER, 1, 1, b"")
    assert refused(world, agent, KEEPER, call) == ("UnexpectedCallback", hexed(agent))


def test_nobody_asks_for_a_payment_outside_of_callbacks(world: World) -> None:
    most = 2**128 - 1
    owed = command("pay_owed", token=0, max_amount=most)
    program = header([world.manifest.token("WPOL").address], deadline_block=2**31) + owed
    error = world.refused(program)
    assert (error.name, error.args_) == ("WrongPayment", (0, most))
