"""The record of a deployed executor: written once by the deployment, read by the keeper.

A record belongs to one chain instance. Replica, fork and mainnet share chain id 137, so a record of
another run names an address that may hold nothing, or something else.
"""

import os
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.types import JsonValue

from keeper.chain import ChainInstance
from keeper.execution.program_table import DIRECTORY_PAIRS, DIRECTORY_POOLS
from keeper.fields import AddressField, HashField

CONTRACT: Final = "ArbitrageExecutor"
MAX_RECORD_BYTES = 1024 * 1024


class DeploymentError(ValueError):
    """A record is absent, malformed or of another chain; the message names the file and the fix."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Arguments(_Section):
    """What the constructor was given, in its order: the last two are the directory's lists."""

    owner: AddressField
    guardian: AddressField
    treasury: AddressField
    aave_pool: AddressField
    pools: tuple[AddressField, ...] = Field(default=(), max_length=DIRECTORY_POOLS)
    pairs: tuple[AddressField, ...] = Field(default=(), max_length=DIRECTORY_PAIRS)


class Chain(_Section):
    """The chain instance in the terms of a file."""

    id: int = Field(gt=0)
    genesis_hash: HashField
    run: str = Field(min_length=1, max_length=80)

    @classmethod
    def of(cls, instance: ChainInstance) -> Self:
        """The same instance, as a record states it."""
        return cls(id=instance.chain_id, genesis_hash=instance.genesis_hash, run=instance.run)


class Deployment(_Section):
    """One executor on one chain instance.

    `creation_code_hash` is keccak-256 of the creation code without arguments, `code_hash` of the
    runtime code on chain, immutables included; `block_number` is that
    of the creation, `program_version` what the contract answered.
    """

    contract: Literal["ArbitrageExecutor"] = CONTRACT
    network: str = Field(min_length=1, max_length=64)
    chain: Chain
    address: AddressField
    deployer: AddressField
    transaction_hash: HashField
    block_number: int = Field(ge=0)
    arguments: Arguments
    program_version: HashField
    creation_code_hash: HashField
    code_hash: HashField
    abi: tuple[dict[str, JsonValue], ...] = Field(repr=False)

    @property
    def instance(self) -> ChainInstance:
        """The chain instance that the record belongs to."""
        return ChainInstance(self.chain.id, self.chain.genesis_hash, self.chain.run)

    def check_instance(self, instance: ChainInstance) -> None:
        """Raise `DeploymentError` unless the record is of the chain a node serves."""
        if self.instance != instance:
            raise DeploymentError(
                f"the {self.network} record is of chain instance {self.instance.key}, the node "
                f"serves {instance.key}: deploy there, or point at the other record or node"
            )


def load_deployment(path: Path) -> Deployment:
    """Read and validate a record.

    Raises:
        DeploymentError: The file is absent, unreadable or oversize, or a field is wrong.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_RECORD_BYTES + 1)
    except FileNotFoundError:
        raise DeploymentError(f"no deployment record at {path}: run `ape run deploy`") from None
    except OSError as error:
        raise DeploymentError(f"{path} cannot be read: {error.strerror}") from None
    if len(raw) > MAX_RECORD_BYTES:
        raise DeploymentError(f"{path} exceeds {MAX_RECORD_BYTES} bytes: it is not a record")
    try:
        return Deployment.model_validate_json(raw)
    except ValidationError as error:
        raise DeploymentError(_explain(path, error)) from None


def save_deployment(path: Path, deployment: Deployment, *, replace: bool) -> None:
    """Write a record so that a reader sees the old file or the new one, never a part.

    Raises:
        DeploymentError: A record exists and `replace` is false.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.write_text(deployment.model_dump_json(indent=2) + "\n", encoding="utf-8")
    try:
        if replace:
            partial.replace(path)
        else:
            os.link(
                partial, path
            )  # fails where a record stands, without a gap between test and act
    except FileExistsError:
        raise DeploymentError(f"{path} exists and is never overwritten") from None
    finally:
        partial.unlink(missing_ok=True)


def _explain(path: Path, error: ValidationError) -> str:
    first: Any = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "file"
    problem = str(first["msg"]).removeprefix("Value error, ")
    return f"{path}: {field}: {problem}; deploy again or restore the record"
