"""Let the Safe that owns the recorded executor administer it."""

from pathlib import Path

import ape
import click
from ape.api import AccountAPI, ProviderAPI
from ape.cli import network_option
from ape.contracts import ContractInstance
from ape.exceptions import Abort
from eth_utils.address import to_checksum_address

from keeper.deployment import CONTRACT, load_deployment
from scripts._command import NetworkCommand, records_option
from scripts._environment import use_pinned_tools
from scripts._place import find_place
from scripts._safe import Proposal, SafeError

ACTS = {
    "setExecutor": ("address", "bool"),
    "setGuardian": ("address", "bool"),
    "setListedPool": ("address", "bool"),
    "pause": (),
    "unpause": (),
    "withdraw": ("address", "uint256"),
    "proposeTreasury": ("address",),
    "transferOwnership": ("address",),
    "acceptOwnership": (),
}
"""What an owner may do, and the arguments of each."""
TEST = "TEST::"

use_pinned_tools()


@click.command(cls=NetworkCommand)
@network_option()
@click.option("--signer", "signers", multiple=True, help="Account alias, or TEST::<index>; repeat.")
@records_option
@click.argument("act", type=click.Choice(sorted(ACTS)))
@click.argument("arguments", nargs=-1)
def cli(
    provider: ProviderAPI, signers: tuple[str, ...], records: Path, act: str, arguments: tuple[str]
) -> None:
    """Do ACT as the owning Safe, if as many signers are named as it asks for.

    With fewer, say what its owners have to sign. A token is given by address (zero for POL), an
    amount in raw units, a role or listing as true or false.
    """
    place = find_place(provider)
    record = load_deployment(records / place.name / f"{CONTRACT}.json")
    record.check_instance(place.instance)
    address = to_checksum_address(record.address)
    executor = ape.Contract(address, abi=[dict(entry) for entry in record.abi])
    accounts = [_account(name) for name in signers]
    for account in accounts:
        place.check_key(account.address)
    safe = executor.pendingOwner() if act == "acceptOwnership" else executor.owner()
    _do(Proposal.next_of(safe, address, _data(executor, act, arguments)), accounts)


def _do(proposal: Proposal, accounts: list[AccountAPI]) -> None:
    if len(accounts) < proposal.threshold:
        click.echo(f"the Safe {proposal.safe.address} asks for {proposal.threshold} signatures")
        click.echo(f"to    {proposal.to}\ndata  0x{proposal.data.hex()}\nnonce {proposal.nonce}")
        click.echo(f"hash  0x{proposal.digest.hex()}")
        return
    try:
        proposal.execute(accounts)
    except SafeError as error:
        raise Abort(str(error)) from None
    click.echo(f"done by the Safe {proposal.safe.address}, nonce {proposal.nonce}")


def _account(name: str) -> AccountAPI:
    if name.startswith(TEST):
        return ape.accounts.test_accounts[int(name.removeprefix(TEST))]
    return ape.accounts.load(name)


def _data(executor: ContractInstance, act: str, arguments: tuple[str, ...]) -> bytes:
    kinds = ACTS[act]
    if len(arguments) != len(kinds):
        raise Abort(f"{act} takes {len(kinds)} arguments: {', '.join(kinds) or 'none'}")
    values = [_value(kind, text) for kind, text in zip(kinds, arguments, strict=True)]
    return bytes(getattr(executor, act).encode_input(*values))


def _value(kind: str, text: str) -> object:
    try:
        if kind == "bool":
            return {"true": True, "false": False}[text]
        return int(text) if kind == "uint256" else to_checksum_address(text)
    except (KeyError, ValueError):
        raise Abort(f"{text!r} is no {kind}") from None
