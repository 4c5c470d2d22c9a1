"""Deploy the executor, verify it on chain, record it, and grant the executors their role."""

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import ape
import click
from ape.api import AccountAPI, ProviderAPI
from ape.cli import account_option, network_option
from ape.contracts import ContractContainer, ContractInstance
from ape.exceptions import Abort
from eth_utils.address import to_canonical_address, to_checksum_address
from eth_utils.crypto import keccak

from keeper.chain import Address
from keeper.deployment import (
    CONTRACT,
    Arguments,
    Chain,
    Deployment,
    DeploymentError,
    load_deployment,
    save_deployment,
)
from scripts import _executor as executors
from scripts._command import NetworkCommand, records_option
from scripts._environment import use_pinned_tools
from scripts._parameters import Parameters, load_parameters
from scripts._place import Place, find_place

use_pinned_tools()


@click.command(cls=NetworkCommand)
@network_option()
@account_option(prompt=None)
@records_option
@click.option("--yes", is_flag=True, help="Do not ask before a live deployment.")
def cli(provider: ProviderAPI, account: AccountAPI | None, records: Path, yes: bool) -> None:
    """Deploy the executor with deployments/parameters/<network>.yaml.

    Off live networks the account is TEST::0 unless one is named.
    """
    _run(provider, account, records, ask=not yes)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be deployed, where, by whom, and the record that will say so."""

    provider: ProviderAPI
    place: Place
    arguments: Arguments
    contract: ContractContainer
    deployer: AccountAPI
    record: Path

    @property
    def creation_code_hash(self) -> bytes:
        return keccak(executors.creation_code(self.contract))


def _run(provider: ProviderAPI, account: AccountAPI | None, records: Path, *, ask: bool) -> None:
    place = find_place(provider)
    source = records / "parameters" / f"{place.name}.yaml"
    parameters = load_parameters(source, live=place.live)
    deployer = _deployer(place, account)
    contract = executors.compile_executor()
    record = records / place.name / f"{CONTRACT}.json"
    plan = _Plan(provider, place, parameters.arguments, contract, deployer, record)
    executor = _deployed_before(plan)
    if executor is None:
        if place.live and ask:
            _confirm(plan)
        executor = _deploy(plan)
    _grant(executor, parameters, deployer)


def _deployer(place: Place, account: AccountAPI | None) -> AccountAPI:
    if account is None and place.live:
        raise Abort("a live deployment needs --account <alias>: see `ape accounts list`")
    chosen = account or ape.accounts.test_accounts[0]
    place.check_key(chosen.address)
    return chosen


def _deployed_before(plan: _Plan) -> ContractInstance | None:
    """The executor that the record names, if the same one would be deployed again."""
    if not plan.record.exists():
        return None
    try:
        record = load_deployment(plan.record)
    except DeploymentError:
        if plan.place.live:
            raise
        return None
    address = to_checksum_address(record.address)
    if _is_same(plan, record):
        click.echo(f"already deployed at {address}")
        return plan.contract.at(address)
    if plan.place.live:
        _refuse_overwriting(plan.record, address)
    return None


def _is_same(plan: _Plan, record: Deployment) -> bool:
    return (
        record.instance == plan.place.instance
        and record.arguments == plan.arguments
        and record.creation_code_hash == plan.creation_code_hash
        and record.code_hash == executors.code_hash(plan.provider, record.address)
    )


def _refuse_overwriting(path: Path, address: str) -> NoReturn:
    raise DeploymentError(
        f"{path} records another executor, {address}, and is never overwritten: "
        "to deploy beside it, rename the record in a commit of its own"
    )


def _confirm(plan: _Plan) -> None:
    click.echo(f"live: {plan.place.name}, chain instance {plan.place.instance.key}")
    click.echo(f"deployer: {plan.deployer.address}")
    for name, given in plan.arguments:
        listed = (given,) if isinstance(given, bytes) else given
        click.echo(f"{name}: {', '.join(map(to_checksum_address, listed)) or 'none'}")
    click.confirm("Deploy?", abort=True)


def _deploy(plan: _Plan) -> ContractInstance:
    if plan.place.name == "fork":
        ape.chain.mine()  # the configured base fee starts after the forked block
    plan.record.parent.mkdir(parents=True, exist_ok=True)
    order = executors.constructor_arguments(plan.arguments)
    executor = plan.deployer.deploy(plan.contract, *order)
    executors.verify(plan.provider, executor, plan.contract, plan.arguments)
    save_deployment(plan.record, _record(plan, executor), replace=not plan.place.live)
    click.echo(f"deployed at {executor.address}, recorded in {plan.record}")
    return executor


def _record(plan: _Plan, executor: ContractInstance) -> Deployment:
    receipt = ape.chain.get_receipt(str(executor.txn_hash))
    return Deployment(
        network=plan.place.name,
        chain=Chain.of(plan.place.instance),
        address=Address(to_canonical_address(executor.address)),
        deployer=Address(to_canonical_address(plan.deployer.address)),
        transaction_hash=bytes.fromhex(receipt.txn_hash.removeprefix("0x")),
        block_number=receipt.block_number,
        arguments=plan.arguments,
        program_version=bytes(executor.programVersion()),
        creation_code_hash=plan.creation_code_hash,
        code_hash=executors.code_hash(plan.provider, to_canonical_address(executor.address)),
        abi=tuple(entry.model_dump(mode="json") for entry in executor.contract_type.abi),
    )


def _grant(executor: ContractInstance, parameters: Parameters, deployer: AccountAPI) -> None:
    missing = executors.missing_executors(executor, parameters.executors)
    if executors.is_owner(executor, deployer):
        for account in missing:
            executor.setExecutor(account, True, sender=deployer)
            click.echo(f"{account} may run programs")
    elif missing:
        click.echo(f"the owner {executor.owner()} has yet to call, on {executor.address}:")
        for account in missing:
            call = executor.setExecutor.encode_input(account, True)
            click.echo(f"  setExecutor({account}, true)  data 0x{bytes(call).hex()}")
