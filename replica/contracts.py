"""The project's own contracts, compiled with foundry.toml's settings, and their deployment.

For tests, demo and bench, which do without ape. The compiler caches its outputs by input.
"""

import json
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import encode

from keeper.chain import Address
from replica.abi import address, encode_call
from replica.imports import closure
from replica.paths import ROOT, tool

REFERENCE = ROOT / "contracts" / "reference" / "ReferenceExecutor.vy"
EXECUTOR = "contracts/ExecutorDeployment.sol:ExecutorDeployment"
EXECUTOR_CODE = "contracts/ArbitrageExecutor.sol:ArbitrageExecutor"
EXECUTOR_ABI = (
    EXECUTOR,
    EXECUTOR_CODE,
    "contracts/interfaces/IArbitrageExecutor.sol:IArbitrageExecutor",
    "contracts/Administration.sol:Administration",
)
"""How an executor is created, and what it answers to: its dispatcher, its runs, its delegate."""
DEPLOYMENT_GAS = 12_000_000
RECEIPT_TIMEOUT_S = 30.0

Rpc = Callable[[str, list[Any]], Any]


class CompileError(RuntimeError):
    """A source is missing or does not compile; the message holds the compiler's words."""


class DeployError(RuntimeError):
    """A deployment transaction failed."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract. In `runtime_template` the immutables are still zero."""

    abi: tuple[dict[str, Any], ...]
    creation_code: bytes
    runtime_template: bytes


@cache
def compile_executor() -> Artifact:
    """The executor's code, and the ABI of all that it answers to."""
    units = _compile_all(EXECUTOR.rsplit(":", 1)[0], ())
    paths = (name.rsplit(":", 1) for name in EXECUTOR_ABI)
    parts = [units[path][contract]["abi"] for path, contract in paths]
    # the constructor is the creation's, and errors that several parts know are listed once
    found = {json.dumps(entry): entry for abi in parts for entry in abi}
    own = [entry for entry in parts[0] if entry["type"] == "constructor"]
    others = [entry for entry in found.values() if entry["type"] != "constructor"]
    artifact = compile_contract(EXECUTOR)
    return replace(artifact, abi=(*own, *others))


@cache
def compile_reference() -> Artifact:
    """The Vyper reference's creation code; its errors are strings, not the ABI's."""
    vyper = [sys.executable, "-m", "vyper.cli.vyper_compile", str(REFERENCE)]
    done = subprocess.run(vyper, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    return Artifact((), bytes.fromhex(done.stdout.strip()[2:]), b"")


@cache
def compile_contract(name: str, changed: tuple[tuple[str, str], ...] = ()) -> Artifact:
    """ABI and code of `path/from/the/root.sol:Contract`; raises `CompileError`.

    `changed` gives other text for sources by path, for tests of what a guard is worth.
    """
    return artifact_of(_compile_all(name.rsplit(":", 1)[0], changed), name)


@dataclass(frozen=True, slots=True)
class Job:
    """The compiler's executable and its standard JSON input."""

    compiler: str
    input: dict[str, Any]


def compile_job(path: str, changed: Iterable[tuple[str, str]] = ()) -> Job:
    """What compiles the source `path` with foundry.toml's settings, some sources changed."""
    profile = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
    sources = closure((path,), profile["remappings"], _own_source) | {
        changed_path: {"content": text} for changed_path, text in changed
    }
    return Job(
        Path(profile["solc"]).name,
        {"language": "Solidity", "sources": sources, "settings": _settings(profile)},
    )


def artifact_of(contracts: dict[str, Any], name: str) -> Artifact:
    """The named contract in a compiler's output; raises `CompileError` if it is not there."""
    path, contract = name.rsplit(":", 1)
    unit = contracts.get(path, {}).get(contract)
    if unit is None:
        raise CompileError(f"{path} has no contract {contract}")
    code = unit["evm"]
    return Artifact(
        tuple(unit["abi"]),
        bytes.fromhex(code["bytecode"]["object"]),
        bytes.fromhex(code["deployedBytecode"]["object"]),
    )


@cache
def _compile_all(path: str, changed: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    """Everything that a source and its imports define: contracts by name, by path."""
    return _compile(compile_job(path, changed))


def _settings(profile: dict[str, Any]) -> dict[str, Any]:
    code = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]
    return {
        "remappings": profile["remappings"],
        "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
        "viaIR": profile["via_ir"],
        "evmVersion": profile["evm_version"],
        "metadata": {"bytecodeHash": profile["bytecode_hash"]},
        "outputSelection": {"*": {"*": code}},
    }


def _compile(job: Job) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603 - the set-up's own compiler
        [tool(job.compiler), "--standard-json"],
        input=json.dumps(job.input),
        capture_output=True,
        text=True,
        check=True,
    )
    output: dict[str, Any] = json.loads(done.stdout)
    errors = [entry for entry in output.get("errors", ()) if entry["severity"] == "error"]
    if errors:
        raise CompileError("\n".join(entry["formattedMessage"] for entry in errors))
    contracts: dict[str, Any] = output["contracts"]
    return contracts


def _own_source(path: str) -> str:
    try:
        return (ROOT / path).read_text()
    except OSError as error:
        raise CompileError(f"{path} cannot be read: {error.strerror}") from error


def deploy(rpc: Rpc, sender: Address, creation_code: bytes) -> Address:
    """Create a contract from an unlocked account; raises `DeployError`."""
    receipt = _transact(rpc, {"from": sender, "data": creation_code})
    return address(receipt["contractAddress"])


def creation_terms(
    owner: Address,
    guardian: Address,
    treasury: Address,
    aave_pool: Address,
    *directory: Sequence[Address],
) -> bytes:
    """The constructor's arguments, which follow an executor's creation code, the reference's too.

    `directory` lists pools and then pairs, or is left out.
    """
    pools, pairs = directory or ((), ())
    kinds = ["address"] * 4 + ["address[]"] * 2
    return encode(kinds, [owner, guardian, treasury, aave_pool, pools, pairs])


def deploy_executor(
    rpc: Rpc,
    owner: Address,
    *,
    guardian: Address,
    treasury: Address,
    aave_pool: Address,
    executors: Iterable[Address],
    pools: Sequence[Address] = (),
    pairs: Sequence[Address] = (),
    artifact: Artifact | None = None,
) -> Address:
    """Deploy an executor from the unlocked account `owner`, which then appoints `executors`.

    Its directory lists `pools` and `pairs` in their order.
    `artifact` is other code with the same constructor and the same `setExecutor`.
    """
    terms = creation_terms(owner, guardian, treasury, aave_pool, pools, pairs)
    where = deploy(rpc, owner, (artifact or compile_executor()).creation_code + terms)
    for executor in executors:
        data = encode_call("setExecutor(address,bool)", executor, True)
        _transact(rpc, {"from": owner, "to": where, "data": data})
    return where


def _transact(rpc: Rpc, transaction: dict[str, Any]) -> dict[str, Any]:
    tx_hash = rpc("eth_sendTransaction", [transaction | {"gas": hex(DEPLOYMENT_GAS)}])
    give_up_s = time.monotonic() + RECEIPT_TIMEOUT_S
    while (receipt := rpc("eth_getTransactionReceipt", [tx_hash])) is None:
        if time.monotonic() > give_up_s:
            raise DeployError(f"transaction {tx_hash} was not mined in {RECEIPT_TIMEOUT_S} s")
        time.sleep(0.005)
    if int(receipt["status"], 16) != 1:
        raise DeployError(f"transaction {tx_hash} reverted")
    mined: dict[str, Any] = receipt
    return mined
