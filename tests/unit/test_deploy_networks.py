"""`ape run deploy` on a local chain, on the replica and on a live node, as a user runs it."""

import asyncio
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from deploy_world import ROOT, Desk, example_record, posing_as_live
from eth_account import Account
from eth_utils.crypto import keccak

from keeper.chain import ChainInstance
from keeper.deployment import save_deployment
from keeper.execution.directory import Directory
from keeper.keys import development_addresses
from keeper.node import Node
from replica import Replica
from replica.abi import encode_call
from replica.directory import directory_of

LOCAL = "polygon:local:foundry"
LIVE = "polygon:mainnet:node"
TEST_3 = "90F79bf6EB2c4f870365E785982E1f101E93b906"
PASSPHRASE = "correct horse"
AAVE = "0x794a61358D6845594F94dc1DB02A252b5b4814aD"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    records = tmp_path / "deployments"
    shutil.copytree(ROOT / "deployments" / "parameters", records / "parameters")
    return Desk(records, ROOT / ".cache" / "ape")


def instance_of(url: str) -> ChainInstance:
    async def ask() -> ChainInstance:
        async with await Node.connect(url, expected_chain_id=137) as node:
            return await node.chain_instance()

    return asyncio.run(ask())


def may_run(chain: Replica, executor: bytes, account: str) -> bool:
    call = {"to": executor, "data": encode_call("isExecutor(address)", bytes.fromhex(account))}
    return int(chain.rpc("eth_call", [call, "latest"]), 16) == 1


def is_paused(chain: Replica, executor: bytes) -> bool:
    call = {"to": executor, "data": encode_call("paused()")}
    return int(chain.rpc("eth_call", [call, "latest"]), 16) == 1


def test_local_chain_replaces_the_record_of_another_run(desk: Desk) -> None:
    path = desk.records / "local" / "ArbitrageExecutor.json"
    save_deployment(path, example_record(), replace=False)
    code, said = desk.ape("deploy", LOCAL)
    assert code == 0, said
    record = desk.record("local")
    assert (record.chain.id, record.network) == (31337, "local")
    assert record.instance != example_record().instance


def test_replica_is_deployed_once_until_parameters_change(desk: Desk, chain: Replica) -> None:
    network = f"polygon:replica:{chain.url}"
    code, said = desk.ape("deploy", network)
    assert code == 0, said
    record = desk.record("replica")
    assert record.instance == instance_of(chain.url)
    standing = bytes.fromhex(chain.rpc("eth_getCode", [record.address, "latest"])[2:])
    assert record.code_hash == keccak(standing)
    assert may_run(chain, record.address, TEST_3)
    listed = directory_of(chain.manifest)
    assert (list(record.arguments.pools), list(record.arguments.pairs)) == listed
    assert Directory.read(standing) == Directory.of(*listed)

    code, said = desk.ape("deploy", network)
    assert (code, "already deployed" in said) == (0, True), said
    assert desk.record("replica") == record
    _pause_and_resume(desk, chain, network)

    path = desk.records / "parameters" / "replica.yaml"
    path.write_text(path.read_text().replace("guardian: test:1", "guardian: test:6"))
    code, said = desk.ape("deploy", network)
    assert code == 0, said
    assert desk.record("replica").address != record.address


def _pause_and_resume(desk: Desk, chain: Replica, network: str) -> None:
    executor = desk.record("replica").address
    code, said = desk.ape("pause", network)
    assert code == 0, said
    assert is_paused(chain, executor)
    code, said = desk.ape("pause", network, "--resume")
    assert code == 0, said
    assert not is_paused(chain, executor)


# ------------------------------------------------------------------------------------ live


@pytest.fixture
def live_url(chain: Replica) -> Iterator[str]:
    with posing_as_live(chain.url) as url:
        yield url


@pytest.fixture
def own_key(desk: Desk, tmp_path: Path, chain: Replica) -> Desk:
    """A desk whose ape holds the encrypted key `deployer`, with funds."""
    account = Account.from_key(keccak(text="a key of this test's own"))
    data = tmp_path / "ape"
    keyfile = data / "accounts" / "deployer.json"
    keyfile.parent.mkdir(parents=True)
    keyfile.write_text(json.dumps(Account.encrypt(account.key, PASSPHRASE, iterations=2)))
    chain.rpc("anvil_setBalance", [account.address, hex(10**20)])
    return Desk(desk.records, data)


@pytest.fixture
def blocks(chain: Replica) -> Iterator[None]:
    """Blocks keep coming, as confirmations need."""
    stop = threading.Event()

    def mine() -> None:
        while not stop.wait(0.2):
            chain.rpc("evm_mine")

    miner = threading.Thread(target=mine)
    miner.start()
    yield
    stop.set()
    miner.join()


def own_parameters() -> dict[str, str]:
    who = ["0x" + bytes([n] * 20).hex() for n in range(1, 5)]
    roles = dict(zip(("owner", "guardian", "treasury"), who, strict=False))
    lists = {"executors": f"[{who[3]}]", "pools": f"[{who[0]}]", "pairs": f"[{who[1]}]"}
    return roles | lists | {"aave_pool": AAVE}


@pytest.mark.usefixtures("blocks")
def test_live_record_is_never_overwritten(own_key: Desk, live_url: str) -> None:
    desk = own_key
    desk.set_parameters("mainnet", **own_parameters())
    options = ("--account", "deployer", "--yes")
    node = {"POLYGON_RPC_URL": live_url}
    sign = f"y\n{PASSPHRASE}\nn\n"
    code, said = desk.ape("deploy", LIVE, *options, answers=sign, **node)
    assert code == 0, said
    record = desk.record("mainnet")
    assert record.chain.run == "live"
    assert record.deployer not in development_addresses()
    assert "the owner 0x0101010101010101010101010101010101010101 has yet to call" in said

    code, said = desk.ape("deploy", LIVE, *options, **node)
    assert (code, "already deployed" in said) == (0, True), said

    desk.set_parameters("mainnet", **own_parameters() | {"guardian": "0x" + "77" * 20})
    code, said = desk.ape("deploy", LIVE, *options, **node)
    assert (code, "never overwritten" in said) == (1, True), said
    assert desk.record("mainnet") == record


def test_live_deployment_takes_no_test_key(desk: Desk, live_url: str) -> None:
    desk.set_parameters("mainnet", **own_parameters())
    code, said = desk.ape("deploy", LIVE, "--account", "TEST::0", POLYGON_RPC_URL=live_url)
    assert (code, "publicly known test key" in said) == (1, True), said
    assert not (desk.records / "mainnet").exists()


def test_live_network_without_a_node_is_one_line(desk: Desk) -> None:
    code, said = desk.ape("deploy", LIVE, "--account", "TEST::0")
    assert code == 1
    assert said.splitlines() == [
        "ERROR:    POLYGON_RPC_URL is not set: export the URL of a Polygon node"
    ]
