"""The keeper starts on the recorded executor of its own chain and format, and on no other."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from eth_utils.crypto import keccak
from execution_world import Lab

from keeper.chain import Address
from keeper.deployment import Arguments, Chain, Deployment, DeploymentError
from keeper.execution.directory import Directory
from keeper.execution.program import PROGRAM_VERSION
from keeper.node import NodeError
from keeper.startup import PROGRAM_VERSION_CALL, check_executor
from replica.abi import address
from replica.contracts import deploy_executor

SOMEONE = Address(b"\x05" * 20)
POOLS, PAIRS = ([Address(bytes([n]) * 20) for n in numbers] for numbers in ((1, 2), (3,)))
ANSWERS_VERSION = b"\x7f" + PROGRAM_VERSION + bytes.fromhex("5f5260205ff3")
ANSWERS_ZERO = bytes.fromhex("60205ff3")
REVERTS = bytes.fromhex("5f5ffd")


async def record(lab: Lab, where: Address) -> Deployment:
    """A record of what stands at `where`."""
    return Deployment(
        network="local",
        chain=Chain.of(lab.instance),
        address=where,
        deployer=SOMEONE,
        transaction_hash=bytes(32),
        block_number=1,
        arguments=Arguments(owner=SOMEONE, guardian=SOMEONE, treasury=SOMEONE, aave_pool=SOMEONE),
        program_version=PROGRAM_VERSION,
        creation_code_hash=bytes(32),
        code_hash=keccak(await lab.node.code(where)),
        abi=({"type": "function", "name": "pause", "inputs": []},),
    )


@pytest.fixture
def executor(lab: Lab) -> Iterator[Address]:
    owner = address(lab.anvil.rpc("eth_accounts")[0])
    lab.anvil.rpc("evm_setAutomine", [True])
    yield deploy_executor(
        lab.anvil.rpc,
        owner,
        guardian=SOMEONE,
        treasury=SOMEONE,
        aave_pool=lab.executor,
        executors=[lab.signer.address],
        pools=POOLS,
        pairs=PAIRS,
    )
    lab.anvil.rpc("evm_setAutomine", [False])


async def test_recorded_executor__passes_with_its_directory(lab: Lab, executor: Address) -> None:
    found = await check_executor(lab.node, await record(lab, executor), lab.instance)
    assert found == Directory.of(POOLS, PAIRS)


async def test_code_without_room_for_a_directory__is_refused(lab: Lab) -> None:
    lab.set_code(ANSWERS_VERSION)
    with pytest.raises(DeploymentError, match="no room for a directory: deploy again"):
        await check_executor(lab.node, await record(lab, lab.executor), lab.instance)


def test_version_call__is_the_contracts() -> None:
    assert keccak(text="programVersion()")[:4] == PROGRAM_VERSION_CALL


async def test_no_code__is_refused(lab: Lab, executor: Address) -> None:
    known = await record(lab, executor)
    gone = known.model_copy(update={"address": SOMEONE})
    with pytest.raises(DeploymentError, match=f"0x{SOMEONE.hex()} is not the recorded"):
        await check_executor(lab.node, gone, lab.instance)


async def test_one_changed_byte__is_refused(lab: Lab, executor: Address) -> None:
    known = await record(lab, executor)
    code = await lab.node.code(executor)
    lab.anvil.rpc("anvil_setCode", [executor, code[:-1] + bytes([code[-1] ^ 1])])
    with pytest.raises(DeploymentError, match="deploy again"):
        await check_executor(lab.node, known, lab.instance)


@pytest.mark.parametrize(
    ("code", "fault"),
    [(ANSWERS_ZERO, DeploymentError), (b"\0", DeploymentError), (REVERTS, NodeError)],
)
async def test_another_format__is_refused(lab: Lab, code: bytes, fault: type[Exception]) -> None:
    lab.set_code(code)
    with pytest.raises(fault):
        await check_executor(lab.node, await record(lab, lab.executor), lab.instance)


@pytest.mark.parametrize(
    "other", [{"run": "live"}, {"genesis_hash": bytes(32)}, {"chain_id": 1}], ids=str
)
async def test_another_chain_instance__is_refused(
    lab: Lab, executor: Address, other: dict[str, object]
) -> None:
    served = replace(lab.instance, **other)
    with pytest.raises(DeploymentError, match="point at the other record or node"):
        await check_executor(lab.node, await record(lab, executor), served)
