"""The whole system on three endpoints, the foremost one faulty: it trades on, and on truth only.

A few kinds of faults in the suite; `make node-faults` takes all of them, many times over.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from faulty_proxy import FAULTS, FaultyProxy
from live_stack import SENDER, LiveStack, launched

from replica.demo.audit import audit
from replica.demo.stack import KEEPER_ADDRESS

ROUNDS = int(os.environ.get("NODE_FAULT_ROUNDS", "0"))
KINDS = list(FAULTS) * ROUNDS or ["hang", "stale", "wrong_hash", "fake_receipt"]
FAILOVER_S, RECOVERY_S = 2.0, 5.0
POLICY = {"patience_s": 0.5, "max_lag_s": 0.5, "max_head_age_s": 3_600.0}


@dataclass
class World:
    live: LiveStack
    proxy: FaultyProxy

    def sent(self) -> int:
        """Transactions of the keeper that the chain's own node holds."""
        return int(self.live.replica.rpc("eth_getTransactionCount", [SENDER, "pending"]), 16)

    def is_believed(self) -> bool:
        """Whether the collector, which looks all the time, has readmitted whom it dropped."""
        said = self.live.log("collect")
        return said.count(" is dropped: ") == said.count(" is sound again")

    def trade(self) -> float:
        """Have the keeper trade; the seconds from the block that it traded on to the send.

        It may pass a block over while it settles the trade before.
        """
        before = self.sent()
        for _ in range(5):
            self.live.open_gap()
            self.live.mine()
            mined = time.monotonic()
            while (seconds := time.monotonic() - mined) < FAILOVER_S + 1:
                if self.sent() > before:
                    self.live.settle()
                    return seconds
                self.live.stack.check()
                time.sleep(0.01)
        raise AssertionError(f"no trade came about: {self.live.stack.tail('run')}")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with (
        launched(tmp_path_factory.mktemp("nodes")) as live,
        FaultyProxy(live.replica.url) as proxy,
    ):
        urls = [live.replica.url, live.replica.url]
        live.stack.write_config(proxy.url, node={"url": proxy.url, "more_urls": urls} | POLICY)
        live.stack.start("relay")
        live.until("the relay's sockets", (live.stack.work_dir / "polygon.sock").exists)
        live.stack.start("collect")
        live.start_keeper()
        made = World(live, proxy)
        made.trade()
        yield made


@pytest.mark.parametrize("kind", KINDS)
def test_the_keeper_trades_on(world: World, kind: str, figures: list[str]) -> None:
    world.proxy.begin(kind)
    seconds = world.trade()
    bent, ended = world.proxy.bent, world.proxy.end()
    world.live.until("a believed node", world.is_believed, RECOVERY_S)
    recovered = time.monotonic() - ended
    world.trade()
    figures.append(
        f"keeper beside {kind}: sent {seconds:.2f} s after the block, "
        f"recovered {recovered:.2f} s after the fault"
    )
    assert bent > 0
    assert seconds <= FAILOVER_S


def test_end__every_trade_was_a_true_one(world: World, figures: list[str]) -> None:
    live = world.live
    assert live.stack.stop("run") == 0
    rows = live.rows()
    assert audit(live.replica, rows, KEEPER_ADDRESS, live.first_block).mismatches == []
    states = [row.outcome.state.value for row in rows if row.outcome]
    figures.append(f"keeper beside {len(KINDS)} faults: {len(rows)} trades, all {set(states)}")
    assert set(states) == {"succeeded"}
    assert "Traceback" not in live.log() + live.log("collect")
