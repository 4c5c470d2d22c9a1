"""One anvil process: started, waited for, and gone when its parent is."""

import atexit
import re
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

from replica.paths import tool
from replica.rpc import Rpc

CHAIN_ID = 137
GAS_LIMIT = 30_000_000
START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0


class AnvilError(RuntimeError):
    """anvil did not start; the message holds its last words."""


class Anvil:
    """A running anvil on 127.0.0.1. `port` 0 lets the system choose a free one.

    Its socket and the states that it moves out of memory lie in a folder that goes with it; by
    default those states would stay in the user's home, gigabytes after thousands of blocks.
    """

    def __init__(self, port: int, options: list[str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="replica-")
        self.ipc_path = Path(self._folder.name) / "node.ipc"
        places = ["--ipc", str(self.ipc_path), "--cache-path", self._folder.name]
        self._process = subprocess.Popen(  # noqa: S603 - the set-up's own anvil
            [*_tied_to_parent(), tool("anvil"), *_fixed_options(port), *places, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        atexit.register(self.stop)
        self.url = self._wait_for_url()
        # anvil blocks once nobody reads its pipe
        threading.Thread(target=self._drain, name="anvil-output", daemon=True).start()
        self.rpc = Rpc(self.url)

    @property
    def pid(self) -> int:
        """Process id of anvil itself."""
        return self._process.pid

    @property
    def port(self) -> int:
        """The port it really listens on."""
        return urlsplit(self.url).port or 0

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the process and wait until it is gone; calling twice is harmless."""
        atexit.unregister(self.stop)
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if hasattr(self, "rpc"):
            self.rpc.close()
        self._folder.cleanup()

    def _wait_for_url(self) -> str:
        watchdog = threading.Timer(START_TIMEOUT_S, self._process.kill)
        watchdog.start()
        said = []
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said.append(line)
            if found := re.search(r"Listening on (127\.0\.0\.1:\d+)", line):
                watchdog.cancel()
                return f"http://{found.group(1)}"
        watchdog.cancel()
        self._process.wait()
        raise AnvilError(f"anvil did not start: {''.join(said[-5:]).strip() or 'no output'}")

    def _drain(self) -> None:
        assert self._process.stdout is not None
        for _ in self._process.stdout:
            pass


def _fixed_options(port: int) -> list[str]:
    return [
        *("--host", "127.0.0.1", "--port", str(port), "--chain-id", str(CHAIN_ID)),
        *("--hardfork", "prague", "--gas-limit", str(GAS_LIMIT), "--disable-console-log"),
    ]


def _tied_to_parent() -> list[str]:
    # the kernel counts the starting thread as the parent, so a short-lived thread must not ask
    setpriv = shutil.which("setpriv")
    if setpriv is None or threading.current_thread() is not threading.main_thread():
        return []
    return [setpriv, "--pdeathsig", "KILL"]
