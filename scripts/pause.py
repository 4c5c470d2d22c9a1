"""Stop every run of the deployed executor at once, or allow runs again."""

from pathlib import Path

import ape
import click
from ape.api import AccountAPI, ProviderAPI
from ape.cli import account_option, network_option
from ape.exceptions import Abort, ContractLogicError
from eth_utils.address import to_checksum_address

from keeper.deployment import CONTRACT, load_deployment
from scripts._command import NetworkCommand, records_option
from scripts._environment import use_pinned_tools
from scripts._place import find_place

OWNER, GUARDIAN = 0, 1
"""Test accounts with these roles in the parameter files of development networks."""

use_pinned_tools()


@click.command(cls=NetworkCommand)
@network_option()
@account_option(prompt=None)
@records_option
@click.option("--resume", is_flag=True, help="Allow runs again: the owner only.")
def cli(provider: ProviderAPI, account: AccountAPI | None, records: Path, resume: bool) -> None:
    """Pause the recorded executor as a guardian, or --resume it as the owner."""
    _run(provider, account, records, resume=resume)


def _run(provider: ProviderAPI, account: AccountAPI | None, records: Path, *, resume: bool) -> None:
    place = find_place(provider)
    if account is None and place.live:
        raise Abort("a live network needs --account <alias>: see `ape accounts list`")
    sender = account or ape.accounts.test_accounts[OWNER if resume else GUARDIAN]
    place.check_key(sender.address)
    record = load_deployment(records / place.name / f"{CONTRACT}.json")
    record.check_instance(place.instance)
    address = to_checksum_address(record.address)
    executor = ape.Contract(address, abi=[dict(entry) for entry in record.abi])
    try:
        (executor.unpause if resume else executor.pause)(sender=sender)
    except ContractLogicError as error:
        role = "the owner" if resume else "a guardian or the owner"
        raise Abort(f"{address} refused {sender.address}, needs {role}: {error}") from None
    click.echo(f"{address} is {'running' if resume else 'paused'}")
