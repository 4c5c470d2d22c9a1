"""The record that deployment writes and the keeper trusts."""

import dataclasses
import json
from pathlib import Path

import pytest
from deploy_world import example_record
from hypothesis import given
from hypothesis import strategies as st

from keeper.chain import Address, ChainInstance
from keeper.deployment import (
    MAX_RECORD_BYTES,
    Arguments,
    Chain,
    Deployment,
    DeploymentError,
    load_deployment,
    save_deployment,
)

ADDRESSES = st.binary(min_size=20, max_size=20).map(Address)
HASHES = st.binary(min_size=32, max_size=32)
INSTANCES = st.builds(
    ChainInstance,
    chain_id=st.integers(1, 2**63 - 1),
    genesis_hash=HASHES,
    run=st.just("live") | HASHES.map(bytes.hex),
)
DEPLOYMENTS = st.builds(
    Deployment,
    network=st.sampled_from(["local", "replica", "fork", "mainnet"]),
    chain=INSTANCES.map(Chain.of),
    address=ADDRESSES,
    deployer=ADDRESSES,
    transaction_hash=HASHES,
    block_number=st.integers(0, 2**63 - 1),
    arguments=st.builds(
        Arguments,
        **dict.fromkeys(("owner", "guardian", "treasury", "aave_pool"), ADDRESSES),
        **dict.fromkeys(("pools", "pairs"), st.lists(ADDRESSES, max_size=3).map(tuple)),
    ),
    program_version=HASHES,
    creation_code_hash=HASHES,
    code_hash=HASHES,
    abi=st.just(({"type": "function", "name": "pause", "inputs": []},)),
)


@given(deployment=DEPLOYMENTS)
def test_what_is_saved_is_loaded(
    deployment: Deployment, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("record") / "network" / "ArbitrageExecutor.json"
    save_deployment(path, deployment, replace=False)
    assert load_deployment(path) == deployment
    assert list(path.parent.iterdir()) == [path]


def test_addresses_are_checksummed_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    save_deployment(path, example_record(), replace=False)
    assert json.loads(path.read_text())["address"] == "0x" + "22" * 20


def test_existing_record_is_kept_unless_replaced(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    save_deployment(path, example_record(), replace=False)
    newer = example_record().model_copy(update={"block_number": 8})
    with pytest.raises(DeploymentError, match="never overwritten"):
        save_deployment(path, newer, replace=False)
    assert load_deployment(path).block_number == 7
    save_deployment(path, newer, replace=True)
    assert load_deployment(path).block_number == 8


def test_absent_record_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match="ape run deploy"):
        load_deployment(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", "0x1234"),
        ("address", None),
        ("address", 5),
        ("transaction_hash", "0x12"),
        ("transaction_hash", "0x" + "zz" * 32),
        ("block_number", -1),
        ("block_number", "7"),
        ("program_version", 1.5),
        ("contract", "Other"),
        ("abi", {}),
        ("chain", {"id": 137}),
        ("surprise", 1),
    ],
)
def test_wrong_field_is_named_in_one_line(tmp_path: Path, field: str, value: object) -> None:
    path = tmp_path / "record.json"
    raw = json.loads(example_record().model_dump_json())
    path.write_text(json.dumps(raw | {field: value}))
    with pytest.raises(DeploymentError) as caught:
        load_deployment(path)
    assert field in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"\xff\xfe", b"{" * 5000, b"{}" + b" " * MAX_RECORD_BYTES]
)
def test_hostile_file_is_a_typed_error(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(raw)
    with pytest.raises(DeploymentError):
        load_deployment(path)


def test_record_serves_its_own_instance_only() -> None:
    deployment = example_record()
    deployment.check_instance(deployment.instance)
    for change in ({"chain_id": 1}, {"genesis_hash": bytes(32)}, {"run": "live"}):
        with pytest.raises(DeploymentError, match="replica record"):
            deployment.check_instance(dataclasses.replace(deployment.instance, **change))
