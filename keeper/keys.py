"""The executor key: loaded from a private file, and kept on the networks it belongs to."""

import json
import stat
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount

from keeper.chain import LIVE_RUN, Address, ChainInstance

TEST_MNEMONIC = "test test test test test test test test test test test junk"
TEST_ACCOUNT_COUNT = 20


class KeyFileError(ValueError):
    """The key cannot be used; the message names the file and the fix, never its content."""


_TEST_ADDRESSES = """
    f39fd6e51aad88f6f4ce6ab8827279cfffb92266
    70997970c51812dc3a010c7d01b50e0d17dc79c8
    3c44cdddb6a900fa2b585dd299e03d12fa4293bc
    90f79bf6eb2c4f870365e785982e1f101e93b906
    15d34aaf54267db7d7c367839aaf71a00a2c6a65
    9965507d1a55bcc2695c58ba16fb37d819b0a4dc
    976ea74026e726554db657fa54763abd0c3a0aa9
    14dc79964da2c08b23698b3d3cc7ca32193d9955
    23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f
    a0ee7a142d267c1f36714e4a8f75612f20a79720
    bcd4042de499d14e55001ccbb24a551f3b954096
    71be63f3384f5fb98995898a86b02fb2426c5788
    fabb0ac9d68b0b445fb7357272ff202c5651694a
    1cbd3b2770909d4e10f157cabc84c7264073c9ec
    df3e18d64bc6a983f673ab319ccae4f1a57c7097
    cd3b766ccdd6ae721141f452c550ca635964ce71
    2546bcd3c84621e976d8185a91a922ae77ecec30
    bda5747bfd65f08deb54cb465eb87d40e51b197e
    dd2fd4581271e230360230f9337d5c0430bf44c0
    8626f6940e2eb28930efb4cef49b2d1f2c9c1199
"""


def development_addresses() -> frozenset[Address]:
    """Accounts of the mnemonic that every development chain funds and everybody can sign for.

    Written out: deriving them (BIP-32, BIP-39) would cost each start of the keeper 0.2 s.
    """
    return frozenset(Address(bytes.fromhex(line)) for line in _TEST_ADDRESSES.split())


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
