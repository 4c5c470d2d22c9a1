"""What does not fit at the start: one clear line that names the thing and the fix, and exit 1."""

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from live_stack import SENDER, LiveStack, launched, run_command

from keeper.journal.server_user import open_path, server_user

CLOSED_PORT = "127.0.0.1:1"
PASSWORD = "correct-horse-battery"


@dataclass(frozen=True)
class Fault:
    """How to bring it about (settings by environment variable), and what the line must say."""

    settings: Callable[[LiveStack, Path], dict[str, str]]
    says: tuple[str, ...]
    command: str = "run"


def setting(field: str, value: str) -> Callable[[LiveStack, Path], dict[str, str]]:
    return lambda _live, _folder: {f"ALPHAPULSE_{field}": value}


def key_file(text: str, mode: int = 0o600) -> Callable[[LiveStack, Path], dict[str, str]]:
    def write(_live: LiveStack, folder: Path) -> dict[str, str]:
        path = folder / "other.key"
        path.touch(mode=0o600)
        path.write_text(text)
        path.chmod(mode)
        return {"ALPHAPULSE_EXECUTION__KEY_FILE": str(path)}

    return write


def record(**changes: object) -> Callable[[LiveStack, Path], dict[str, str]]:
    def write(live: LiveStack, folder: Path) -> dict[str, str]:
        known = json.loads(live.record_path.read_text())
        known["chain"] |= changes.pop("chain", {})  # type: ignore[operator]
        path = folder / "record.json"
        path.write_text(json.dumps(known | changes))
        return {"ALPHAPULSE_EXECUTION__DEPLOYMENT": str(path)}

    return write


def a_file_as_data_dir(_live: LiveStack, folder: Path) -> dict[str, str]:
    (folder / "journal").write_text("in the way")
    return {"ALPHAPULSE_JOURNAL__DATA_DIR": str(folder / "journal")}


def taken_port(live: LiveStack, folder: Path) -> dict[str, str]:
    del folder
    return {"ALPHAPULSE_METRICS__PORT": str(live.replica.port)}


FAULTS = {
    "node absent": Fault(setting("NODE__URL", f"http://{CLOSED_PORT}"), (CLOSED_PORT,)),
    "node URL is none": Fault(setting("NODE__URL", "nonsense"), ("node's URL", "correct")),
    "wrong chain": Fault(setting("NODE__CHAIN_ID", "80002"), ("serves chain 137", "80002")),
    "collector on the wrong chain": Fault(
        setting("NODE__CHAIN_ID", "80002"), ("serves chain 137", "80002"), "collect"
    ),
    "database absent": Fault(
        setting("JOURNAL__DSN", f"postgresql://me:{PASSWORD}@{CLOSED_PORT}/trades"),
        (f"PostgreSQL at {CLOSED_PORT}/trades", "start it or correct"),
    ),
    "DSN is none": Fault(
        setting("JOURNAL__DSN", f"mysql://me:{PASSWORD}@host/trades"), ("DSN", "correct it")
    ),
    "data directory is a file": Fault(a_file_as_data_dir, ("journal", "data directory")),
    "key file missing": Fault(
        setting("EXECUTION__KEY_FILE", "/nowhere/executor.key"),
        ("/nowhere/executor.key", "create it with mode 600"),
    ),
    "key file readable by others": Fault(
        key_file("0x" + "11" * 32, 0o640), ("other.key", "chmod 600")
    ),
    "key file without a key": Fault(key_file(PASSWORD), ("other.key", "32 bytes")),
    "live key on a replica": Fault(
        key_file("0x" + secrets.token_hex(32)), ("is a live key", "use a test key")
    ),
    "setting of the wrong type": Fault(
        setting("NODE__TIMEOUT_S", "soon"), ("node.timeout_s", "number")
    ),
    "setting unknown": Fault(setting("NODE__COLOUR", "red"), ("node.colour", "not permitted")),
    "strategy unknown": Fault(setting("STRATEGIES", '["luck"]'), ("luck", "simple")),
    "deployment record missing": Fault(
        setting("EXECUTION__DEPLOYMENT", "/nowhere/record.json"),
        ("/nowhere/record.json", "ape run deploy"),
    ),
    "record of another chain instance": Fault(
        record(chain={"run": "ab" * 32}), ("chain instance", "deploy there")
    ),
    "record of other code": Fault(
        record(code_hash="0x" + "ab" * 32), ("not the recorded executor", "deploy again")
    ),
    "metrics port taken": Fault(taken_port, ("metrics", "change metrics.port")),
    "socket folder cannot be made": Fault(
        setting("RELAY__PRODUCER", "/proc/nowhere/polygon.sock"),
        ("/proc/nowhere", "directory you may write"),
        "relay",
    ),
}


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """A deployed executor; no daemon runs yet.

    The way to its folder is open before, as after a first start: that it was opened is said once.
    """
    folder = tmp_path_factory.mktemp("faults")
    open_path(folder, server_user())
    with launched(folder) as live:
        yield live


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_start_fault__is_one_line_with_thing_and_fix(
    live: LiveStack, tmp_path: Path, fault: Fault
) -> None:
    code, told = run_command(live, fault.command, fault.settings(live, tmp_path))
    assert code == 1
    assert told.count("\n") == 1, told
    line = told.strip()
    assert line.startswith("alphapulse: ")
    for words in fault.says:
        assert words in line
    assert PASSWORD not in line


def test_start_fault__settings_file_missing(live: LiveStack, tmp_path: Path) -> None:
    live.stack.config_path.rename(tmp_path / "away.toml")
    try:
        code, told = run_command(live, "run", {})
    finally:
        (tmp_path / "away.toml").rename(live.stack.config_path)
    assert (code, told.count("\n")) == (1, 1)
    assert str(live.stack.config_path) in told
    assert "--config" in told


def test_start_fault__nothing_reached_the_chain(live: LiveStack) -> None:
    assert live.sends() == 0
    assert live.replica.rpc("eth_getTransactionCount", [SENDER, "pending"]) == "0x0"
