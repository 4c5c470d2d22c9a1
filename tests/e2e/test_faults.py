"""What goes away while the keeper trades: nothing is traded or lost meanwhile, then it goes on."""

import base64
import fcntl
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from holding_proxy import Phase
from live_stack import LiveStack, launched, run_command

from keeper.journal.embedded import EmbeddedServer, _binaries
from keeper.keys import TEST_MNEMONIC
from replica.demo.audit import audit
from replica.demo.stack import KEEPER_ADDRESS, KEEPER_TEST_KEY

STOP_S = 5.0
AWAY = "not trading until the journal answers again"
BACK = "keeper.agent: the journal answers again"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveStack]:
    """A keeper that trades; the last test stops it."""
    with launched(tmp_path_factory.mktemp("faults")) as live:
        live.start_feed()
        live.start_keeper()
        live.trade()
        yield live


@contextmanager
def untraded(live: LiveStack) -> Iterator[None]:
    """What is sent by the end must be what was sent by the start."""
    sends = live.sends()
    yield
    assert live.sends() == sends


def tempt(live: LiveStack, blocks: int = 3) -> None:
    """Blocks with gaps that a keeper in good health would take."""
    for _ in range(blocks):
        live.open_gap()
        live.mine()
        time.sleep(0.3)


def said(live: LiveStack, words: str, since: int = 0) -> bool:
    return words in live.log()[since:]


def test_node_away__nothing_is_sent_and_trading_resumes(live: LiveStack) -> None:
    live.trade()
    start = len(live.log())
    with untraded(live):
        live.proxy.away = True
        tempt(live)
        live.until("a refusal", lambda: said(live, "not traded: node http://127.0.0.1", start))
    live.proxy.away = False
    live.trade()


def test_node_away_for_the_collector_too__trading_resumes_with_its_blocks(live: LiveStack) -> None:
    live.trade()
    with untraded(live):
        live.proxy.away = live.feed.away = True
        tempt(live)
        live.until("a retry", lambda: "nothing is sent meanwhile" in live.log("collect"))
    live.proxy.away = live.feed.away = False
    live.trade()


def test_node_away_at_the_broadcast__pending_until_it_is_back(live: LiveStack) -> None:
    live.proxy.hold("eth_sendRawTransaction", Phase.BEFORE)
    live.trade_until("a held send", live.proxy.caught.is_set)
    tx_hash, start = live.held_hash(), len(live.log())
    live.proxy.away = True
    live.proxy.release()
    live.until("doubt", lambda: said(live, "broadcast of nonce", start))
    assert live.state_of(tx_hash) == "committed"
    live.proxy.away = False
    live.settle()
    assert live.state_of(tx_hash) in {"succeeded", "reverted"}
    assert live.is_mined(tx_hash), "the same bytes were sent again"
    live.trade()


def test_relay_away__nothing_is_sent_and_trading_resumes(live: LiveStack) -> None:
    live.trade()
    start = len(live.log())
    live.stack.kill("relay")
    live.until("the gap", lambda: said(live, "not trading until the next snapshot", start))
    with untraded(live):
        tempt(live)
    live.stack.start("relay")
    live.trade()
    assert live.log()[start:].count("not trading until the next snapshot") <= 4


@contextmanager
def unstartable(live: LiveStack) -> Iterator[None]:
    """Nobody can start the embedded server meanwhile."""
    with (live.stack.journal_dir / "start.lock").open("ab") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def test_database_killed__nothing_is_sent_and_trading_resumes(live: LiveStack) -> None:
    live.trade()
    start = len(live.log())
    with unstartable(live):
        live.kill_database()
        with untraded(live):
            tempt(live, blocks=5)
            live.until("doubt", lambda: said(live, AWAY, start))
    live.trade_until("a journal", lambda: said(live, BACK, start))
    live.trade()


def test_database_killed_after_the_send__the_outcome_is_recorded_later(live: LiveStack) -> None:
    live.proxy.hold("eth_getTransactionReceipt", Phase.BEFORE)
    live.trade_until("an intent in flight", live.proxy.caught.is_set)
    tx_hashes, start = live.open_intents(), len(live.log())
    with unstartable(live):
        live.kill_database()
        live.proxy.release()
        live.mine()
        assert tx_hashes
        assert all(live.is_mined(tx_hash) for tx_hash in tx_hashes)
        live.until("an outcome that waits", lambda: said(live, "outcomes wait", start))
    live.trade_until("a journal", lambda: said(live, BACK, start))
    live.settle()
    for tx_hash in tx_hashes:
        assert live.state_of(tx_hash) in {"succeeded", "reverted"}


