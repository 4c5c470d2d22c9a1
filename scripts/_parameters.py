"""Deployment parameters: one YAML file per network, every field checked before anything is sent."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml  # type: ignore[import-untyped]
from eth_account import Account
from eth_utils.address import to_canonical_address

from keeper.chain import Address
from keeper.deployment import Arguments
from keeper.execution.program_table import DIRECTORY_PAIRS, DIRECTORY_POOLS
from keeper.keys import TEST_ACCOUNT_COUNT, TEST_MNEMONIC, development_addresses

MAX_EXECUTORS = 16
"""As many words as pausing rewrites, see contracts/Administration.sol."""
ROLES = ("owner", "guardian", "treasury", "aave_pool")
LISTS = {
    "executors": (MAX_EXECUTORS, "who may run programs"),
    "pools": (DIRECTORY_POOLS, "Uniswap V3 pools of the directory"),
    "pairs": (DIRECTORY_PAIRS, "V2 pairs of the directory"),
}
"""What is listed, and how many at most."""
FIELDS = (*ROLES, *LISTS)
TEST_PREFIX = "test:"
ZERO = Address(bytes(20))


class ParameterError(ValueError):
    """A parameter is missing or wrong; the message names the file, the field and the fix."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """The constructor's arguments, and the accounts that may run programs."""

    arguments: Arguments
    executors: tuple[Address, ...]


@cache
def account_of_mnemonic(index: int) -> Address:
    """Address of the development mnemonic's account."""
    Account.enable_unaudited_hdwallet_features()
    path = f"m/44'/60'/0'/0/{index}"
    account = Account.from_mnemonic(TEST_MNEMONIC, account_path=path)
    return Address(to_canonical_address(account.address))


def load_parameters(path: Path, *, live: bool) -> Parameters:
    """Read and check a network's parameters.

    Off live networks an account may be `test:<index>` of the development mnemonic; on live ones
    these accounts, whose keys everybody knows, are refused in any form.

    Raises:
        ParameterError: The file or a field is missing or wrong.
    """
    values = _read(path)
    for field in values:
        if field not in FIELDS:
            raise ParameterError(f"{path}: {field} is no parameter; known are {', '.join(FIELDS)}")
    roles = {field: _account(path, field, values.get(field), live=live) for field in ROLES}
    lists = {field: _list(path, field, values.get(field), live=live) for field in LISTS}
    arguments = Arguments(**roles, pools=lists["pools"], pairs=lists["pairs"])
    return Parameters(arguments, lists["executors"])


def _read(path: Path) -> dict[str, object]:
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except FileNotFoundError:
        raise ParameterError(f"no parameters at {path}: write {', '.join(FIELDS)} there") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ParameterError(f"{path} cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise ParameterError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise ParameterError(f"{path} must be a mapping of {', '.join(FIELDS)}")
    return _fields(path, node)


def _fields(path: Path, node: yaml.MappingNode) -> dict[str, object]:
    # as text: YAML would read an unquoted address as a number, and a repeated field as its last
    fields: dict[str, object] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise ParameterError(f"{path} must be a mapping of {', '.join(FIELDS)}")
        if key.value in fields:
            raise ParameterError(f"{path}: {key.value} is given twice; keep one")
        if isinstance(value, yaml.SequenceNode):
            fields[key.value] = [item.value for item in value.value]
        else:
            fields[key.value] = value.value
    return fields


def _list(path: Path, field: str, value: object, *, live: bool) -> tuple[Address, ...]:
    most, what = LISTS[field]
    if not isinstance(value, list):
        raise ParameterError(f"{path}: {field} is missing: list {what}, or []")
    found = tuple(
        _account(path, f"{field}[{index}]", item, live=live) for index, item in enumerate(value)
    )
    if len(set(found)) != len(found):
        raise ParameterError(f"{path}: {field} names an address twice; keep one")
    if len(found) > most:
        raise ParameterError(f"{path}: {field} has {len(found)} entries; at most {most} fit")
    return found


def _account(path: Path, field: str, value: object, *, live: bool) -> Address:
    if not isinstance(value, str) or not value:
        raise ParameterError(f"{path}: {field} is missing: set it to an address")
    address = _test_account(path, field, value) if _is_test(value) else _address(path, field, value)
    if live and address in development_addresses():
        raise ParameterError(f"{path}: {field} is a publicly known test account; use your own")
    if address == ZERO:
        raise ParameterError(f"{path}: {field} is the zero address; the contract refuses it")
    return address


def _is_test(value: str) -> bool:
    return value.startswith(TEST_PREFIX)


def _test_account(path: Path, field: str, value: str) -> Address:
    index = value.removeprefix(TEST_PREFIX)
    if not (index.isascii() and index.isdigit() and int(index) < TEST_ACCOUNT_COUNT):
        raise ParameterError(f"{path}: {field} must be test:0 to test:{TEST_ACCOUNT_COUNT - 1}")
    return account_of_mnemonic(int(index))


def _address(path: Path, field: str, value: str) -> Address:
    try:
        return Address(to_canonical_address(value))
    except ValueError:
        raise ParameterError(f"{path}: {field} must be a 20-byte hexadecimal address") from None
