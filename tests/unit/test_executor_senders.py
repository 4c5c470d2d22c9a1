"""Who counts is who calls: a contract acts for itself, not for whoever began the transaction, and a
loan for another is none of ours."""

from collections.abc import Iterator

import pytest
from eth_abi.abi import encode
from executor_world import (
    AAVE_CALLBACK,
    GUARDIAN,
    KEEPER,
    OWNER,
    STRANGER,
    TREASURY,
    RevertedError,
    World,
    hexed,
    new_world,
    root_cause,
    script,
    scripted,
)
from program_assembler import bound, command, header

from keeper.chain import Address
from replica.abi import encode_call
from replica.contracts import compile_executor

LOAN = 1000
TERMS_SIZE = 33
"""Of a loan: token, amount and highest premium, which travel as data behind the declared tokens."""


@pytest.fixture(scope="module")
def built() -> World:
    world = new_world()
    world.fund_all()
    return world


@pytest.fixture
def world(built: World) -> Iterator[World]:
    """The world, put back afterwards."""
    mark = built.evm.snapshot()
    yield built
    built.evm.revert(mark)


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
    assert world.ask(world.executor, "paused()", ["bool"])


def test_a_contract_runs_only_as_an_executor(world: World) -> None:
    agent, program = scripted(world), header([], lead="wpol")
    assert refused(world, agent, KEEPER, program) == ("Unauthorized", hexed(agent))
    world.do(OWNER, world.executor, "setExecutor(address,bool)", agent, True)
    through(world, agent, STRANGER, program)


def test_a_loan_for_another_is_refused(world: World) -> None:
    """By the lender itself, with the very data that are bound: only its initiator differs."""
    lender, wpol = scripted(world), world.manifest.token("WPOL").address
    roles = encode(["address"] * 4, [OWNER, GUARDIAN, TREASURY, lender])
    executor = world.deploy(compile_executor().creation_code + roles)
    world.do(OWNER, executor, "setExecutor(address,bool)", KEEPER, True)
    program = header([wpol]) + command("aave", token=0, amount=LOAN, max_premium=0)
    terms = program[-TERMS_SIZE:]
    for initiator, error in ((STRANGER, "UnexpectedCallback"), (executor, "")):
        data = bound([wpol], terms)
        announced = encode_call(AAVE_CALLBACK, wpol, LOAN, 0, initiator, data)
        script(world, lender, (executor, announced, True))
        if error:
            with pytest.raises(RevertedError) as caught:
                world.call(KEEPER, executor, program)
            assert root_cause(caught.value) == error
        else:
            world.call(KEEPER, executor, program)