def test_second_keeper__refuses_and_leaves_the_first_alone(live: LiveStack) -> None:
    code, told = run_command(live, "run", {"ALPHAPULSE_METRICS__PORT": "0"})
    assert (code, told.count("\n")) == (1, 1), told
    assert told.startswith("alphapulse: ")
    assert "belong to another keeper" in told
    assert "stop it, or give this one its own account" in told
    live.stack.check()
    live.trade()


def stop(live: LiveStack) -> float:
    """SIGTERM; seconds until the end, which must be a good one."""
    begun = time.monotonic()
    assert live.stack.stop("run") == 0
    return time.monotonic() - begun


def test_sigterm_in_flight__ends_in_time_and_the_next_start_accounts(
    live: LiveStack, figures: list[str]
) -> None:
    tx_hashes: list[bytes] = []

    def are_pending() -> bool:
        tx_hashes[:] = live.pending_intents()
        return bool(tx_hashes)

    live.trade_until("an intent in flight", are_pending)
    seconds = stop(live)
    live.mine()
    live.start_keeper()
    live.settle()
    assert all(live.state_of(tx_hash) == "succeeded" for tx_hash in tx_hashes)
    figures.append(f"SIGTERM with {len(tx_hashes)} intents in flight: ended in {seconds:.2f} s")
    assert seconds <= STOP_S


@pytest.mark.parametrize("method", ["eth_estimateGas", "eth_sendRawTransaction"])
def test_sigterm_with_a_silent_node__ends_in_time(
    live: LiveStack, method: str, figures: list[str]
) -> None:
    live.proxy.hold(method, Phase.BEFORE)
    live.trade_until(f"a held {method}", live.proxy.caught.is_set)
    live.proxy.hold("eth_getTransactionCount", Phase.BEFORE)
    seconds = stop(live)
    live.proxy.release()
    live.start_keeper()
    live.settle()
    figures.append(f"SIGTERM with a node silent at {method}: ended in {seconds:.2f} s")
    assert seconds <= STOP_S


def test_sigterm_without_a_database__ends_in_time(live: LiveStack, figures: list[str]) -> None:
    live.trade()
    start = len(live.log())
    with unstartable(live):
        live.kill_database()
        tempt(live, blocks=1)
        live.until("doubt", lambda: said(live, AWAY, start))
        seconds = stop(live)
    live.start_keeper()
    live.trade()
    figures.append(f"SIGTERM with the database away: ended in {seconds:.2f} s")
    assert seconds <= STOP_S


def test_relay_absent_at_the_start__waits_for_it(live: LiveStack) -> None:
    stop(live)
    live.stack.kill("relay")
    with untraded(live):
        live.start_keeper()
        tempt(live, blocks=2)
    live.stack.start("relay")
    live.trade()


def secrets_of(key: str) -> list[str]:
    """Every form in which the key could leak."""
    raw = bytes.fromhex(key.removeprefix("0x"))
    texts = [raw.hex(), str(int.from_bytes(raw)), base64.b64encode(raw).decode(), TEST_MNEMONIC]
    return [text.lower() for text in texts]


def dump(live: LiveStack) -> str:
    """The whole database as text."""
    server = EmbeddedServer(live.stack.journal_dir)
    command = [_binaries() / "pg_dump", "--dbname", server.dsn]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_canary__the_key_is_in_no_log_dump_metric_or_process_table(live: LiveStack) -> None:
    live.trade()
    process = Path(f"/proc/{live.stack.pid('run')}")
    scraped = live.scraped()
    sinks = {
        "database": dump(live),
        "metrics": scraped,
        "command line": (process / "cmdline").read_text(),
        "environment": (process / "environ").read_text(),
        "settings": live.stack.config_path.read_text(),
    }
    sinks |= {path.name: path.read_text() for path in live.stack.work_dir.glob("*.log")}
    assert KEEPER_ADDRESS.hex() in sinks["database"], "what is looked for would be found"
    assert 'alphapulse_executions_total{state="succeeded"}' in scraped
    for name, text in sinks.items():
        for secret in secrets_of(KEEPER_TEST_KEY):
            assert secret not in text.lower(), name


def test_end__every_transaction_is_accounted(live: LiveStack, figures: list[str]) -> None:
    stop(live)
    assert live.database_pid() is None, "the last keeper stops its server"
    rows = live.rows()
    found = audit(live.replica, rows, KEEPER_ADDRESS, live.first_block)
    assert found.mismatches == []
    assert "Traceback" not in live.log()
    states = Counter(row.outcome.state.value for row in rows if row.outcome)
    figures.append(f"faults: {len(rows)} intents accounted: {dict(states)}")
    assert states["succeeded"] > 0
