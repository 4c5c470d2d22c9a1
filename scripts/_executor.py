"""The executor as ape handles it: compiled like forge does, checked on chain, granted its roles."""

from collections.abc import Iterable
from functools import cache
from itertools import chain

import ape
from ape.api import AccountAPI, ProviderAPI
from ape.contracts import ContractContainer, ContractInstance
from ape.logging import LogLevel, logger
from eth_utils.address import to_canonical_address, to_checksum_address
from eth_utils.crypto import keccak
from ethpm_types import ContractType
from web3.types import Nonce
from web3.utils.address import get_create_address

from keeper.chain import Address
from keeper.deployment import CONTRACT, Arguments
from keeper.execution.directory import DIRECTORY_SIZE
from keeper.execution.program_table import PROGRAM_VERSION
from scripts._environment import ROOT

CREATION = "ExecutorDeployment"
DELEGATE = "Administration"
CHILDREN = {"administration": 1, "mould": 2}
"""What a creation creates beside the executor, by the nonce of its address."""
NOBODY = "0x" + 40 * "0"
SOURCES = tuple(
    ROOT / "contracts" / path
    for path in (
        *(f"{name}.sol" for name in (CONTRACT, CREATION, DELEGATE)),
        "interfaces/IArbitrageExecutor.sol",
    )
)


class VerificationError(RuntimeError):
    """What stands on chain is not what was to be deployed; the message names the difference."""


def compile_executor() -> ContractContainer:
    """The executor, its creation code equal to that of forge under foundry.toml.

    Its ABI is how it is created, and all it answers to: it dispatches callbacks itself, and
    delegates what is left to `Administration`.
    """
    named = _compiled()
    executor = named[CREATION].model_copy(deep=True)
    known = {entry.model_dump_json() for entry in executor.abi}
    answers = (named[name].abi for name in (CONTRACT, "IArbitrageExecutor", DELEGATE))
    for entry in chain.from_iterable(answers):
        if entry.type != "constructor" and entry.model_dump_json() not in known:
            known.add(entry.model_dump_json())
            executor.abi.append(entry)
    return ContractContainer(executor)


@cache
def _compiled() -> dict[str | None, ContractType]:
    # ape's configuration has no field for foundry.toml's bytecode_hash
    settings = {"solidity": {"metadata": {"bytecodeHash": "none"}}}
    with logger.at_level(LogLevel.WARNING):  # ape would list every source
        types = ape.compilers.compile(SOURCES, project=ape.project, settings=settings)
        return {found.name: found for found in types}


def creation_code(contract: ContractContainer) -> bytes:
    """Creation code without constructor arguments."""
    return bytes(contract.contract_type.get_deployment_bytecode() or b"")


def constructor_arguments(arguments: Arguments) -> tuple[str | list[str], ...]:
    """The arguments in the constructor's order, as ape takes them."""
    roles = (arguments.owner, arguments.guardian, arguments.treasury, arguments.aave_pool)
    return (*_texts(roles), _texts(arguments.pools), _texts(arguments.pairs))


def _texts(addresses: Iterable[Address]) -> list[str]:
    return [to_checksum_address(address) for address in addresses]


def code_hash(provider: ProviderAPI, address: bytes) -> bytes:
    """Keccak-256 of the code that stands at an address."""
    return keccak(bytes(provider.get_code(to_checksum_address(address))))


def verify(
    provider: ProviderAPI,
    executor: ContractInstance,
    contract: ContractContainer,
    wanted: Arguments,
) -> None:
    """Compare roles, program version and code on chain with what was asked for.

    The executor's code has its directory at the end; the mould's is the same without.

    Raises:
        VerificationError: Something differs; the contract must not be funded.
    """
    code = _expected_code(provider, contract, wanted, executor.address)
    children = {
        "administration": _expected_delegate(provider, wanted),
        "mould": code[:-DIRECTORY_SIZE],
    }
    found = {
        "owner": executor.owner() == to_checksum_address(wanted.owner),
        "guardian": executor.isGuardian(to_checksum_address(wanted.guardian)),
        "treasury": executor.treasury() == to_checksum_address(wanted.treasury),
        "aavePool": executor.aavePool() == to_checksum_address(wanted.aave_pool),
        "programVersion": bytes(executor.programVersion()) == PROGRAM_VERSION,
        "code": code_hash(provider, to_canonical_address(executor.address)) == keccak(code),
    }
    for name, expected in children.items():
        where = _child(executor.address, CHILDREN[name])
        found[name] = code_hash(provider, where) == keccak(expected)
    wrong = [name for name, same in found.items() if not same]
    if wrong:
        raise VerificationError(
            f"the executor at {executor.address} differs in {', '.join(wrong)}: do not fund it"
        )


def _expected_code(
    provider: ProviderAPI, contract: ContractContainer, arguments: Arguments, where: str
) -> bytes:
    # one of the immutables is the delegate's address, which depends on where its creator stands
    code = _created(provider, contract(*constructor_arguments(arguments)).data)
    nowhere = _create_address(NOBODY, provider.get_nonce(NOBODY))
    delegate = CHILDREN["administration"]
    return code.replace(_child(nowhere, delegate), _child(where, delegate))


def _expected_delegate(provider: ProviderAPI, arguments: Arguments) -> bytes:
    delegate = ContractContainer(_compiled()[DELEGATE])
    return _created(provider, delegate(to_checksum_address(arguments.aave_pool)).data)


def _created(provider: ProviderAPI, creation: bytes) -> bytes:
    # a creation as a call answers the runtime code, immutables included
    call = {"from": NOBODY, "data": "0x" + bytes(creation).hex()}
    answer = provider.make_request("eth_call", [call, "latest"])
    return bytes.fromhex(str(answer).removeprefix("0x"))


def _child(creator: str, nonce: int) -> bytes:
    """Address of what a contract creates, from its first nonce 1 on."""
    return to_canonical_address(_create_address(creator, nonce))


def _create_address(creator: str, nonce: int) -> str:
    return str(get_create_address(to_checksum_address(creator), Nonce(nonce)))


def missing_executors(executor: ContractInstance, wanted: Iterable[Address]) -> list[str]:
    """Those of the wanted accounts that may not run programs yet."""
    return [name for name in _texts(wanted) if not executor.isExecutor(name)]


def is_owner(executor: ContractInstance, account: AccountAPI) -> bool:
    """Whether the account owns the executor."""
    owner = to_canonical_address(executor.owner())
    return bool(owner == to_canonical_address(str(account.address)))
