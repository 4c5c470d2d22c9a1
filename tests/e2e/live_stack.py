"""The whole system around a replica whose blocks and gaps a test makes itself."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
from eth_utils.crypto import keccak
from holding_proxy import HoldingProxy

from keeper.chain import Address
from keeper.journal import ExecutionRow, Journal
from keeper.journal.embedded import EmbeddedServer
from keeper.node import Node
from replica import Replica, launch
from replica.abi import address
from replica.demo.stack import KEEPER_ADDRESS, Stack, wait_for
from replica.demo.swaps import v2_swap
from replica.demo.traders import Traders
from replica.launch import DEFAULT_BASE_FEE_WEI
from replica.paths import ROOT

OPEN_STATES = ("committed", "broadcast")
GAP_TIP_WEI = 10**9
"""Below the keeper's own: what it has sent on the block before comes ahead of the next gap."""
GAP_USD = 12_000
GAPS = 25
"""Chances that a keeper is given to react: on a busy machine it needs some to come level."""
GAP_POOLS = (("WPOL", "USDC.e"), ("USDC.e", "WETH"), ("WPOL", "WETH"))
READY = "trading on chain instance"
SETTLE_S, BLOCK_S, COMMAND_S = 30.0, 0.5, 30.0
SENDER = "0x" + KEEPER_ADDRESS.hex()


