"""The whole system as its users run it: a replica and one process for each daemon."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import tomli_w

from replica import Replica
from replica.abi import address
from replica.demo.followed import market_settings
from replica.paths import ROOT

PARAMETERS = ROOT / "deployments" / "parameters" / "replica.yaml"
KEEPER_ADDRESS = address("0x90F79bf6EB2c4f870365E785982E1f101E93b906")
KEEPER_TEST_KEY = "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"
"""Account 3 of the publicly known test mnemonic; the keeper refuses it on a live chain."""

STOP_TIMEOUT_S = 10.0
START_TIMEOUT_S = 30.0


class StackError(RuntimeError):
    """A daemon did not start or died; the message names it and its log."""


class Stack:
    """Daemons around one replica, with settings, sockets and logs in one work directory."""

    def __init__(self, replica: Replica, work_dir: Path, node_url: str | None = None) -> None:
        self.replica = replica
        self.work_dir = work_dir
        self.journal_dir = work_dir / "journal"
        self.config_path = work_dir / "alphapulse.toml"
        self._records = work_dir / "deployments"
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        self._logs: dict[str, IO[bytes]] = {}
        work_dir.mkdir(parents=True, exist_ok=True)
        self._write_key()
        self.write_config(node_url or replica.url)

    def write_config(self, node_url: str, **overrides: dict[str, Any]) -> None:
        """Write the settings of all daemons; `overrides` replace fields by section."""
        settings = self._settings(node_url)
        for section, fields in overrides.items():
            settings[section] = settings.get(section, {}) | fields
        self.config_path.write_text(tomli_w.dumps(settings), encoding="utf-8")

    def deploy(self) -> None:
        """Deploy the executor with the script that users run; its record stays in `work_dir`."""
        parameters = self._records / "parameters" / PARAMETERS.name
        parameters.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PARAMETERS, parameters)
        network = f"polygon:replica:{self.replica.url}"
        command = ["ape", "run", "deploy", "--network", network, "--records", str(self._records)]
        done = subprocess.run(  # noqa: S603 - our own script
            command, cwd=ROOT, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise StackError(f"ape run deploy failed: {(done.stderr or done.stdout).strip()}")

    def start_all(self) -> None:
        """Start relay, collector and keeper, each once it can be served."""
        self.start("relay")
        wait_for("the relay's sockets", (self.work_dir / "polygon.sock").exists)
        self.start("collect")
        self.start("run")

    def start(
        self, name: str, settings: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start the daemon of a command (`relay`, `collect`, `run`); it logs to `<name>.log`.

        `settings` are environment variables, which take precedence over the file.
        """
        log = self._logs.setdefault(name, (self.work_dir / f"{name}.log").open("ab"))
        process = subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, "-m", "keeper", "--config", str(self.config_path), name],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=ROOT,
            env=os.environ | dict(settings or {}),
        )
        self._daemons[name] = process
        return process

    def pid(self, name: str) -> int:
        """Process id of a running daemon."""
        return self._daemons[name].pid

    def check(self) -> None:
        """Raise `StackError` when a started daemon has died."""
        for name, process in self._daemons.items():
            if process.poll() is not None:
                raise StackError(f"{name} exited with {process.returncode}: {self.tail(name)}")

    def tail(self, name: str) -> str:
        """Last line of a daemon's log."""
        lines = (self.work_dir / f"{name}.log").read_text(errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"

    def stop(self, name: str) -> int:
        """Ask a daemon to stop and wait; returns its exit code."""
        process = self._daemons.pop(name)
        process.terminate()
        try:
            return process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise StackError(f"{name} did not stop within {STOP_TIMEOUT_S} s") from None

    def kill(self, name: str) -> None:
        """End a daemon as a crash would (SIGKILL)."""
        process = self._daemons.pop(name)
        process.kill()
        process.wait()

    def close(self) -> None:
        """Stop whatever still runs, in the reverse order of its start."""
        for name in reversed(list(self._daemons)):
            self.kill(name)
        for log in self._logs.values():
            log.close()

    def _write_key(self) -> None:
        key_file = self.work_dir / "executor.key"
        key_file.touch(mode=0o600)
        key_file.write_text(KEEPER_TEST_KEY)

    def _settings(self, node_url: str) -> dict[str, Any]:
        manifest = self.replica.manifest
        return {
            "node": {"url": node_url, "chain_id": manifest.chain_id},
            "relay": {
                "producer": str(self.work_dir / "polygon.sock"),
                "consumer": str(self.work_dir / "defi.sock"),
            },
            "market": market_settings(manifest) | {"cache": str(self.work_dir / "pools.json")},
            "journal": {"data_dir": str(self.journal_dir)},
            "execution": {
                "deployment": str(self._records / "replica" / "ArbitrageExecutor.json"),
                "key_file": str(self.work_dir / "executor.key"),
            },
        }


def wait_for(what: str, holds: Callable[[], bool], timeout_s: float = START_TIMEOUT_S) -> None:
    """Wait until a condition holds; raises `StackError` naming it when it does not in time."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            raise StackError(f"{what} did not come about within {timeout_s:.0f} s")
        time.sleep(0.02)
