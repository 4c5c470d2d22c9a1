"""`ape run multisig` on the replica: a real Safe of test keys owns the executor and runs it."""

from pathlib import Path

import pytest
from deploy_world import ROOT, Desk
from eth_utils.crypto import keccak
from replica_calls import read, transact
from test_deploy_networks import instance_of

from keeper.chain import Address
from keeper.deployment import Arguments, Chain, Deployment, save_deployment
from keeper.execution.program import PROGRAM_VERSION
from replica import Replica
from replica.abi import address, encode_call
from replica.contracts import compile_executor, creation_terms, deploy
from replica.protocols.aave_v3 import POOL
from scripts.multisig import ACTS

NOBODY = Address(bytes(20))
TREASURY = Address(b"\x77" * 20)


@pytest.fixture
def safe(chain: Replica) -> Address:
    """A Safe of the first three test accounts, two of which act."""
    owners = sorted(address(account) for account in chain.rpc("eth_accounts")[:3])
    setup = encode_call(
        "setup(address[],uint256,address,bytes,address,address,uint256,address)",
        *(owners, 2, NOBODY, b"", NOBODY, NOBODY, 0, NOBODY),
    )
    named = chain.manifest.contract
    create = encode_call("createProxyWithNonce(address,bytes,uint256)", named("Safe"), setup, 7)
    receipt = transact(chain, owners[0], named("SafeProxyFactory"), create)
    return address(receipt["logs"][-1]["topics"][1][-40:])


@pytest.fixture
def desk(chain: Replica, safe: Address, tmp_path: Path) -> Desk:
    """A desk whose record is of an executor that the Safe owns."""
    sender, code = address(chain.rpc("eth_accounts")[0]), compile_executor()
    terms = creation_terms(safe, sender, TREASURY, POOL)
    where = deploy(chain.rpc, sender, code.creation_code + terms)
    standing = bytes.fromhex(chain.rpc("eth_getCode", [where, "latest"])[2:])
    record = Deployment(
        network="replica",
        chain=Chain.of(instance_of(chain.url)),
        address=where,
        deployer=sender,
        transaction_hash=bytes(32),
        block_number=1,
        arguments=Arguments(owner=safe, guardian=sender, treasury=TREASURY, aave_pool=POOL),
        program_version=PROGRAM_VERSION,
        creation_code_hash=keccak(code.creation_code),
        code_hash=keccak(standing),
        abi=code.abi,
    )
    path = tmp_path / "replica" / "ArbitrageExecutor.json"
    path.parent.mkdir(parents=True)
    save_deployment(path, record, replace=False)
    return Desk(tmp_path, ROOT / ".cache" / "ape")


def test_two_owners_act_and_one_proposes(desk: Desk, chain: Replica) -> None:
    network, executor = f"polygon:replica:{chain.url}", desk.record("replica").address
    token = chain.manifest.token("WPOL").address
    code, said = desk.ape("multisig", network, "--signer", "TEST::1", "pause")
    assert (code, "asks for 2 signatures" in said) == (0, True), said
    assert encode_call("pause()").hex() in said
    assert read(chain, executor, "paused()", ["bool"]) == (False,)

    both = ("--signer", "TEST::1", "--signer", "TEST::2")
    code, said = desk.ape("multisig", network, *both, "setExecutor", f"0x{token.hex()}", "true")
    assert code == 0, said
    assert read(chain, executor, "isExecutor(address)", ["bool"], token) == (True,)

    strangers = ("--signer", "TEST::1", "--signer", "TEST::5")
    code, said = desk.ape("multisig", network, *strangers, "pause")
    assert (code, "is no owner" in said) == (1, True), said


def test_every_owners_act_is_offered_with_its_arguments() -> None:
    found = {
        entry["name"]: tuple(part["type"] for part in entry["inputs"])
        for entry in compile_executor().abi
        if entry["type"] == "function" and entry["name"] in ACTS
    }
    assert found == ACTS