class LiveStack:
    """Relay, collector and keeper around `replica`.

    The keeper reaches the node through `proxy`, the collector through `feed`.
    """

    def __init__(
        self, replica: Replica, proxy: HoldingProxy, feed: HoldingProxy, work_dir: Path
    ) -> None:
        self.replica = replica
        self.proxy = proxy
        self.feed = feed
        self.stack = Stack(replica, work_dir, node_url=proxy.url)
        self.traders = Traders(replica, seed=7)
        self.first_block = 0
        self.metrics_port = free_port()
        self._trader = replica.rpc("eth_accounts")[4]
        self._gaps = 0

    @property
    def record_path(self) -> Path:
        """The executor's deployment record."""
        return self.stack.work_dir / "deployments" / "replica" / "ArbitrageExecutor.json"

    def prepare(self) -> None:
        """Approve and deploy; from here blocks come by `mine`."""
        self.traders.approve()
        self.stack.deploy()
        self.first_block = int(self.replica.rpc("eth_blockNumber"), 16) + 1
        self.replica.rpc("evm_setAutomine", [False])

    def start_feed(self) -> None:
        """Start relay and collector."""
        self.stack.start("relay")
        wait_for("the relay's sockets", (self.stack.work_dir / "polygon.sock").exists)
        self.stack.start("collect", {"ALPHAPULSE_NODE__URL": self.feed.url})

    def close(self) -> None:
        """End all processes, the database too."""
        self.proxy.release()
        self.stack.close()
        self.kill_database()

    def start_keeper(self) -> float:
        """Start it and wait until it trades; returns the seconds that took."""
        start, lines = time.monotonic(), self.log().count(READY)
        self.stack.start("run", {"ALPHAPULSE_METRICS__PORT": str(self.metrics_port)})
        self.until("a trading keeper", lambda: self.log().count(READY) > lines)
        return time.monotonic() - start

    def kill_keeper(self) -> None:
        """SIGKILL, and nothing held back any more."""
        self.stack.kill("run")
        self.proxy.release()

    def log(self, name: str = "run") -> str:
        """What a daemon, the keeper by default, wrote so far over all its runs."""
        path = self.stack.work_dir / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def until(self, what: str, holds: Callable[[], bool], timeout_s: float = 30.0) -> None:
        """Wait for a condition; a daemon that died fails the test with its last words."""

        def still() -> bool:
            self.stack.check()
            return holds()

        wait_for(what, still, timeout_s)

    def mine(self, base_fee_wei: int = DEFAULT_BASE_FEE_WEI) -> None:
        """One block with what is pending, the highest tips first."""
        self.replica.rpc("anvil_setNextBlockBaseFeePerGas", [hex(base_fee_wei)])
        self.replica.rpc("evm_mine")

    def open_gap(self) -> None:
        """Send a trade that moves one pool's price by some percent."""
        pair = GAP_POOLS[self._gaps % len(GAP_POOLS)]
        symbols = pair if self._gaps // len(GAP_POOLS) % 2 == 0 else pair[::-1]
        self._gaps += 1
        path = [self.replica.manifest.token(symbol) for symbol in symbols]
        amount = int(GAP_USD / float(path[0].usd_price) * 10 ** path[0].decimals)
        data = v2_swap(path[0].address, path[1].address, amount, address(self._trader))
        self.send(self._trader, self.replica.manifest.contract("QuickSwap V2 router"), data)

    def trade_until(self, what: str, holds: Callable[[], bool]) -> None:
        """Open gaps until the keeper's reaction shows; it may pass one over while it settles."""
        for _ in range(GAPS):
            self.open_gap()
            self.mine()
            deadline = time.monotonic() + 2.0
            while time.monotonic() < deadline:
                if holds():
                    return
                self.stack.check()
                time.sleep(0.02)
        told = "; ".join(f"{name}: {self.stack.tail(name)}" for name in ("run", "collect"))
        raise AssertionError(f"{what} did not come about: {told}")

    def send(self, sender: str, to: Address, data: bytes) -> str:
        """Send a transaction of an unlocked account; its hash."""
        transaction = {
            "from": sender,
            "to": to,
            "data": data,
            "gas": hex(400_000),
            "maxFeePerGas": hex(500 * 10**9),
            "maxPriorityFeePerGas": hex(GAP_TIP_WEI),
        }
        sent: str = self.replica.rpc("eth_sendTransaction", [transaction])
        return sent

    def is_known(self, tx_hash: bytes) -> bool:
        """Whether the node itself holds the transaction, pending or mined."""
        return self.replica.rpc("eth_getTransactionByHash", ["0x" + tx_hash.hex()]) is not None

    def is_mined(self, tx_hash: bytes) -> bool:
        """Whether the node itself has its receipt."""
        receipt = self.replica.rpc("eth_getTransactionReceipt", ["0x" + tx_hash.hex()])
        return receipt is not None

    def held_hash(self) -> bytes:
        """Hash of the transaction whose sending, or whose receipt, the proxy holds."""
        raw = bytes.fromhex(self.proxy.held_parameter[2:])
        return raw if len(raw) == 32 else bytes(keccak(raw))

    def query(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """Rows of the journal's database, read beside the keeper."""

        async def fetch() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(EmbeddedServer(self.stack.journal_dir).dsn)
            try:
                rows: list[asyncpg.Record] = await connection.fetch(statement, *values)
                return rows
            finally:
                await connection.close()

        return asyncio.run(fetch())

    def state_of(self, tx_hash: bytes) -> str | None:
        """The journal's state of a transaction's intent, None when it holds none."""
        rows = self.query("SELECT state FROM intents WHERE tx_hash = $1", tx_hash)
        return str(rows[0]["state"]) if rows else None

    def open_intents(self) -> list[bytes]:
        """Transaction hashes of the intents without an outcome."""
        rows = self.query("SELECT tx_hash FROM intents WHERE state = ANY($1)", OPEN_STATES)
        return [row["tx_hash"] for row in rows]

    def pending_intents(self) -> list[bytes]:
        """Of `open_intents` those that are not mined."""
        return [tx_hash for tx_hash in self.open_intents() if not self.is_mined(tx_hash)]

    def settle(self) -> None:
        """Mine until every intent has its outcome and the keeper wants nothing more of the head.

        A trade leaves smaller ones behind, which the keeper takes on the next blocks: a gap that
        is opened while it does might overtake them.
        """
        deadline = time.monotonic() + SETTLE_S
        while not self.is_quiet():
            assert time.monotonic() < deadline, f"no end of trading: {self.open_intents()}"
            if self.open_intents():
                self.mine()
            next_block = time.monotonic() + BLOCK_S
            while not self.is_quiet() and time.monotonic() < next_block:
                self.stack.check()
                time.sleep(0.03)

    def is_quiet(self) -> bool:
        """Whether the keeper has decided on the head, and nothing of that is under way."""
        head = int(self.replica.rpc("eth_blockNumber"), 16)
        return self.gauges("decided_block", "under_way") == [head, 0] and not self.open_intents()

    def scraped(self) -> str:
        """What the keeper's metrics say; "" while nobody serves them."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics") as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    def gauges(self, *names: str) -> list[float]:
        """Values of the keeper's gauges that it has, in the order of `names`."""
        values = dict(
            line.rsplit(" ", 1) for line in self.scraped().splitlines() if line[:1] not in {"", "#"}
        )
        found = [values[key] for name in names if (key := f"alphapulse_{name}") in values]
        return [float(value) for value in found]

    def sends(self) -> int:
        """How many raw transactions reached the node through the proxy."""
        return self.proxy.forwarded["eth_sendRawTransaction"]

    def trade(self) -> None:
        """Have the keeper find, send and record at least one trade."""
        sends = self.sends()
        self.trade_until("a trade", lambda: self.sends() > sends)
        self.settle()

    def native_balance(self) -> int:
        """Wei that the keeper's account holds."""
        return int(self.replica.rpc("eth_getBalance", [SENDER, "latest"]), 16)

    def rows(self) -> list[ExecutionRow]:
        """All intents with their outcomes, after checking that none is left open."""
        return asyncio.run(self._rows())

    async def _rows(self) -> list[ExecutionRow]:
        async with await Node.connect(self.replica.url, expected_chain_id=137) as node:
            instance = await node.chain_instance()
        journal = await Journal.open(dsn=None, data_dir=self.stack.journal_dir)
        try:
            assert await journal.unresolved(instance.key, KEEPER_ADDRESS) == []
            return await journal.execution_rows(instance.key)
        finally:
            await journal.close()

    def database_pid(self) -> int | None:
        """Process id of the embedded server, None when there is none."""
        pid_file = self.stack.journal_dir / "cluster" / "postmaster.pid"
        return int(pid_file.read_text().splitlines()[0]) if pid_file.exists() else None

    def kill_database(self) -> None:
        """SIGKILL the embedded server's first process; its others end by themselves."""
        pid = self.database_pid()
        if pid is not None and is_running(pid):
            os.kill(pid, signal.SIGKILL)
            wait_for("the end of the database", lambda: not is_running(pid))


def run_command(live: LiveStack, command: str, settings: dict[str, str]) -> tuple[int, str]:
    """Exit code and standard error of a command that should end by itself."""
    done = subprocess.run(
        [sys.executable, "-m", "keeper", "--config", str(live.stack.config_path), command],
        env=os.environ | settings,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


def free_port() -> int:
    """A TCP port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_running(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextmanager
def launched(work_dir: Path) -> Iterator[LiveStack]:
    """A stack on a replica of its own, with the executor deployed; no daemon runs yet."""
    for folder in (work_dir, *work_dir.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o001)  # a database that root starts is another user
    with launch() as replica, HoldingProxy(replica.url) as proxy, HoldingProxy(replica.url) as feed:
        live = LiveStack(replica, proxy, feed, work_dir)
        try:
            live.prepare()
            yield live
        finally:
            live.close()
