import json
from pathlib import Path

import pytest
from eth_account import Account

from keeper.chain import Address, ChainInstance
from keeper.keys import KeyFileError, check_key_belongs, development_addresses, load_key

SECRET = "0x" + "a1" * 32
LIVE = ChainInstance(137, bytes(32), "live")
REPLICA = ChainInstance(137, bytes(32), "17d3c1")


def private_file(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def test_load_key__hexadecimal__is_the_account(tmp_path: Path) -> None:
    account = load_key(private_file(tmp_path / "key", SECRET + "\n"))
    assert account.address == Account.from_key(SECRET).address


def test_load_key__keystore__needs_its_passphrase(tmp_path: Path) -> None:
    keystore = json.dumps(Account.encrypt(SECRET, "open sesame", iterations=2))
    key_file = private_file(tmp_path / "key.json", keystore)
    good = private_file(tmp_path / "pass", "open sesame")
    wrong = private_file(tmp_path / "wrong", "open barley")
    assert load_key(key_file, good).address == Account.from_key(SECRET).address
    with pytest.raises(KeyFileError, match="does not hold a usable key"):
        load_key(key_file, wrong)
    with pytest.raises(KeyFileError, match="passphrase_file"):
        load_key(key_file)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660])
def test_load_key__readable_by_others__refused(tmp_path: Path, mode: int) -> None:
    path = private_file(tmp_path / "key", SECRET)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_key(path)


@pytest.mark.parametrize(
    "text", ["", "zz" * 32, SECRET[:-2], "0x" + "00" * 32, "{}", '{"version": 3}']
)
def test_load_key__no_key__message_holds_no_content(tmp_path: Path, text: str) -> None:
    passphrase = private_file(tmp_path / "pass", "open sesame")
    with pytest.raises(KeyFileError) as caught:
        load_key(private_file(tmp_path / "key", text), passphrase)
    assert "usable key" in str(caught.value)
    assert not text or text not in str(caught.value)
    assert caught.value.__suppress_context__


def test_load_key__absent__says_where(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="no key file at"):
        load_key(tmp_path / "absent")


def test_check_key_belongs__each_key_only_on_its_chains() -> None:
    test_key = next(iter(development_addresses()))
    live_key = Address(bytes.fromhex(Account.from_key(SECRET).address[2:]))
    check_key_belongs(test_key, REPLICA)
    check_key_belongs(live_key, LIVE)
    with pytest.raises(KeyFileError, match="test key"):
        check_key_belongs(test_key, LIVE)
    with pytest.raises(KeyFileError, match="live key"):
        check_key_belongs(live_key, REPLICA)
