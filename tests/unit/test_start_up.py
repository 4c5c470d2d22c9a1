"""What makes a start quick must not make it wrong."""

import subprocess
import sys

from alembic.config import Config
from alembic.script import ScriptDirectory
from eth_account import Account

from keeper.journal.migrator import MIGRATIONS
from keeper.journal.schema import newest_revision
from keeper.keys import TEST_ACCOUNT_COUNT, TEST_MNEMONIC, development_addresses

HEAVY = ("alembic", "sqlalchemy", "web3", "ape", "replica")


def test_newest_revision__is_the_head_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()


def test_development_addresses__are_those_of_the_mnemonic() -> None:
    Account.enable_unaudited_hdwallet_features()
    derived = {
        bytes.fromhex(Account.from_mnemonic(TEST_MNEMONIC, account_path=path).address[2:])
        for path in (f"m/44'/60'/0'/0/{index}" for index in range(TEST_ACCOUNT_COUNT))
    }
    assert development_addresses() == derived


def test_command_line__imports_no_room_that_a_restart_does_not_need() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "import keeper.cli, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in told.stdout.split()}
    assert loaded.isdisjoint(HEAVY)
