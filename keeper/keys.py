"""The executor key: loaded from a private file, and kept on the networks it belongs to."""

import json
import stat
from functools import cache
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount

from keeper.chain import Address, ChainInstance

TEST_MNEMONIC = "test test test test test test test test test test test junk"
TEST_ACCOUNT_COUNT = 20
LIVE_RUN = "live"


class KeyFileError(ValueError):
    """The key cannot be used; the message names the file and the fix, never its content."""


@cache
def development_addresses() -> frozenset[Address]:
    """Accounts of the mnemonic that every development chain funds and everybody can sign for."""
    Account.enable_unaudited_hdwallet_features()
    accounts = (
        Account.from_mnemonic(TEST_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")
        for index in range(TEST_ACCOUNT_COUNT)
    )
    return frozenset(Address(bytes.fromhex(account.address[2:])) for account in accounts)


def load_key(key_file: Path, passphrase_file: Path | None = None) -> LocalAccount:
    """Load a raw hexadecimal key, or an encrypted JSON keystore (Web3 Secret Storage, version 3).

    Raises:
        KeyFileError: A file is absent, readable by others, or does not hold a usable key.
    """
    text = _read_private(key_file)
    is_keystore = text.startswith("{")
    if is_keystore and passphrase_file is None:
        raise KeyFileError(f"{key_file} is a keystore: set execution.passphrase_file")
    passphrase = _read_private(passphrase_file) if passphrase_file else ""
    try:
        secret = bytes(Account.decrypt(json.loads(text), passphrase)) if is_keystore else text
        account: LocalAccount = Account.from_key(secret)
    except (ValueError, TypeError, KeyError, NotImplementedError):
        # the library's message may quote the key
        raise KeyFileError(
            f"{key_file} does not hold a usable key: expected 32 bytes in hexadecimal or a keystore"
        ) from None
    return account


def check_key_belongs(address: Address, instance: ChainInstance) -> None:
    """Refuse a test key on a live chain and a live key elsewhere.

    A transaction signed on a replica with chain id 137 is valid on Polygon, so a key that owns
    anything there must never sign on a development chain.
    """
    is_test_key = address in development_addresses()
    name = "0x" + address.hex()
    if instance.run == LIVE_RUN and is_test_key:
        raise KeyFileError(f"{name} is a publicly known test key: use your own key on a live chain")
    if instance.run != LIVE_RUN and not is_test_key:
        raise KeyFileError(f"{name} is a live key: use a test key on a development chain")


def _read_private(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyFileError(f"{path} is readable by others: run chmod 600 {path}")
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise KeyFileError(f"no key file at {path}: create it with mode 600") from None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path} cannot be read: {type(error).__name__}") from None
